package tui

import (
	"regexp"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/store"
)

// journal shows the custody log, the newest last. Only a few windows of it are
// ever in memory: they are read from the store where one looks.
type journal struct {
	room
	size   int64 // entries in the log
	cursor int64
	top    int64
	follow bool // the cursor stays with the newest
	from   int64
	loaded []store.Entry // from the entry with the number from
	wanted bool          // a read is under way
	w, h   int
}

func newJournal(r room) *journal { return &journal{room: r, follow: true} }

// journalRead is a part of the log.
type journalRead struct {
	size   int64
	from   int64
	loaded []store.Entry
	err    error
}

func (j *journal) Typing() bool { return false }

func (j *journal) Hints() []hint {
	return []hint{{keys.Enter, "show the entry"}, {keys.Down, "choose"}, {keys.Home, "oldest"}, {keys.End, "newest"}, {keys.Back, "back"}}
}

func (j *journal) SetSize(w, h int) { j.w, j.h = w, h; j.clamp() }

// high is how many entries are in sight.
func (j *journal) high() int64 { return int64(max(0, j.h-j.head())) }

func (j *journal) head() int {
	if j.h >= 6 {
		return 1
	}
	return 0
}

// read reads three windows around the one that is looked at.
func (j *journal) read() tea.Cmd {
	j.wanted = true
	c, at, high := j.session.Case, j.top, max(j.high(), 10)
	follow := j.follow
	return j.works.counted(func() tea.Msg {
		size, err := c.Size()
		if err != nil {
			return journalRead{err: err}
		}
		if follow {
			at = size - high
		}
		out := journalRead{size: size, from: max(0, at-high)}
		most := int(3 * high)
		err = c.Entries(out.from, func(e store.Entry) bool {
			out.loaded = append(out.loaded, e)
			return len(out.loaded) < most
		})
		out.err = err
		return out
	})
}

func (j *journal) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened, worked:
		return j.read()
	case ticked:
		return j.again()
	case journalRead:
		j.wanted = false
		if msg.err != nil {
			return j.tell(bad, sentence(msg.err))
		}
		j.size, j.from, j.loaded = msg.size, msg.from, msg.loaded
		j.clamp()
		return j.missing()
	case tea.KeyMsg:
		return j.key(msg)
	}
	return nil
}

// again looks for new entries once a second.
func (j *journal) again() tea.Cmd {
	if j.wanted {
		return nil
	}
	return j.read()
}

// missing reads where one looks, if that is not loaded.
func (j *journal) missing() tea.Cmd {
	last := min(j.size, j.top+j.high())
	if j.wanted || j.top >= j.from && last <= j.from+int64(len(j.loaded)) {
		return nil
	}
	return j.read()
}

func (j *journal) key(k tea.KeyMsg) tea.Cmd {
	if by, moves := strides(k, int(j.size), int(j.high())); moves {
		j.move(int64(by))
		return j.missing()
	}
	switch {
	case matches(k, keys.Back):
		return j.back()
	case matches(k, keys.Enter):
		if e, there := j.entry(j.cursor); there {
			return j.show(newEntry(j.room, e))
		}
	}
	return j.missing()
}

func (j *journal) move(by int64) {
	j.cursor = max(0, min(j.cursor+by, j.size-1))
	j.follow = j.cursor == j.size-1
	j.clamp()
}

// clamp keeps the cursor in the log and in sight.
func (j *journal) clamp() {
	if j.follow {
		j.cursor = max(0, j.size-1)
	}
	high := j.high()
	j.top = max(j.cursor-high+1, min(j.top, j.cursor))
	j.top = max(0, min(j.top, j.size-high))
}

func (j *journal) entry(n int64) (store.Entry, bool) {
	if n < j.from || n >= j.from+int64(len(j.loaded)) {
		return store.Entry{}, false
	}
	return j.loaded[n-j.from], true
}

func (j *journal) View() string {
	var lines []string
	if j.head() > 0 {
		head := ends(row{{title, lit("Journal ")}, {faint, lit("custody log, newest last, times in UTC")}}, rowOf(faint, litf(" %d of %d", min(j.cursor+1, j.size), j.size)), j.w)
		lines = append(lines, head.draw(j.theme, j.w))
	}
	for n := j.top; n < min(j.size, j.top+j.high()); n++ {
		lines = append(lines, j.line(n).draw(j.theme, j.w))
	}
	return stack(lines, j.h)
}

func (j *journal) line(n int64) row {
	mark := lit("  ")
	if n == j.cursor {
		mark = lit("> ")
	}
	e, there := j.entry(n)
	if !there {
		return row{{plain, mark}, {faint, litf("%6d ...", n)}}
	}
	r := row{{plain, mark}, {faint, litf("%6d ", n)}, {plain, clockTime(e.At)}, {plain, lit(" ")}}
	r = append(r, rowOf(kindInk(e.Kind), clean.Show(string(e.Kind))).pad(12)...)
	if e.Step != "" {
		r = append(r, span{faint, clean.Show(e.Step)}, span{plain, lit(" ")})
	}
	r = append(r, span{plain, summary(e)})
	if n == j.cursor {
		return r.pad(j.w).in(chosen)
	}
	return r
}

