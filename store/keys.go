package store

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"
)

// keyring is the key material of a case as it lies in the file.
type keyring struct {
	identity    []byte              // age identity, wrapped with the passphrase (scrypt)
	signer      []byte              // note signer key, sealed to the identity
	fingerprint []byte              // HMAC key
	opened      *age.X25519Identity // only right after the case was made
}

func (k keyring) hashes() KeyHashes {
	return KeyHashes{Identity: sumHex(k.identity), Signer: sumHex(k.signer), FingerprintKey: sumHex(k.fingerprint)}
}

func sumHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// forgeKeys makes the key material of a new case and completes its header: one
// age identity wrapped with the passphrase, one Ed25519 signer sealed to it, one
// fingerprint key.
func forgeKeys(h Header, passphrase string, cost int) (Header, keyring, error) {
	k := keyring{fingerprint: make([]byte, 32)}
	_, _ = rand.Read(k.fingerprint) // never fails (crypto/rand)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return h, k, fmt.Errorf("cannot make the case's key: %w", err)
	}
	secret, public, err := note.GenerateKey(rand.Reader, "retake-"+h.ID)
	if err != nil {
		return h, k, fmt.Errorf("cannot make the signing key: %w", err)
	}
	if k.signer, err = sealTo([]age.Recipient{identity.Recipient()}, []byte(secret)); err != nil {
		return h, k, err
	}
	k.opened = identity
	h.PublicKey, h.Hashes = public, k.hashes()
	h.Recipients = append([]string{identity.Recipient().String()}, h.Recipients...)
	k.identity, err = wrapIdentity(identity, h, passphrase, cost)
	h.Hashes = k.hashes()
	return h, k, err
}

// wrapIdentity wraps the identity with the passphrase, and with it the hash of
// the header: whoever lacks the passphrase cannot change the header (its
// recipients, its public key) without Unlock telling. What is wrapped is an
// identity file as the age program reads it.
func wrapIdentity(identity *age.X25519Identity, h Header, passphrase string, cost int) ([]byte, error) {
	if passphrase == "" {
		return nil, WithHint(errors.New("a case needs a passphrase"), "set RETAKE_PASSPHRASE or type one when asked; it opens the sealed tokens later")
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("cannot use the passphrase: %w", err)
	}
	if cost == 0 {
		cost = workFactor
	}
	recipient.SetWorkFactor(cost)
	seal, err := h.seal()
	if err != nil {
		return nil, err
	}
	return sealTo([]age.Recipient{recipient}, []byte(seal+"\n"+identity.String()+"\n"))
}

// seal is the line that binds the header to the passphrase: a hash over all of
// it but the hash of the wrapped identity, which the line is a part of.
func (h Header) seal() (string, error) {
	h.Hashes.Identity = ""
	text, err := canonical(h)
	return "# header sha256:" + sumHex(text), err
}

// unwrapIdentity opens the wrapped identity. It also returns the line that binds
// the header to it.
func unwrapIdentity(wrapped []byte, passphrase string) (identity *age.X25519Identity, seal string, err error) {
	if passphrase == "" {
		return nil, "", ErrLocked
	}
	opener, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, "", fmt.Errorf("cannot use the passphrase: %w", err)
	}
	plain, err := unseal(wrapped, opener)
	var wrong *age.NoIdentityMatchError
	switch {
	case errors.As(err, &wrong):
		return nil, "", WithHint(ErrPassphrase, "try again; without it the sealed tokens can only be read with one of the other recipients named when the case was made")
	case err != nil:
		return nil, "", fmt.Errorf("%w: its wrapped key cannot be read: %v", ErrDamaged, err)
	}
	seal, text, _ := strings.Cut(strings.TrimSpace(string(plain)), "\n")
	identity, err = age.ParseX25519Identity(text)
	if err != nil {
		return nil, "", fmt.Errorf("%w: its wrapped key is none: %v", ErrDamaged, err)
	}
	return identity, seal, nil
}

func sealTo(recipients []age.Recipient, plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipients...)
	if err != nil {
		return nil, fmt.Errorf("cannot seal a secret: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("cannot seal a secret: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("cannot seal a secret: %w", err)
	}
	return out.Bytes(), nil
}

func unseal(sealed []byte, identity age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func parseRecipients(texts []string) ([]age.Recipient, error) {
	var all []age.Recipient
	for _, text := range texts {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, WithHint(fmt.Errorf("cannot seal to %q: %w", text, err), "a recipient looks like age1… and comes from age-keygen")
		}
		all = append(all, r)
	}
	return all, nil
}

// Fingerprint is a keyed hash (HMAC-SHA-256, its first 128 bits in hex) by which
// two appearances of one secret can be compared without knowing it. The key
// never leaves the case.
func (c *Case) Fingerprint(secret string) string {
	mac := hmac.New(sha256.New, c.keys.fingerprint)
	mac.Write([]byte(secret))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Unlock unwraps the case's identity with the passphrase, so that secrets can
// be read and checkpoints signed. It fails with ErrPassphrase.
func (c *Case) Unlock(passphrase string) error {
	identity, seal, err := unwrapIdentity(c.keys.identity, passphrase)
	if err != nil {
		return err
	}
	if want, err := c.Header.seal(); err != nil || seal != want {
		return fmt.Errorf("%w: its header is not the one that the passphrase was given for", ErrDamaged)
	}
	return c.unlockWith(identity)
}

func (c *Case) unlockWith(identity *age.X25519Identity) error {
	secret, err := unseal(c.keys.signer, identity)
	if err != nil {
		return fmt.Errorf("%w: its signing key cannot be read: %v", ErrDamaged, err)
	}
	signer, err := note.NewSigner(string(secret))
	if err != nil {
		return fmt.Errorf("%w: its signing key cannot be used: %v", ErrDamaged, err)
	}
	c.identity, c.signer = identity, signer
	return nil
}

// Unlocked tells whether the passphrase has been given.
func (c *Case) Unlocked() bool { return c.identity != nil }
