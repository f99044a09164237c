package store

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// Exhibit is one exchange with an account, masked before it comes here.
type Exhibit struct {
	Step      string        // the step that asked
	Run       string        // the run that asked
	At        time.Time     // when the request was sent
	Took      time.Duration //
	As        string        // SID of the credential
	Account   string        // SID of the account
	Method    string        //
	URL       string        // masked
	Sent      string        // masked request body
	Status    int           // HTTP status; 0: no reply
	RequestID string        // the vendor's number of the request
	Attempts  int           // how often it was sent
	Problem   string        // what went wrong, "" if nothing did
	Body      []byte        // masked reply body
	List      string        // top-level key of Body that holds a list of records, "" if none
	Capture   *CaptureMark  // which page of a captured list it is, nil if it is none
}

// ExhibitEntry is the custody of an exhibit: everything about it but the body.
type ExhibitEntry struct {
	Run       string    `json:"run"`
	At        time.Time `json:"at"`
	TookMS    int64     `json:"took_ms"`
	As        string    `json:"as"`
	Account   string    `json:"account"`
	Method    string    `json:"method"`
	URL       string    `json:"url"`
	Sent      string    `json:"sent,omitempty"`
	Status    int       `json:"status"`
	RequestID string    `json:"request_id,omitempty"`
	Attempts  int       `json:"attempts"`
	Problem   string    `json:"problem,omitempty"`
	SHA256    string    `json:"sha256"`            // of the masked body
	Size      int       `json:"size"`              // of the masked body, in bytes
	List      string    `json:"list,omitempty"`    // key of the list in the body
	Records   int       `json:"records,omitempty"` // how many records the list holds
	Root      string    `json:"root,omitempty"`    // Merkle root over the salted records, hex

	Capture *CaptureMark `json:"capture,omitempty"` // which page of a captured list it is
}

// packedExhibit is an exhibit made ready outside of the transaction.
type packedExhibit struct {
	step  string
	entry ExhibitEntry
	key   []byte // nil where there are no records
	body  []byte
}

// largestBody is the most that one exhibit or file may hold. It bounds what a
// forged file can make a verifier unpack.
const largestBody = 1 << 30

var (
	zipper, _   = zstd.NewWriter(nil)
	unzipper, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(largestBody), zstd.WithDecodeAllCapLimit(true))
)

// unpack unpacks a body that must have the given size.
func unpack(packed []byte, size int) ([]byte, error) {
	if size < 0 || size > largestBody {
		return nil, fmt.Errorf("a body cannot have %d bytes", size)
	}
	return unzipper.DecodeAll(packed, make([]byte, 0, size))
}

func pack(x Exhibit) (packedExhibit, error) {
	if len(x.Body) > largestBody {
		return packedExhibit{}, fmt.Errorf("cannot file a reply of %d MiB", len(x.Body)>>20)
	}
	p := packedExhibit{step: x.Step, body: zipper.EncodeAll(x.Body, nil)}
	p.entry = ExhibitEntry{
		Run: x.Run, At: x.At.UTC(), TookMS: x.Took.Milliseconds(), As: x.As, Account: x.Account,
		Method: x.Method, URL: x.URL, Sent: x.Sent, Status: x.Status, RequestID: x.RequestID,
		Attempts: x.Attempts, Problem: x.Problem, SHA256: sumHex(x.Body), Size: len(x.Body),
		Capture: x.Capture,
	}
	if x.List == "" {
		return p, nil
	}
	records, err := Records(x.Body, x.List)
	if err != nil {
		return p, nil // a reply that is no list is kept as it came
	}
	if len(records) > 0 {
		p.key = make([]byte, 32)
		_, _ = rand.Read(p.key) // never fails (crypto/rand)
	}
	root, err := recordsRoot(p.key, records)
	p.entry.List, p.entry.Records, p.entry.Root = x.List, len(records), root
	return p, err
}

