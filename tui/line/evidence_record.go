package line

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// recordLine is a record as retake evidence --records prints it.
type recordLine struct {
	Exhibit int64          `json:"exhibit"`
	Index   int            `json:"index"`
	Kind    store.CaseKind `json:"kind"`
	Of      report.Kind    `json:"record_kind"`
	Step    string         `json:"step"`
	At      time.Time      `json:"at,omitzero"` // the record's own
	ReadAt  time.Time      `json:"read_at"`     // when it was asked for
	Account string         `json:"account"`
	SID     string         `json:"sid,omitempty"`
	Gist    string         `json:"gist"`
}

// recordShown is a record as retake evidence NUMBER/INDEX prints it.
type recordShown struct {
	recordLine
	Method    string `json:"method"`
	URL       string `json:"url"`
	Status    int    `json:"status"`
	RequestID string `json:"request_id,omitempty"`
	Record    string `json:"record"`
	Verdict   string `json:"verdict"` // proved, not-signed, not-proved
	Why       string `json:"why,omitempty"`
	Proof     proof  `json:"proof"`
}

// proof is what a stranger checks a record with.
type proof struct {
	store.Proof
	PublicKey string `json:"public_key"` // to be compared with the one that was printed when the case was made
}

func lineOf(x exhibitLine, i int, raw []byte) recordLine {
	said := report.Record(x.ExhibitEntry, raw)
	return recordLine{x.N, i, x.Kind, said.Kind, x.Step, said.At, x.At, said.Account, said.SID, said.Gist}
}

// listRecords prints record by record, so that a large case needs no large
// memory. An exhibit that cannot be read keeps none of the others from being
// listed; it is complained of at the end.
func (a *app) listRecords(c *store.Case, f evidenceFilter) error {
	out := array{a: a}
	var unread error
	err := eachExhibit(c, f, func(x exhibitLine) error {
		_, records, err := c.ExhibitRecords(x.N)
		unread = cmp.Or(unread, err)
		for _, i := range f.Pick(x.ExhibitEntry, records) {
			r := lineOf(x, i, records[i])
			if !a.asJSON {
				a.printRecord(r)
			} else if err := out.add(r); err != nil {
				return err
			}
		}
		return nil
	})
	if a.asJSON && err == nil {
		err = out.end()
	}
	return cmp.Or(err, store.WithHint(unread, "the records of the other exhibits are listed; retake verify tells what is wrong"))
}

func (a *app) printRecord(r recordLine) {
	at := "-"
	if !r.At.IsZero() {
		at = r.At.Format(time.RFC3339)
	}
	place := fmt.Sprintf("%d/%d", r.Exhibit, r.Index)
	fmt.Fprintf(a.out, "%10s  %-20s  %-12s  %s  %s\n", place, at, r.Of, clean.Show(r.Account), clean.Show(r.Gist))
}

// array is a JSON array that is printed one element after the other.
type array struct {
	a     *app
	begun bool
}

func (w *array) add(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("cannot write JSON: %w", err)
	}
	lead := ",\n  "
	if !w.begun {
		lead, w.begun = "[\n  ", true
	}
	_, err = w.a.out.Write(append([]byte(lead), asciiJSON(text)...))
	return err
}

func (w *array) end() error {
	end := "\n]\n"
	if !w.begun {
		end = "[]\n"
	}
	_, err := fmt.Fprint(w.a.out, end)
	return err
}

// showRecord shows one record, and whether its proof fits.
func (a *app) showRecord(c *store.Case, n int64, i int) error {
	p, err := c.Prove(n, i)
	if err != nil {
		return store.WithHint(err, "retake evidence --records lists the records; retake verify tells whether the case is sound")
	}
	e, err := c.Entry(n)
	if err != nil {
		return err
	}
	x := exhibitLine{N: n, Step: e.Step, Kind: c.Header.Kind}
	if err := e.Decode(&x.ExhibitEntry); err != nil {
		return err
	}
	r := recordShown{recordLine: lineOf(x, i, p.Record), Method: x.Method, URL: x.URL, Status: x.Status, RequestID: x.RequestID,
		Record: string(p.Record), Verdict: "proved", Proof: proof{p, c.Header.PublicKey}}
	failed := r.judge()
	if a.asJSON {
		err = a.printJSON(r)
	} else {
		a.printProved(r, x)
	}
	return cmp.Or(err, failed)
}

// judge checks the proof; only one that does not fit is an error.
func (r *recordShown) judge() error {
	err := r.Proof.Check(r.Proof.PublicKey)
	switch {
	case errors.Is(err, store.ErrUncovered):
		r.Verdict, r.Why = "not-signed", "the next checkpoint covers it"
	case err != nil:
		r.Verdict, r.Why = "not-proved", err.Error()
		return store.WithHint(fmt.Errorf("record %d/%d is not proved: %w", r.Exhibit, r.Index, err), "retake verify tells what was changed in the case")
	}
	return nil
}

func (a *app) printProved(r recordShown, x exhibitLine) {
	a.printRecord(r.recordLine)
	a.printExhibit(x)
	fmt.Fprintf(a.out, "request ID: %s\n", clean.Show(r.RequestID))
	a.printSource(r.Proof.Record)
	p := r.Proof
	if x.List != "" {
		fmt.Fprintf(a.out, "salt before the record: %s\nleaf %d of the records: %s\n", p.Salt, p.Index, p.RecordHash)
		fmt.Fprintf(a.out, "root over %d records, %d hashes away: %s\n", x.Records, len(p.RecordPath), clean.Show(x.Root))
	} else {
		fmt.Fprintf(a.out, "SHA-256 of the reply: %s\n", p.RecordHash)
	}
	fmt.Fprintf(a.out, "leaf %d of the custody log: %s\n", p.Exhibit, p.EntryHash)
	if cp := p.Checkpoint; cp != nil {
		fmt.Fprintf(a.out, "checkpoint over %d entries, %d hashes away, of %s:\n", cp.Entries, len(p.EntryPath), cp.At.UTC().Format(time.RFC3339))
		for line := range strings.Lines(cp.Note) {
			fmt.Fprintf(a.out, "  %s\n", clean.Show(strings.TrimSuffix(line, "\n")))
		}
	}
	switch r.Verdict {
	case "proved":
		fmt.Fprintf(a.out, "proved: it is record %d of what was filed as exhibit %d, and the checkpoint covers it\n", p.Index, p.Exhibit)
	case "not-signed":
		fmt.Fprintf(a.out, "not signed yet: %s\n", r.Why)
	default:
		fmt.Fprintf(a.out, "NOT PROVED: %s\n", clean.Show(r.Why))
	}
}

// printSource prints JSON indented, or any other text as it is.
func (a *app) printSource(text []byte) {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") == nil {
		text = b.Bytes()
	}
	for line := range strings.Lines(string(text)) {
		fmt.Fprintln(a.out, clean.Show(strings.TrimSuffix(line, "\n")))
	}
}
