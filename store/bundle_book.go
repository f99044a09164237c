package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// book is what the members of a bundle are computed from: the log up to the
// bundle's head, read either from a case or from a bundle.
type book struct {
	format int                                             // of the bundle
	walk   func(fn func(text []byte, e Entry) error) error // over the leaves
	events func(ExhibitEntry, []byte) []Event
	covers int64     // entries
	note   string    // the checkpoint over them
	at     time.Time // when it was signed
	tree   *audit    // the hashes of the leaves

	opened   []byte // the header as it stands in entry 0
	header   Header
	acts     []bookedAct
	byIntent map[int64]int
	coverage map[string]bookedCoverage
	files    []bookedFile
	exhibits int
	endings  map[int64]string // exhibit -> ending of its member's name
	rows     []row
	known    map[string]bool // IDs of events that the timeline has
	clock    Clock
}

type bookedAct struct {
	Done
	by string
}

type bookedCoverage struct {
	Coverage
	Entry
}

type bookedFile struct {
	n int64
	AttachedFile
}

// member is the name of an attached file in a bundle.
func (f bookedFile) member() string { return fmt.Sprintf("attachments/%08d-%s", f.n, safeName(f.Name)) }

func newBook(events func(ExhibitEntry, []byte) []Event) *book {
	return &book{
		format: bundleFormat, events: events, tree: &audit{}, byIntent: map[int64]int{}, coverage: map[string]bookedCoverage{},
		endings: map[int64]string{}, known: map[string]bool{},
	}
}

// read walks the log once.
func (b *book) read() error {
	return b.walk(func(text []byte, e Entry) error {
		b.tree.extend(e.N, text)
		if err := b.take(e); err != nil {
			return err
		}
		return b.tell(e)
	})
}

func (b *book) take(e Entry) error {
	switch e.Kind {
	case KindOpened:
		b.opened = e.Body
		return e.Decode(&b.header)
	case KindExhibit:
		b.exhibits++
	case KindIntent:
		d := bookedAct{Done: Done{N: e.N, Began: e.At}, by: e.By}
		err := e.Decode(&d.Act)
		b.byIntent[e.N] = len(b.acts)
		b.acts = append(b.acts, d)
		return err
	case KindOutcome:
		var o OutcomeEntry
		if err := e.Decode(&o); err != nil {
			return err
		}
		i, begun := b.byIntent[o.Intent]
		if !begun {
			return fmt.Errorf("%w: entry %d is the outcome of no act", ErrDamaged, e.N)
		}
		b.acts[i].Outcome, b.acts[i].Ended = o, e.At
	case KindCoverage:
		v := bookedCoverage{Entry: e}
		err := e.Decode(&v.Coverage)
		b.coverage[b.sourceOf(v)] = v
		return err
	case KindFinding:
		if e.Step != ClockStep {
			return nil
		}
		var f Finding
		err := e.Decode(&f)
		b.clock = b.clock.With(f)
		return err
	case KindAttestation:
		var a AttestationEntry
		err := e.Decode(&a)
		if a.File != nil {
			b.files = append(b.files, bookedFile{e.N, *a.File})
		}
		return err
	}
	return nil
}

// eachExhibit calls fn for the entry of each exhibit, in order.
func (b *book) eachExhibit(fn func(n int64, e Entry, x ExhibitEntry) error) error {
	return b.walk(func(_ []byte, e Entry) error {
		if e.Kind != KindExhibit {
			return nil
		}
		var x ExhibitEntry
		if err := e.Decode(&x); err != nil {
			return err
		}
		return fn(e.N, e, x)
	})
}

// see looks at the body of an exhibit: what it is, and what it tells of events.
func (b *book) see(n int64, x ExhibitEntry, body []byte) {
	b.endings[n] = ending(body)
	if b.events == nil || b.endings[n] != ".json" {
		return
	}
	for i, ev := range b.events(x, body) {
		if ev.Alert && b.format == 1 {
			continue
		}
		if ev.ID == "" || !b.known[ev.ID] {
			b.known[ev.ID] = true
			b.rows = append(b.rows, ev.row(n, i))
		}
	}
}

