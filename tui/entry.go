package tui

import (
	"bytes"
	"encoding/json"
	"strings"

	"retake/actions/clean"
	"retake/store"
)

// newEntry shows one entry of the custody log as it is stored, and with an
// exhibit the masked reply.
func newEntry(r room, e store.Entry) *wholeScreen {
	return newWhole(r, func(w int) rows { return entryRows(r.session.Case, e, w) })
}

func entryRows(c *store.Case, e store.Entry, w int) rows {
	p := &page{w: w}
	p.add(row{{title, litf("Entry %d: ", e.N)}, {title, clean.Show(string(e.Kind))}})
	p.add(row{{faint, lit("at ")}, {plain, clean.Show(e.At.UTC().Format("2006-01-02 15:04:05 UTC"))}, {faint, lit(" by ")}, {plain, clean.Show(e.By)}, {faint, lit(" step ")}, {plain, clean.Show(e.Step)}})
	p.gap()
	source(p, e.Body)
	if e.Kind != store.KindExhibit {
		return p.rows
	}
	p.heading(lit("The reply, masked"))
	body, err := c.ExhibitBody(e.N)
	if err != nil {
		p.para(bad, sentence(err))
		return p.rows
	}
	source(p, body)
	return p.rows
}

// source sets JSON line by line, or any other text as it is.
func source(p *page, text []byte) {
	if len(text) == 0 {
		p.para(faint, lit("(empty)"))
		return
	}
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") == nil {
		text = b.Bytes()
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		trimmed := strings.TrimLeft(line, " ")
		p.whole(rowOf(plain, clean.Show(line[:min(len(line)-len(trimmed), p.w/2)])), plain, clean.Show(trimmed))
	}
}
