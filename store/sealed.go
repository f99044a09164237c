package store

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Role tells what a sealed secret is.
type Role string

// The roles of sealed tokens.
const (
	RoleOld       Role = "old"       // the token that was in force when the case met it
	RoleSecondary Role = "secondary" // created by us, to be promoted
	RolePrimary   Role = "primary"   // what a promotion returned
)

// Secret is a secret on its way to be sealed.
type Secret struct {
	Account string
	Role    Role
	Value   string
}

// SealedEntry is the custody of a sealed secret.
type SealedEntry struct {
	Account     string `json:"account"`
	Role        Role   `json:"role"`
	Fingerprint string `json:"fingerprint"`
	SHA256      string `json:"sha256"` // of the age file
}

// Sealed is a secret that lies sealed in the case.
type Sealed struct {
	N int64
	SealedEntry
}

type blob struct {
	entry SealedEntry
	age   []byte
}

func tokenKey(account string, n int64) []byte { return append([]byte(account+"\x00"), be64(n)...) }

func (c *Case) sealAll(secrets []Secret) ([]blob, error) {
	var all []blob
	for _, s := range secrets {
		age, err := sealTo(c.recipients, []byte(s.Value))
		if err != nil {
			return nil, err
		}
		all = append(all, blob{SealedEntry{Account: s.Account, Role: s.Role, Fingerprint: c.Fingerprint(s.Value), SHA256: sumHex(age)}, age})
	}
	return all, nil
}

func (c *Case) putSealed(tx *bolt.Tx, b blob) (int64, error) {
	n, err := c.append(tx, KindSealed, "", b.entry)
	if err != nil {
		return 0, err
	}
	return n, tx.Bucket(bucketSealed).Put(be64(n), b.age)
}

// Seal seals secrets without an act, for instance the tokens that a case meets
// when it is opened. Sealing needs no passphrase.
func (c *Case) Seal(secrets ...Secret) error {
	blobs, err := c.sealAll(secrets)
	if err != nil {
		return err
	}
	return c.write("seal a secret", func(tx *bolt.Tx) error {
		for _, b := range blobs {
			if _, err := c.putSealed(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// Tokens lists the sealed secrets of an account ("" for all accounts), oldest
// first within an account.
func (c *Case) Tokens(account string) ([]Sealed, error) {
	prefix := []byte(nil)
	if account != "" {
		prefix = []byte(account + "\x00")
	}
	entries, err := c.collect(viewTokens, prefix)
	if err != nil {
		return nil, err
	}
	var all []Sealed
	for _, e := range entries {
		s := Sealed{N: e.N}
		if err := e.Decode(&s.SealedEntry); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Unseal reads a sealed secret. It needs Unlock before: ErrLocked.
func (c *Case) Unseal(n int64) (string, error) {
	if c.identity == nil {
		return "", ErrLocked
	}
	sealed, err := c.sealedBlob(n)
	if err != nil {
		return "", fmt.Errorf("cannot unseal secret %d: %w", n, err)
	}
	plain, err := unseal(sealed, c.identity)
	if err != nil {
		return "", fmt.Errorf("cannot unseal secret %d: %w: %v", n, ErrDamaged, err)
	}
	return string(plain), nil
}

// sealedBlob returns a sealed secret if it is the one that its entry vouches for:
// anybody could seal something else to the recipients.
func (c *Case) sealedBlob(n int64) (sealed []byte, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		sealed = clone(tx.Bucket(bucketSealed).Get(be64(n)))
		if len(sealed) == 0 {
			return errors.New("there is none of that number")
		}
		var s SealedEntry
		if err := vouched(tx, n, KindSealed, &s); err != nil {
			return err
		}
		if sumHex(sealed) != s.SHA256 {
			return fmt.Errorf("%w: it is not the one that was sealed", ErrDamaged)
		}
		return nil
	})
	return sealed, err
}

// BurntEntry names tokens that must not live on.
type BurntEntry struct {
	Tokens []Burnt `json:"tokens"`
}

// Burnt is one token that must not live on.
type Burnt struct {
	Account     string `json:"account"`
	Fingerprint string `json:"fingerprint"`
	Why         string `json:"why"`
}

// Burn adds tokens to the burnt set, and seals them so that they can be proved
// dead later. Tokens that are in the set already are left out.
func (c *Case) Burn(why string, secrets ...Secret) error {
	var fresh []Secret
	var b BurntEntry
	seen := map[string]bool{}
	for _, s := range secrets {
		fp := c.Fingerprint(s.Value)
		known, err := c.IsBurnt(fp)
		if err != nil {
			return err
		}
		if !known && !seen[fp] {
			seen[fp] = true
			fresh = append(fresh, s)
			b.Tokens = append(b.Tokens, Burnt{s.Account, fp, why})
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return c.burn(b, fresh)
}

func (c *Case) burn(b BurntEntry, fresh []Secret) error {
	blobs, err := c.sealAll(fresh)
	if err != nil {
		return err
	}
	return c.write("note which tokens are burnt", func(tx *bolt.Tx) error {
		for _, blob := range blobs {
			if _, err := c.putSealed(tx, blob); err != nil {
				return err
			}
		}
		_, err := c.append(tx, KindBurnt, "", b)
		return err
	})
}

// IsBurnt tells whether the token with this fingerprint is in the burnt set.
func (c *Case) IsBurnt(fingerprint string) (burnt bool, err error) {
	if fingerprint == "" {
		return false, errors.New("cannot look up an empty fingerprint")
	}
	err = c.view(func(tx *bolt.Tx) error {
		burnt = bucket(tx, bucketViews, viewBurnt).Get([]byte(fingerprint)) != nil
		return nil
	})
	return burnt, err
}