// ending is how the name of an exhibit ends. It is never one that a browser
// would draw or a system would run.
func ending(body []byte) string {
	switch {
	case json.Valid(body):
		return ".json"
	case utf8.Valid(body) && !bytes.ContainsRune(body, 0):
		return ".txt"
	}
	return ".bin"
}

func (b *book) exhibitMember(n int64) string { return fmt.Sprintf("exhibits/%08d%s", n, b.endings[n]) }

// safeName makes a name of a file that means nothing to any system: ASCII
// letters, digits and . _ -, no dot at either end, at most 80 of them.
func safeName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)) {
			return r
		}
		return '_'
	}, name)
	if len(safe) > 80 {
		safe = safe[:40] + safe[len(safe)-40:]
	}
	if safe = strings.Trim(safe, "."); safe == "" {
		return "unnamed"
	}
	return safe
}

// derived are the members that are computed, each with its writer. Those that
// tell of exhibits need all of them seen before.
func (b *book) derived() map[string]func(io.Writer) error {
	text := func(s string) func(io.Writer) error { return bytesOf([]byte(s)) }
	return map[string]func(io.Writer) error{
		"README.txt":         text(b.readme()),
		"checkpoint.txt":     text(b.note),
		"coverage.csv":       b.coverageTable().csv,
		"coverage.jsonl":     b.coverageTable().jsonl,
		"exhibits/index.csv": b.exhibitTable().csv,
		"header.json":        text(string(b.opened) + "\n"),
		"journal.csv":        b.journal().csv,
		"journal.jsonl":      b.journal().jsonl,
		"public-key.txt":     text(b.header.PublicKey + "\n"),
		"timeline.csv":       b.timeline().csv,
		"timeline.jsonl":     b.timeline().jsonl,
	}
}

// journal is the table of the acts, by intent.
func (b *book) journal() table {
	return table{
		columns: []string{"act", "began", "ended", "by", "step", "account", "verb", "target", "irreversible", "result", "proof", "problem", "exhibits", "sealed", "run", "order", "change", "seen"},
		each: func(line func(cells ...any) error) error {
			for _, d := range b.acts {
				result, problem := d.Outcome.Result, d.Outcome.Problem
				if result == "" {
					result, problem = Unknown, "no outcome was written"
				}
				a := d.Act
				if err := line(d.N, d.Began, d.Ended, d.by, a.Step, a.Account, a.Verb, a.Target, a.Irreversible, string(result), d.Outcome.Proof, problem,
					d.Outcome.Exhibits, d.Outcome.Sealed, a.Run, a.Order, a.Change, a.Seen); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// sourceOf is what there is one latest word on: since format 2 what a step saw
// takes nothing back of what another one did not see.
func (b *book) sourceOf(v bookedCoverage) string {
	key := v.Source + "\x00" + v.Account
	if b.format > 1 {
		key += "\x00" + v.Step
	}
	return key
}

// coverageTable is the latest word on each source and account.
func (b *book) coverageTable() table {
	columns := []string{"source", "account", "seen", "got", "why", "exhibit", "step", "at", "by", "entry"}
	if b.format > 1 {
		columns = append(columns, "from", "to")
	}
	return table{
		columns: columns,
		each: func(line func(cells ...any) error) error {
			for _, key := range slices.Sorted(maps.Keys(b.coverage)) {
				v := b.coverage[key]
				var exhibit any // entry 0 is none
				if v.Exhibit != 0 {
					exhibit = v.Exhibit
				}
				cells := []any{v.Source, v.Account, v.Seen, v.Got, v.Why, exhibit, v.Step, v.At, v.By, v.N, v.From, v.To}
				if err := line(cells[:len(columns)]...); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (b *book) exhibitTable() table {
	return table{
		columns: []string{"exhibit", "file", "sha256", "size", "at", "took_ms", "by", "step", "as", "account", "method", "url", "sent", "status", "request_id", "attempts", "problem", "list", "records", "root", "run"},
		each: func(line func(cells ...any) error) error {
			return b.eachExhibit(func(n int64, e Entry, x ExhibitEntry) error {
				return line(n, b.exhibitMember(n), x.SHA256, x.Size, x.At, x.TookMS, e.By, e.Step, x.As, x.Account, x.Method, x.URL, x.Sent,
					x.Status, x.RequestID, x.Attempts, x.Problem, x.List, x.Records, x.Root, x.Run)
			})
		},
	}
}