func packAll(all []Exhibit) ([]packedExhibit, error) {
	packed := make([]packedExhibit, len(all))
	for i, x := range all {
		p, err := pack(x)
		if err != nil {
			return nil, err
		}
		packed[i] = p
	}
	return packed, nil
}

// Records cuts the list that stands under key in a JSON object into the bytes
// of its records.
func Records(body []byte, key string) ([]json.RawMessage, error) {
	var envelope map[string]json.RawMessage
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, fmt.Errorf("cannot read the list %q: %w", key, err)
	}
	list, there := envelope[key]
	if !there {
		return nil, fmt.Errorf("cannot find the list %q", key)
	}
	var records []json.RawMessage
	if err := json.Unmarshal(list, &records); err != nil {
		return nil, fmt.Errorf("cannot read the list %q: %w", key, err)
	}
	return records, nil
}

// Salt is what is put before record i of an exhibit when it is hashed, so that
// one record can be disclosed without the others being guessed: the first 16
// bytes of HMAC-SHA-256 over the big-endian index, under the exhibit's key.
func Salt(key []byte, i int) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(be64(int64(i)))
	return mac.Sum(nil)[:16]
}

// recordsRoot is the Merkle root (RFC 6962) over salt || record, in hex.
func recordsRoot(key []byte, records []json.RawMessage) (string, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = stored[index]
		}
		return out, nil
	})
	for i, r := range records {
		hashes, err := tlog.StoredHashes(int64(i), append(Salt(key, i), r...), reader)
		if err != nil {
			return "", err
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(int64(len(records)), reader)
	return hex.EncodeToString(root[:]), err
}

// AddExhibit files an exchange and returns the number of its entry.
func (c *Case) AddExhibit(x Exhibit) (n int64, err error) {
	p, err := pack(x)
	if err != nil {
		return 0, err
	}
	err = c.write("file the reply to "+x.Method+" "+x.URL, func(tx *bolt.Tx) error {
		n, err = c.putExhibit(tx, p)
		return err
	})
	return n, err
}

func (c *Case) putExhibit(tx *bolt.Tx, p packedExhibit) (int64, error) {
	n, err := c.append(tx, KindExhibit, p.step, p.entry)
	if err != nil {
		return 0, err
	}
	if p.key != nil {
		if err := bucket(tx, bucketExhibits, keyKeys).Put(be64(n), p.key); err != nil {
			return 0, err
		}
	}
	return n, bucket(tx, bucketExhibits, keyBodies).Put(be64(n), p.body)
}

// ErrNoExhibit says that an entry has no body.
var ErrNoExhibit = errors.New("there is no exhibit of that number")

// ExhibitBody returns the masked body of exhibit n, if it is the one that was
// filed.
func (c *Case) ExhibitBody(n int64) (body []byte, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		packed := bucket(tx, bucketExhibits, keyBodies).Get(be64(n))
		if packed == nil {
			return fmt.Errorf("cannot read exhibit %d: %w", n, ErrNoExhibit)
		}
		var x ExhibitEntry
		if err := vouched(tx, n, KindExhibit, &x); err != nil {
			return fmt.Errorf("cannot read exhibit %d: %w", n, err)
		}
		body, err = unpack(packed, x.Size)
		if err != nil || sumHex(body) != x.SHA256 {
			return fmt.Errorf("cannot read exhibit %d: %w: the body is not the one that was filed", n, ErrDamaged)
		}
		return nil
	})
	return body, err
}

// sameBody tells whether a body is the one that its entry vouches for.
func (x ExhibitEntry) sameBody(body, key []byte) error {
	if sumHex(body) != x.SHA256 || len(body) != x.Size {
		return errors.New("the body is not the one that was filed")
	}
	if x.List == "" {
		return nil
	}
	records, err := Records(body, x.List)
	if err != nil {
		return err
	}
	root, err := recordsRoot(key, records)
	if err != nil || root != x.Root || len(records) != x.Records {
		return errors.New("the records do not hash to the root that was filed")
	}
	return nil
}
