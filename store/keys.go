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

// forgeKeys makes the key material of a new case: one age identity wrapped with
// the passphrase, one Ed25519 signer sealed to it, one fingerprint key. It
// returns the recipient of the identity and the verifier of the signer.
func forgeKeys(id, passphrase string, cost int) (k keyring, recipient, public string, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return k, "", "", fmt.Errorf("cannot make the case's key: %w", err)
	}
	if k.identity, err = wrapIdentity(identity, passphrase, cost); err != nil {
		return k, "", "", err
	}
	secret, public, err := note.GenerateKey(rand.Reader, "retake-"+id)
	if err != nil {
		return k, "", "", fmt.Errorf("cannot make the signing key: %w", err)
	}
	if k.signer, err = sealTo([]age.Recipient{identity.Recipient()}, []byte(secret)); err != nil {
		return k, "", "", err
	}
	k.opened = identity
	k.fingerprint = make([]byte, 32)
	_, err = rand.Read(k.fingerprint)
	return k, identity.Recipient().String(), public, err
}

func wrapIdentity(identity *age.X25519Identity, passphrase string, cost int) ([]byte, error) {
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
	return sealTo([]age.Recipient{recipient}, []byte(identity.String()))
}

func unwrapIdentity(wrapped []byte, passphrase string) (*age.X25519Identity, error) {
	if passphrase == "" {
		return nil, ErrLocked
	}
	opener, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("cannot use the passphrase: %w", err)
	}
	plain, err := unseal(wrapped, opener)
	if err != nil {
		var wrong *age.NoIdentityMatchError
		if errors.As(err, &wrong) {
			return nil, WithHint(ErrPassphrase, "try again; without it the sealed tokens can only be read with one of the other recipients named when the case was made")
		}
		return nil, fmt.Errorf("%w: its wrapped key cannot be read: %v", ErrDamaged, err)
	}
	return age.ParseX25519Identity(string(plain))
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
	identity, err := unwrapIdentity(c.keys.identity, passphrase)
	if err != nil {
		return err
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
