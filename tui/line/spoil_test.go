package line_test

import (
	"bytes"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	bolt "go.etcd.io/bbolt"
)

// spoil makes a file that is no sound case: spoil KIND FILE, where the file is a
// case already for damaged, bitten and newer.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[1])
	switch args[0] {
	case "empty":
		ts.Check(os.WriteFile(path, nil, 0o600))
	case "foreign":
		ts.Check(os.WriteFile(path, []byte(strings.Repeat("Dear diary, ", 2000)), 0o600))
	case "bbolt":
		editBolt(ts, path, func(tx *bolt.Tx) error {
			_, err := tx.CreateBucket([]byte("widgets"))
			return err
		})
	case "newer":
		editBolt(ts, path, func(tx *bolt.Tx) error { return tx.Bucket([]byte("case")).Put([]byte("schema"), []byte("99")) })
	case "damaged":
		text := []byte(ts.ReadFile(args[1]))
		for i := 2 * 4096; i+4096 < len(text); i += 4096 { // every page but the meta pages
			copy(text[i:], bytes.Repeat([]byte{0xa5}, 64))
		}
		ts.Check(os.WriteFile(path, text, 0o600))
	case "truncated":
		ts.Check(os.Truncate(path, 3*4096))
	case "bitten":
		text := []byte(ts.ReadFile(args[1]))
		at := bytes.Index(text, []byte(`"responder":"Robin"`))
		if at < 0 {
			ts.Fatalf("the responder is not in the file")
		}
		text[at+13] = 'D'
		ts.Check(os.WriteFile(path, text, 0o600))
	}
}

func editBolt(ts *testscript.TestScript, path string, fn func(*bolt.Tx) error) {
	db, err := bolt.Open(path, 0o600, nil)
	ts.Check(err)
	ts.Check(db.Update(fn))
	ts.Check(db.Close())
}
