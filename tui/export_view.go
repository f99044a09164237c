package tui

import (
	"path/filepath"

	"retake/actions/clean"
	"retake/store"
)

// page lays the screen out: the form, the export that runs, or what came of it.
func (x *export) page() rows {
	p := &page{w: x.pane.w}
	p.heading(lit("Export the evidence bundle"))
	switch {
	case x.done != nil:
		x.result(p)
	case x.run != nil:
		x.progress(p)
	default:
		x.form(p)
	}
	return p.rows
}

func (x *export) form(p *page) {
	if x.wrong != (clean.Text{}) {
		p.para(bad, x.wrong)
		p.gap()
	}
	lead := rowOf(faint, lit("file: "))
	p.add(append(lead, x.file.row(true, p.w-lead.width())...))
	p.gap()
	p.para(plain, lit("In it: the signed log, every reply of the account, what was done, said and attested, what was not seen, the timeline, and a README that tells how to check it without Retake."))
	p.para(strong, lit("No secret is in it: tokens were masked before they were filed, sealed ones stay in the case."))
	p.para(plain, lit("The account's replies are: names, numbers and texts of messages. Hand it only to whoever may read those."))
	p.para(faint, lit("What is not signed yet is signed first. No file is replaced. Afterwards the bundle is checked as retake verify does."))
}

func (x *export) progress(p *page) {
	switch s := x.stage; {
	case x.run.stopping:
		p.para(warn, lit("Stopping: the half file is removed."))
	case s.verifying:
		p.para(warn, lit("Written. Checking it, member by member ..."))
		p.para(faint, clean.Show(x.file.value()))
		return
	case s.total == 0:
		p.para(warn, lit("Signing, and reading the log ..."))
	default:
		p.para(warn, litf("Writing: %d of %d members (%d%%)", s.done, s.total, 100*s.done/s.total))
	}
	p.para(faint, clean.Show(x.file.value()))
	p.para(plain, lit("s stops; no half file is left."))
}

func (x *export) result(p *page) {
	d := x.done
	if d.err != nil {
		p.para(bad, clean.Show(d.err.Error()))
		p.gap()
	}
	x.verdict(p, d.report)
	p.gap()
	path := d.path
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	c := x.session.Case
	p.whole(rowOf(faint, lit("file        ")), plain, clean.Show(path))
	p.hang(rowOf(faint, lit("holds       ")), plain, litf("%d entries, %d bytes", d.bundle.Entries, d.bundle.Size))
	p.whole(rowOf(faint, lit("SHA-256     ")), strong, clean.Show(d.bundle.SHA256))
	p.whole(rowOf(faint, lit("public key  ")), plain, clean.Show(c.Header.PublicKey))
	if n := d.bundle.After; n > 0 {
		p.para(warn, litf("%d entries were filed meanwhile: they belong to the next bundle.", n))
	}
	p.gap()
	p.para(plain, lit("Paste the SHA-256 into the ticket, with the hour. Whoever checks the bundle should compare the public key with the one that was printed when the case was made."))
}

// verdict says what the check of the bundle came to.
func (x *export) verdict(p *page, r *store.Report) {
	switch {
	case r == nil:
		p.para(bad, lit("The bundle was written, but it could not be checked."))
	case r.OK:
		p.para(good, litf("✓ verified: %d members, %d entries", r.Checked["members"], r.Checked["entries"]))
	default:
		p.para(bad, litf("! not everything is as it was filed (problems: %d)", len(r.Problems)))
		for _, problem := range r.Problems {
			p.bullet(bad, clean.Showf("%s: %s", problem.Where, problem.What))
		}
	}
}
