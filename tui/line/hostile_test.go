package line_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"retake/actions"
	"retake/actions/sim"
)

// tour is how a command is called.
type tour struct {
	command string
	calls   func(h *hostileTour) [][]string
}

// tours are the ways of calling each command over an account whose every text
// is hostile. A new command is one more line.
var tours = []tour{
	{"new", func(h *hostileTour) [][]string {
		return [][]string{{"new", "--case", h.file("other.retake")}, {"new", "--case", h.file("json.retake"), "--json"}, {"new", "--case", h.file("late.retake"), "--recipient", h.some()}}
	}},
	{"step", (*hostileTour).steps},
	{"panic", func(h *hostileTour) [][]string {
		apply := []string{"panic", "--apply", "--account", h.opening.AccountSID, "--set", "auth-tokens.propagation=1s"}
		return twice([]string{"panic"}, []string{"panic", "--plan"}, []string{"panic", "--plan", "--set", "api-keys.keep=" + h.some()}, []string{"panic", "--plan", "--set", h.some()},
			append(slices.Clone(apply), "--digest", h.some()), apply, []string{"panic", "--apply", "--account", h.some()}, []string{"panic", "--plan", "--params", h.file("note")})
	}},
	{"status", func(h *hostileTour) [][]string { return twice([]string{"status"}, []string{"status", h.some()}) }},
	{"attest", func(h *hostileTour) [][]string {
		return twice([]string{"attest", "website", "--note", h.every(), "--file", h.file(h.some())}, []string{"attest", "exposure", "--note", h.some(), "--file", h.some()},
			[]string{"attest", h.some(), "--note", "x"}, []string{"attest", "two-factor", "--not-applicable", "--note", h.some()})
	}},
	{"roster", func(h *hostileTour) [][]string {
		return append([][]string{{"roster", "add", h.some()}, {"roster", "add", "Ada \u202e\u200b", "--email", h.some(), "--role", h.some()}, {"roster", "import", h.file("note")},
			{"attest", "emails", "--subject", "Ada \u202e\u200b", "--check", "all", "--note", h.some()}, {"attest", "emails", "--subject", h.some(), "--check", h.some()}, {"roster", "drop", h.some(), "--why", h.some()}},
			twice([]string{"roster"})...)
	}},
	{"passphrase", func(h *hostileTour) [][]string {
		return [][]string{{"passphrase", "--json"}, {"passphrase", "--words", h.some()}, {"step", "outside-help", "--draft"}}
	}},
	{"token", func(h *hostileTour) [][]string {
		return [][]string{{"token", h.opening.AccountSID}, {"token", h.some()}}
	}},
	{"evidence", (*hostileTour).evidence},
	{"capture", func(h *hostileTour) [][]string {
		return append(twice([]string{"capture", "--again"}), []string{"capture", "--since", h.some()})
	}},
	{"reach", func(h *hostileTour) [][]string { return twice([]string{"reach"}, []string{"reach", h.some()}) }},
	{"watch", func(h *hostileTour) [][]string {
		return twice([]string{"watch", "--for", "1s", "--every", "1s"}, []string{"watch", "--told"}, []string{"watch", "--for", h.some()}, []string{"watch", "--every", h.some()})
	}},
	{"timeline", func(h *hostileTour) [][]string {
		return twice([]string{"timeline"}, []string{"timeline", "--csv"}, []string{"timeline", "--since", h.some()}, []string{"timeline", "--lane", h.some()}, []string{"timeline", "--text", h.some()}, []string{"timeline", "--account", h.some()})
	}},
	{"export", func(h *hostileTour) [][]string {
		return twice([]string{"export", "--out", h.bundle, "--force"}, []string{"export", "--out", h.file(h.some(), "nowhere", h.some())})
	}},
	{"verify", func(h *hostileTour) [][]string {
		return append(twice([]string{"verify", h.spoilt(false)}, []string{"verify", h.spoilt(true)}, []string{"verify", h.some()}),
			// a large case takes long, and what is sound is told without its words
			[]string{"verify", h.path}, []string{"verify", h.bundle, "--json"}, []string{"verify", h.bundle, "--key", h.some()}, []string{"verify", h.bundle, "--checkpoint", h.file("note"), "--json"})
	}},
	{"sim", func(h *hostileTour) [][]string {
		return [][]string{{"sim", h.some()}, {"sim", "--listen", h.some()}, {"sim", "--fault", h.some()}, {"sim", "--now", h.some()}, {"sim", "--race", h.some()}}
	}},
	{"train", func(h *hostileTour) [][]string { return [][]string{{"train", h.some()}, {"train"}} }},
	{"", func(h *hostileTour) [][]string { // the console, the help, and what is no command
		return [][]string{{}, {"--help"}, {h.some()}, {"--" + h.some()}, {"status", "--case", h.some()}, {"--case", h.file(h.some())}}
	}},
}

