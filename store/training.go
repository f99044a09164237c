package store

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
)

// worldUnzipper goes by no size: no entry vouches for one, and the seal was good.
var worldUnzipper, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(largestBody))

// SaveWorld keeps the simulated account of a training case, sealed: it holds
// (simulated) tokens, and it is the other side of the wire, not evidence.
func (c *Case) SaveWorld(snapshot []byte) error {
	if c.Header.Kind != Training {
		return fmt.Errorf("cannot keep a simulated account in a %s case", c.Header.Kind)
	}
	sealed, err := sealTo(c.recipients[:1], zipper.EncodeAll(snapshot, nil))
	if err != nil {
		return err
	}
	return c.write("keep the simulated account", func(tx *bolt.Tx) error {
		return tx.Bucket(bucketTraining).Put(keyWorld, sealed)
	})
}

// World returns the simulated account of a training case; nil if none was saved.
// It needs Unlock.
func (c *Case) World() ([]byte, error) {
	if c.identity == nil {
		return nil, ErrLocked
	}
	var sealed []byte
	err := c.view(func(tx *bolt.Tx) error { sealed = clone(tx.Bucket(bucketTraining).Get(keyWorld)); return nil })
	if err != nil || len(sealed) == 0 {
		return nil, err
	}
	packed, err := unseal(sealed, c.identity)
	if err != nil {
		return nil, fmt.Errorf("cannot read the simulated account: %w: %v", ErrDamaged, err)
	}
	return worldUnzipper.DecodeAll(packed, nil)
}
