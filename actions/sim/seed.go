package sim

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
)

// mix is a bijection of 64 bits that leaves no visible pattern.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// unmix undoes mix.
func unmix(x uint64) uint64 {
	x ^= x>>31 ^ x>>62
	x *= 0x319642b2d24d8ec3
	x ^= x>>27 ^ x>>54
	x *= 0x96de1b173f119089
	return x ^ x>>30 ^ x>>60
}

// fold makes one number of several.
func fold(parts ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		h = mix(h+0x9e3779b97f4a7c15) ^ mix(p+0x632be59bd9b4e019)
	}
	return mix(h)
}

func word(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

func dice(parts ...uint64) *rand.Rand {
	return rand.New(rand.NewPCG(fold(parts...), fold(append(parts, 1)...)))
}

func hex32(hi, lo uint64) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	return hex.EncodeToString(b[:])
}

// fresh returns 32 hex digits that this world has not used before.
func (s *state) fresh(what string) string {
	s.Counter++
	return hex32(fold(s.Shape.Seed, word(what), s.Counter), fold(s.Shape.Seed, word(what), s.Counter, 1))
}

// newSID returns a new SID such as SK….
func (s *state) newSID(prefix string) string { return prefix + s.fresh("sid "+prefix) }

// newToken returns a new Auth Token and remembers that it existed.
func (s *state) newToken() string {
	t := s.fresh("token")
	s.Secrets = append(s.Secrets, t)
	return t
}

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"

// newSecret returns the secret of a new key and remembers that it existed.
func (s *state) newSecret() string {
	s.Counter++
	d := dice(s.Shape.Seed, word("secret"), s.Counter)
	b := make([]byte, 32)
	for i := range b {
		b[i] = letters[d.IntN(len(letters))]
	}
	s.Secrets = append(s.Secrets, string(b))
	return string(b)
}