// TestHostileAccountTalksToNobody takes a hostile account back with every
// command, and looks at each byte that comes out.
func TestHostileAccountTalksToNobody(t *testing.T) {
	t.Parallel()
	for _, strange := range []bool{false, true} {
		t.Run(fmt.Sprintf("strange=%t", strange), func(t *testing.T) {
			t.Parallel()
			h := newHostileTour(t, strange)
			for _, x := range tours {
				if strange && !slices.Contains([]string{"step", "export"}, x.command) {
					continue // reads nothing of the account
				}
				for _, args := range x.calls(h) {
					h.look(args)
				}
			}
			h.lookIntoBundle()
			must(t, h.rotate(h.opening.AccountSID)) // what comes now is refused
			for _, args := range [][]string{{"step", "triage", "--plan"}, {"token", h.opening.AccountSID}, {"new", "--case", h.file("refused.retake")}} {
				h.look(args)
			}
		})
	}
}

// TestEveryCommandMeetsAHostileAccount wants a tour for each command that the
// program has.
func TestEveryCommandMeetsAHostileAccount(t *testing.T) {
	help := command(t, os.Environ(), "retake", "--help").out
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	count := 0
	for line := range strings.Lines(list) {
		name := strings.Fields(line)[0]
		count++
		if name != "help" && !slices.ContainsFunc(tours, func(x tour) bool { return x.command == name }) {
			t.Errorf("no tour has the command %s", name)
		}
	}
	if count < 10 {
		t.Errorf("the help lists %d commands:\n%s", count, help)
	}
}

// hostileTour is a case about a hostile account, and what may be named in it.
type hostileTour struct {
	*lab
	t            *testing.T
	dir          string
	path, bundle string
	turn         int
	strange      bool // lists hold records that make no sense, too
}