var (
	scheme   = regexp.MustCompile(`^https?://`)
	sids     = regexp.MustCompile(`\b([A-Z]{2}[0-9a-f]{2})[0-9a-f]{26}([0-9a-f]{4})\b`)
	versions = regexp.MustCompile(`/(2010-04-01|v\d+)/`)
)

// shortURL is an address that fits into a line; the entry has it whole.
func shortURL(url string) string {
	url, _, _ = strings.Cut(scheme.ReplaceAllString(url, ""), "?")
	return sids.ReplaceAllString(versions.ReplaceAllString(url, "/"), "$1…$2")
}

func kindInk(k store.Kind) ink {
	switch k {
	case store.KindIntent, store.KindOutcome, store.KindAgreed:
		return strong
	case store.KindNote, store.KindHandover, store.KindAttestation:
		return warn
	case store.KindCheckpoint:
		return good
	}
	return faint
}

// summary is an entry in one line. An entry that cannot be read shows its bytes.
func summary(e store.Entry) clean.Text {
	if tell, known := tellers[e.Kind]; known {
		if text, err := tell(e); err == nil {
			return text
		}
	}
	return clean.Show(string(e.Body[:min(len(e.Body), 200)]))
}

// bodyAs makes a teller of a function of the entry's body.
func bodyAs[T any](tell func(T) clean.Text) func(store.Entry) (clean.Text, error) {
	return func(e store.Entry) (clean.Text, error) {
		var body T
		if err := e.Decode(&body); err != nil {
			return clean.Text{}, err
		}
		return tell(body), nil
	}
}

var tellers = map[store.Kind]func(store.Entry) (clean.Text, error){
	store.KindOpened: bodyAs(func(h store.Header) clean.Text { return litf("%s case for %s, by %s", h.Kind, h.Account, h.Responder) }),
	store.KindRun:    bodyAs(func(r store.Run) clean.Text { return litf("%s began (%s)", r.Command, r.Version) }),
	store.KindExhibit: bodyAs(func(x store.ExhibitEntry) clean.Text {
		return litf("%d %s %s %s", x.Status, x.Method, shortURL(x.URL), x.Problem)
	}),
	store.KindIntent: bodyAs(func(a store.Act) clean.Text { return litf("will %s %s", a.Verb, a.Target) }),
	store.KindOutcome: bodyAs(func(o store.OutcomeEntry) clean.Text {
		return litf("%s (intent %d) %s%s", o.Result, o.Intent, o.Problem, o.Proof)
	}),
	store.KindPlan:   bodyAs(func(p store.PlanEntry) clean.Text { return litf("plan %.12s…", p.Digest) }),
	store.KindAgreed: bodyAs(func(a store.Agreement) clean.Text { return litf("plan %.12s… agreed to: %s", a.Digest, a.How) }),
	store.KindProgress: bodyAs(func(p store.Progress) clean.Text {
		return litf("%s: %s", p.State, p.Why)
	}),
	store.KindAttestation: bodyAs(func(a store.AttestationEntry) clean.Text { return clean.Show(a.Note) }),
	store.KindCoverage: bodyAs(func(v store.Coverage) clean.Text {
		if v.Seen {
			return litf("seen: %s, %d", v.Source, v.Got)
		}
		return litf("not seen: %s: %s", v.Source, v.Why)
	}),
	store.KindFigures: bodyAs(func(f store.Figures) clean.Text {
		return litf("%s, %d calls live, %.4g messages a minute, %.2f %s today", f.Status, f.Calls, f.Rate, f.Spent, f.Unit)
	}),
	store.KindSealed: bodyAs(func(s store.SealedEntry) clean.Text { return litf("%s of %s (%s)", s.Role, s.Account, s.Fingerprint) }),
	store.KindBurnt: bodyAs(func(b store.BurntEntry) clean.Text {
		return some(len(b.Tokens), "token must not live on", "tokens must not live on")
	}),
	store.KindExported: bodyAs(func(e store.Exported) clean.Text {
		return litf("a bundle of %d entries was written: %s, SHA-256 %s", e.Entries, e.File, e.SHA256)
	}),
	store.KindShown:      bodyAs(func(s store.Shown) clean.Text { return litf("a secret of %s was shown on %s", s.Account, s.Where) }),
	store.KindNote:       bodyAs(func(n store.Note) clean.Text { return clean.Show(n.Text) }),
	store.KindHandover:   bodyAs(func(h store.Handover) clean.Text { return litf("to %s: %s", h.To, h.Text) }),
	store.KindCheckpoint: bodyAs(func(c store.CheckpointEntry) clean.Text { return litf("signed: %s", c.Why) }),
}
