package actions

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/actions/clean"
	"retake/store"
)

// Draft is the text that Twilio's Fraud Operations ask for, as far as the case
// knows it, in plain lines of safe characters: SIDs, times, what was found and
// what was done, with the exhibits that show it. Where the case knows nothing it
// says so. It holds no secret, and links in it are broken on purpose. Nothing is
// sent and nothing is read from the account.
func (d *Desk) Draft() (string, error) {
	w := &draft{d: d}
	for _, part := range []func() error{w.head, w.accounts, w.times, w.findings, w.steps, w.acts, w.unseen, w.asks} {
		if err := part(); err != nil {
			return "", fmt.Errorf("cannot draft the letter: %w", err)
		}
	}
	return w.b.String(), nil
}

// mostOf is how many of a kind the letter names before it counts.
const mostOf = 20

// draft is a letter while it is written.
type draft struct {
	d *Desk
	b strings.Builder
}

// links are broken, so that no mail program follows what an intruder wrote.
var links = strings.NewReplacer("http://", "hxxp://", "https://", "hxxps://", "HTTP://", "hxxp://", "HTTPS://", "hxxps://")

func (w *draft) line(format string, args ...any) {
	w.b.WriteString(links.Replace(clean.Showf(format, args...).String()) + "\n")
}

func (w *draft) title(text string) { w.b.WriteString("\n" + text + "\n") }

func (w *draft) head() error {
	s, err := w.d.Case.Progress(helpStep)
	if err != nil {
		return err
	}
	h := w.d.Case.Header
	w.line("To: fraud@twilio.com (or as the answer to your notice, or in the ticket)")
	w.line("Subject: Account takeover, %s", h.Account)
	if h.Kind != store.Live {
		w.line("THIS IS %s: it is about a simulated account. Do not send it.", string(h.Kind))
	}
	w.title("Who writes")
	w.line("Account SID %s (%s); responder: %s", h.Account, h.Name, h.Responder)
	w.line("Ticket: %s, opened %s, contact %s", toldOr(s.Parameters["ticket"]), toldOr(s.Parameters["ticket_at"]), toldOr(s.Parameters["contact"]))
	w.line("Your notice came %s; suspended %s; we answered %s", toldOr(s.Parameters["notice_at"]), toldOr(s.Parameters["suspended_at"]), toldOr(s.Parameters["answered_at"]))
	return nil
}

func toldOr(text string) string {
	if text == "" {
		return "not known"
	}
	return text
}

// accounts names those of the family, as the capture read them.
func (w *draft) accounts() error {
	w.title("Accounts concerned")
	f, err := readFiled(w.d.Case, "", 0, account.SourceAccounts)
	if err != nil {
		return err
	}
	pages, whole := f.latest(account.SourceAccounts, w.d.Case.Header.Account)
	n := 0
	for _, p := range pages {
		all, err := filedRecords[struct {
			SID, Status string
			Name        string `json:"friendly_name"`
		}](f, p)
		if err != nil {
			return err
		}
		for _, a := range all {
			if n++; n <= mostOf {
				w.line("- %s (%s): %s, exhibit %d", a.SID, a.Name, a.Status, p.n)
			}
		}
	}
	w.rest(n)
	if n == 0 || !whole {
		w.line("- the list is not known to be whole: retake capture reads it")
	}
	return nil
}

func (w *draft) rest(n int) {
	if n > mostOf {
		w.line("- and %d more", n-mostOf)
	}
}

// times are when it began and when it was noticed.
func (w *draft) times() error {
	w.title("When (UTC)")
	begin := ""
	for _, s := range w.d.Steps {
		standing, err := w.d.Case.Progress(s.ID)
		if err != nil {
			return err
		}
		if at := standing.Parameters["incident_start"]; begin == "" && at != "" {
			begin = at + ", as set with " + s.ID
		}
	}
	w.line("- began: %s", toldOr(begin))
	w.line("- noticed: not known by this case; it was opened %s", stamped(w.d.Case.Header.Created))
	w.line("- this is as of %s", stamped(w.d.now()))
	return nil
}

// findings are what triage and the steps found, the worst first.
func (w *draft) findings() error {
	w.title("What we saw: numbers, prefixes, times")
	var all []Finding
	told := map[string]bool{} // several steps may tell the same
	for _, s := range w.d.Steps {
		found, earlier, err := w.d.Findings(s.ID)
		if err != nil {
			return err
		}
		for _, f := range append(found, earlier...) {
			if weightOf(f.Severity) >= weightOf(High) && !told[f.Text] {
				told[f.Text] = true
				all = append(all, f)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return weightOf(b.Severity) - weightOf(a.Severity) })
	for _, f := range all[:min(len(all), mostOf)] {
		w.line("- %s: %s%s", f.Account, f.Text, exhibitList(f.Exhibits))
	}
	w.rest(len(all))
	if len(all) == 0 {
		w.line("- not known: nothing of weight was found yet; retake step triage --plan looks")
	}
	return nil
}

func weightOf(s Severity) int { return slices.Index([]Severity{Info, Low, Medium, High, Critical}, s) }

func exhibitList(all []int64) string {
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(" (exhibits %s)", few(mapped(all, func(n int64) string { return fmt.Sprint(n) })))
}

// steps are Twilio's own and ours, with how each stands.
func (w *draft) steps() error {
	w.title("Your twelve steps, and what we did beside them")
	board, err := w.d.Board()
	if err != nil {
		return err
	}
	for _, l := range board {
		at := ""
		if !l.Standing.At.IsZero() {
			at = ", " + stamped(l.Standing.At)
		}
		w.line("- %s %s: %s%s", l.Step.Number, l.Step.Title, l.Standing.State, at)
	}
	return nil
}

// acts are what was changed, counted by what it was.
func (w *draft) acts() error {
	w.title("What we changed")
	all, err := w.d.Case.Acts("")
	if err != nil {
		return err
	}
	type sum struct {
		n    int
		last time.Time
	}
	by, order := map[string]*sum{}, []string{}
	for _, a := range all {
		if a.Outcome.Result != store.Made {
			continue
		}
		if by[a.Act.Verb] == nil {
			by[a.Act.Verb] = &sum{}
			order = append(order, a.Act.Verb)
		}
		by[a.Act.Verb].n++
		by[a.Act.Verb].last = a.Ended
	}
	for _, verb := range order {
		w.line("- %s: %d, the last at %s", verb, by[verb].n, stamped(by[verb].last))
	}
	if len(order) == 0 {
		w.line("- nothing yet")
	}
	return nil
}

// unseen says how much could not be looked at.
func (w *draft) unseen() error {
	w.title("What we could not see")
	n := 0
	for _, s := range w.d.Steps {
		covered, err := w.d.Case.Coverages(s.ID)
		if err != nil {
			return err
		}
		for _, c := range covered {
			if c.Seen {
				continue
			}
			if n++; n <= mostOf {
				w.line("- %s", c.Source)
			}
		}
	}
	w.rest(n)
	if n == 0 {
		w.line("- nothing was looked at yet, or all was seen")
	}
	return nil
}

func (w *draft) asks() error {
	w.title("What we ask for")
	w.line("- a look at other fraud in these accounts, and the prefixes that were called or texted")
	w.line("- what you know of sign-ins and of changes by users that our audit events do not show")
	w.line("- reactivation once the steps are done, and a credit for what the intruder spent")
	w.line("- your form for the cause report, if you want one")
	return nil
}