func newHostileTour(t *testing.T, strange bool) *hostileTour {
	l, path := begin(t, sim.Options{Seed: 91, Calls: 25, Messages: 25, Switches: sim.Switches{Hostile: "text", Strange: strange}})
	h := &hostileTour{lab: l, t: t, dir: t.TempDir(), path: path, strange: strange}
	h.bundle = h.file("b\x1b[2J\u202e.zip")
	for _, p := range sim.Payloads() {
		if name := h.file(inName(p.Text)); filepath.Dir(name) == h.dir {
			if err := os.WriteFile(name, []byte(p.Text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	must(t, os.WriteFile(h.file("note"), []byte(h.every()), 0o600))
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inName is a payload as far as the name of a file, or an argument, can hold it.
func inName(s string) string {
	s = strings.NewReplacer("\x00", "", "/", "", "..", "").Replace(s)
	return s[:min(len(s), 200)]
}

func (h *hostileTour) file(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// some is the next payload.
func (h *hostileTour) some() string {
	all := sim.Payloads()
	h.turn++
	return inName(all[h.turn%len(all)].Text)
}

// every is all of them in one text.
func (h *hostileTour) every() string {
	var all []string
	for _, p := range sim.Payloads() {
		all = append(all, strings.ReplaceAll(p.Text, "\x00", ""))
	}
	return strings.Join(all, " ")
}

// twice has each call made for people and for machines.
func twice(calls ...[]string) [][]string {
	var all [][]string
	for _, c := range calls {
		all = append(all, c, append(slices.Clone(c), "--json"))
	}
	return all
}

// steps works through the playbook in its order.
func (h *hostileTour) steps() [][]string {
	var all [][]string
	for _, s := range actions.Playbook() {
		if s.Work == nil {
			all = append(all, []string{"step", s.ID})
		}
		if s.Work != nil {
			apply, plan := []string{"step", s.ID, "--apply", "--account", h.opening.AccountSID}, []string{"step", s.ID, "--plan"}
			switch s.ID {
			case "auth-tokens":
				apply = append(apply, "--set", "propagation=1s")
			case "triage": // GitHub takes ten searches a minute
				apply = append(apply, "--set", "github_wait=0s")
			case "sendgrid": // which takes six requests for subject lines a minute
				apply, plan = append(apply, "--set", "requests=1"), append(plan, "--set", "requests=1")
			case "stop-traffic": // more keeps coming until the tokens are reset
				apply = append(apply, "--set", "max_time=1s")
			}
			if h.strange { // over both accounts each reading tells in words and as JSON
				plan = append(plan, "--json")
			} else {
				apply = append(apply, "--json")
			}
			all = append(append(all, plan, apply), twice([]string{"step", s.ID})...)
			all = append(all, []string{"step", s.ID, "--plan", "--set", h.some()}, []string{"step", s.ID, "--apply", "--account", h.some()})
		}
	}
	return append(all, twice([]string{"step", h.some()}, []string{"step", "api-keys", "--plan", "--set", "keep=" + h.some()}, []string{"step", "geo-and-triggers", "--plan", "--set", "callback_url=" + h.some()},
		[]string{"step", "api-keys", "--plan", "--params", h.file("note")}, []string{"step", "api-keys", "--apply", "--account", h.opening.AccountSID, "--digest", h.some()})...)
}

// evidence lists all exhibits and shows some of them: of each address one.
func (h *hostileTour) evidence() [][]string {
	all := twice([]string{"evidence"}, []string{"evidence", h.some()}, []string{"evidence", "--text", h.some()}, []string{"evidence", "--step", h.some()})
	var listed []struct {
		N   int64  `json:"number"`
		URL string `json:"url"`
	}
	must(h.t, json.Unmarshal([]byte(h.retake(h.t, "evidence", "--case", h.path, "--json").out), &listed))
	seen := map[string]bool{}
	for _, x := range listed {
		address, _, _ := strings.Cut(x.URL, "?")
		if of := path.Base(address); !seen[of] && (len(of) != 39 || len(seen) < 12) {
			seen[of] = true
			all = append(all, twice([]string{"evidence", fmt.Sprint(x.N)})[len(seen)%2]) // in words or as JSON, by turns
		}
	}
	if len(seen) < 8 {
		h.t.Errorf("replies of %d addresses lie in the case", len(seen))
	}
	return all
}

// spoilt is a bundle with payloads where a verdict may repeat them: in texts, or
// in the names of members too.
func (h *hostileTour) spoilt(names bool) string {
	out, all := h.file(fmt.Sprintf("spoilt-%t.zip", names)), members(h.t, h.bundle)
	all["timeline.csv"], all["checkpoint.txt"], all["SHA256SUMS"] = h.every(), h.every(), h.some()+"  "+h.some()
	all["log.jsonl"] = strings.ReplaceAll(all["log.jsonl"], `"kind":"exhibit"`, `"kind":"\u001b[2J`+"\u202e"+`"`)
	if names {
		all["papers/"+h.some()], all["exhibits/"+h.some()] = h.some(), h.some()
	}
	pack(h.t, out, all)
	return out
}

// look runs the program and wants nothing of what it prints to be obeyed.
func (h *hostileTour) look(args []string) {
	h.t.Helper()
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "\x00", "")
	}
	at := args
	if !slices.Contains(args, "--case") {
		at = append(slices.Clone(args), "--case", h.path)
	}
	s := h.retake(h.t, at...)
	where := fmt.Sprintf("%.120q", args)
	if slices.Contains(args, "--csv") && s.status == 0 {
		quietTable(h.t, where, s.out)
	} else {
		quiet(h.t, where, s.out)
	}
	quiet(h.t, where+" complains", s.errs)
	if slices.Contains(args, "--json") && s.out != "" {
		if !json.Valid([]byte(s.out)) || ascii.FindString(s.out) != "" {
			h.t.Errorf("%s prints %q in %.2000q", where, ascii.FindString(s.out), s.out)
		}
	}
	if s.status < 0 || s.status > 4 || strings.Contains(s.errs, "a fault of its own") {
		h.t.Errorf("%s ended with %d: %s", where, s.status, s.errs)
	}
}

var ascii = regexp.MustCompile(`[^\n -~]`)

// quiet wants a text that no terminal obeys, that hides nothing and that turns
// no direction, on lines that are ours.
func quiet(t *testing.T, where, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s: no UTF-8: %.2000q", where, text)
	}
	marks := 0
	for _, r := range text {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if r != '\n' && (!unicode.IsPrint(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point)) || marks > 4 {
			t.Errorf("%s: %U in %.2000q", where, r, text)
			return
		}
	}
	if strings.Contains(text, "\nretake: all is well") || strings.Contains(text, "\nHeading") {
		t.Errorf("%s: a line is not ours: %.2000q", where, text)
	}
}

// lookIntoBundle wants every member of a bundle that is written for people or
// for tables to be harmless, and the others to hold the exact bytes as said.
func (h *hostileTour) lookIntoBundle() {
	t := h.t
	all := members(t, h.bundle)
	for name, body := range all {
		if ascii.FindString(name) != "" || !filepath.IsLocal(name) {
			t.Errorf("a member is called %q", name)
		}
		switch {
		case path.Ext(name) == ".csv":
			quietTable(t, name, body)
		case strings.HasPrefix(name, "exhibits/"), strings.HasPrefix(name, "attachments/"), name == "header.json":
		case path.Ext(name) == ".jsonl":
			for line := range strings.Lines(body) {
				if !json.Valid([]byte(line)) || name != "log.jsonl" && ascii.FindString(line) != "" {
					t.Errorf("%s has the line %.500q", name, line)
				}
			}
		default:
			quiet(t, name, body)
		}
	}
	for _, name := range []string{"README.txt", "journal.csv", "coverage.csv", "timeline.csv", "exhibits/index.csv", "timeline.jsonl"} {
		if len(all[name]) < 200 {
			t.Errorf("%s is not there, or says nothing", name)
		}
	}
}

// formula is what a spreadsheet may take for the beginning of a formula.
var formula = regexp.MustCompile(`^[=+@\t\r＝＋－＠-]|[,;] *"?[=+@＝＋－＠-]`)

func quietTable(t *testing.T, name, body string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	must(t, err)
	for n, row := range rows {
		for i, cell := range row {
			quiet(t, fmt.Sprintf("%s, row %d, %s", name, n, rows[0][i]), cell)
			if strings.ContainsAny(cell, "\r\n") || formula.MatchString(cell) {
				t.Errorf("%s, row %d, %s: %q", name, n, rows[0][i], cell)
			}
		}
	}
}
