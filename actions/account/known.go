package account

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// shortest is the length of the shortest secret that is looked for.
const shortest = 6

// Known secrets are looked for in every text, in every form that they are
// likely to be written in. There are thousands of them (each subaccount has a
// token), so they are found by their first six bytes, behind a filter that
// most positions of a text do not pass.
type known struct {
	mu      sync.RWMutex
	lengths map[uint64][]int  // by prefix, the lengths of the forms that begin with it
	with    map[string]string // what each form becomes
	filter  [1024]uint64
	least   int // length of the shortest form
}

// A span of a text is to be replaced.
type span struct {
	start, end int
	with       string
}

func newKnown() *known { return &known{lengths: map[uint64][]int{}, with: map[string]string{}} }

// add makes a secret known in all its forms, each replaced by what with gives.
func (k *known) add(secret string, with func(string) string) {
	if len(secret) < shortest || k.has(secret) {
		return
	}
	replacement := with(secret)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, form := range forms(secret) {
		if _, is := k.with[form]; !is {
			k.with[form] = replacement
			k.index(form)
		}
	}
}

// index needs the lock.
func (k *known) index(form string) {
	key := prefix([]byte(form))
	if !slices.Contains(k.lengths[key], len(form)) {
		k.lengths[key] = append(k.lengths[key], len(form))
	}
	slot := filtered(key)
	k.filter[slot>>6] |= 1 << (slot & 63)
	if k.least == 0 || len(form) < k.least {
		k.least = len(form)
	}
}

func (k *known) has(secret string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	_, is := k.with[secret]
	return is
}

// spans appends where known secrets stand in b.
func (k *known) spans(b []byte, out []span) []span {
	if k == nil {
		return out
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.least == 0 {
		return out
	}
	for i := 0; i+k.least <= len(b); i++ {
		key := prefix(b[i:])
		slot := filtered(key)
		if k.filter[slot>>6]&(1<<(slot&63)) == 0 {
			continue
		}
		for _, n := range k.lengths[key] {
			if i+n > len(b) {
				continue
			}
			if with, is := k.with[string(b[i:i+n])]; is {
				out = append(out, span{i, i + n, with})
			}
		}
	}
	return out
}

// prefix packs the first six bytes; b must have as many.
func prefix(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b) & (1<<48 - 1)
	}
	var buf [8]byte
	copy(buf[:], b[:shortest])
	return binary.LittleEndian.Uint64(buf[:])
}

// filtered is the slot of a prefix in the filter.
func filtered(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> 48 }

// forms are the ways in which a secret may be written: as it is, escaped for
// an address, and inside of a text in base64, where it begins at one of three
// places within a group.
func forms(secret string) []string {
	out := []string{secret}
	for _, escaped := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		if escaped != secret {
			out = append(out, escaped)
		}
	}
	for lead := range 3 {
		plain := within(secret, lead)
		if len(plain) < shortest {
			continue
		}
		out = append(out, plain)
		if safe := strings.NewReplacer("+", "-", "/", "_").Replace(plain); safe != plain {
			out = append(out, safe)
		}
	}
	return out
}

// within is what surely stands in the base64 of a text that has the secret
// after lead more bytes: the characters that neighbours share are left out.
func within(secret string, lead int) string {
	text := strings.Repeat("\x00", lead) + secret
	encoded := base64.RawStdEncoding.EncodeToString([]byte(text))
	return encoded[(lead*8+5)/6 : len(text)*8/6]
}
