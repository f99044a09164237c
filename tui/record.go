package tui

import (
	"encoding/json"
	"errors"
	"strings"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// newRecord shows one record of an exhibit with its proof, which is checked
// whenever it is shown.
func newRecord(r room, n int64, i int) *wholeScreen {
	return newWhole(r, func(w int) rows { return recordRows(r.session.Case, n, i, w) })
}

func recordRows(c *store.Case, n int64, i, w int) rows {
	p := &page{w: w}
	p.add(rowOf(title, litf("Record %d/%d", n, i)))
	proof, err := c.Prove(n, i)
	if err != nil {
		p.para(bad, litf("NOT PROVED: %s", sentence(err)))
		return p.rows
	}
	var e store.Entry
	var x store.ExhibitEntry
	if json.Unmarshal([]byte(proof.Entry), &e) != nil || e.Decode(&x) != nil {
		p.para(bad, lit("NOT PROVED: the entry of the exhibit cannot be read"))
		return p.rows
	}
	said := report.Record(x, proof.Record)
	p.rows[0] = append(p.rows[0], span{faint, litf(" %s", said.Kind)})
	p.para(strong, clean.Show(said.Gist))
	verdict(p, proof, proof.Check(c.Header.PublicKey))
	origin(p, e, x, said)
	p.heading(lit("The record, masked, otherwise as it came"))
	source(p, proof.Record)
	proofRows(p, proof, x)
	return p.rows
}

// verdict says what became of the check.
func verdict(p *page, proof store.Proof, err error) {
	switch {
	case errors.Is(err, store.ErrUncovered):
		p.para(warn, lit("not signed yet: the next checkpoint covers it"))
	case err != nil:
		p.para(bad, litf("NOT PROVED: %s", sentence(err)))
	default:
		p.para(good, litf("proved: it is record %d of what was filed as exhibit %d, and the checkpoint of %s UTC covers it", proof.Index, proof.Exhibit, fullTime(proof.Checkpoint.At)))
	}
}

// origin says where a record comes from.
func origin(p *page, e store.Entry, x store.ExhibitEntry, said report.Said) {
	p.heading(lit("Where it comes from"))
	tell := func(name literal, value clean.Text) {
		if value != (clean.Text{}) {
			p.whole(rowOf(faint, lit(name)).pad(min(14, p.w/2)), plain, value)
		}
	}
	if !said.At.IsZero() {
		tell("its own time", litf("%s UTC", fullTime(said.At)))
	}
	tell("account", clean.Show(said.Account))
	tell("exhibit", litf("%d, %s", e.N, some(x.Count(), "record", "records")))
	tell("asked", litf("%s %s", x.Method, x.URL))
	tell("asked at", litf("%s UTC", fullTime(x.At)))
	tell("as", clean.Show(x.As))
	tell("filed by", clean.Show(e.By))
	tell("step", clean.Show(e.Step))
	tell("status", litf("%d", x.Status))
	tell("request ID", clean.Show(x.RequestID))
	tell("problem", clean.Show(x.Problem))
}

// proofRows are the hashes, for somebody who wants to follow them.
func proofRows(p *page, proof store.Proof, x store.ExhibitEntry) {
	p.heading(lit("The proof (SHA-256, RFC 6962)"))
	hash := func(name clean.Text, hex string) {
		p.para(faint, name)
		p.whole(rowOf(plain, lit("  ")), plain, clean.Show(hex))
	}
	if x.List != "" {
		hash(lit("the record is hashed with this salt before it"), proof.Salt)
		hash(litf("which gives the leaf with the index %d", proof.Index), proof.RecordHash)
		hash(litf("%s to the root of the %d records, which stands in the entry", ways(proof.RecordPath), x.Records), x.Root)
	} else {
		hash(lit("the reply is no list: its SHA-256 stands in the entry"), proof.RecordHash)
	}
	hash(litf("entry %d of the custody log is the leaf", proof.Exhibit), proof.EntryHash)
	if proof.Checkpoint == nil {
		p.para(warn, lit("no checkpoint covers it yet"))
		return
	}
	p.para(faint, litf("%s to the root in the checkpoint over the first %d entries, signed at %s UTC", ways(proof.EntryPath), proof.Checkpoint.Entries, fullTime(proof.Checkpoint.At)))
	for line := range strings.SplitSeq(strings.TrimSpace(proof.Checkpoint.Note), "\n") {
		p.whole(rowOf(plain, lit("  ")), plain, clean.Show(line))
	}
	p.gap()
	p.para(faint, litf("retake evidence %d/%d --json prints it whole, for somebody else to check", proof.Exhibit, proof.Index))
}

func ways(path []string) clean.Text {
	return some(len(path), "hash leads from there", "hashes lead from there")
}
