package actions_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"retake/actions"
)

// advice is a row of ADVICE.md.
type advice struct {
	document             string
	line                 int
	text, step, part, as string
}

var (
	adviceRow  = regexp.MustCompile(`^\| (\d+) \| (.+) \| ([a-z0-9-]+) \| (.+) \| (does|proves|guides) \|$`)
	noAdvice   = regexp.MustCompile(`^No advice: ([0-9, ]+)\.$`)
	adviceHead = regexp.MustCompile(`^## ([a-z-]+)$`)
)

// readAdvice reads the table, and the lines that are said to hold no advice.
func readAdvice(t *testing.T) (all []advice, none map[string][]int) {
	t.Helper()
	text, err := os.ReadFile("ADVICE.md")
	if err != nil {
		t.Fatal(err)
	}
	none = map[string][]int{}
	document := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if m := adviceHead.FindStringSubmatch(line); m != nil {
			document = m[1]
		} else if m := adviceRow.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			all = append(all, advice{document, n, m[2], m[3], m[4], m[5]})
		} else if m := noAdvice.FindStringSubmatch(line); m != nil {
			for word := range strings.SplitSeq(m[1], ",") {
				n, _ := strconv.Atoi(strings.TrimSpace(word))
				none[document] = append(none[document], n)
			}
		} else if strings.HasPrefix(line, "|") && line != "|---|---|---|---|---|" && !strings.HasPrefix(line, "| Line |") {
			t.Errorf("a row is not understood: %s", line)
		}
	}
	return all, none
}

// Each piece of advice of the documents that the product implements has a step,
// and a part of it, that does it, proves it or guides it.
func TestEachAdviceHasAStep(t *testing.T) {
	all, none := readAdvice(t)
	steps := map[string]*actions.Step{}
	for _, s := range actions.Playbook() {
		steps[s.ID] = s
	}
	for _, a := range all {
		where := fmt.Sprintf("%s, line %d (%s)", a.document, a.line, a.text)
		s := steps[a.step]
		switch {
		case s == nil:
			t.Errorf("%s: there is no step %q", where, a.step)
		case !hasPart(s, a.part):
			t.Errorf("%s: %s has no part %q", where, a.step, a.part)
		case a.as != "guides" && s.Work == nil:
			t.Errorf("%s: %s %s nothing, a person does it all", where, a.step, a.as)
		}
	}
	if len(all) < 100 || len(none) != 5 {
		t.Errorf("%d rows of %d documents were read", len(all), len(none))
	}
	t.Run("of every line", func(t *testing.T) { adviceIsWhole(t, all, none) })
}

// hasPart tells whether a step has a part as the table writes it.
func hasPart(s *actions.Step, part string) bool {
	kind, words, ok := strings.Cut(part, ": ")
	if !ok {
		return false
	}
	named := func(all []actions.Check) bool {
		return slices.ContainsFunc(all, func(c actions.Check) bool { return c.ID == words })
	}
	switch kind {
	case "check":
		return named(s.Checks)
	case "each":
		return s.Each != nil && named(s.Each.Checks)
	case "parameter":
		return slices.ContainsFunc(s.Parameters, func(p actions.Parameter) bool { return p.Name == words })
	case "hands":
		return slices.ContainsFunc(s.Hands, func(p actions.Place) bool { return strings.Contains(p.Do+"\n"+p.Where, words) })
	case "console":
		return slices.ContainsFunc(s.Console, func(c string) bool { return strings.Contains(c, words) })
	case "why":
		return strings.Contains(strings.ReplaceAll(s.Why, "\n", " "), words)
	case "because":
		return strings.Contains(s.Because, words)
	}
	return false
}

// adviceIsWhole holds the table against the documents themselves.
func adviceIsWhole(t *testing.T, all []advice, none map[string][]int) {
	folder := cmp.Or(os.Getenv("RETAKE_SOURCES"), "../../shared/sources")
	files, _ := filepath.Glob(filepath.Join(folder, "*.txt"))
	if len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatalf("the documents are missing in %s", folder)
		}
		t.Skipf("the documents that the product implements are not in %s", folder)
	}
	for _, file := range files {
		document := strings.TrimSuffix(filepath.Base(file), ".txt")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			n, told := i+1, 0
			for _, a := range all {
				if a.document == document && a.line == n {
					told++
				}
			}
			silent := slices.Contains(none[document], n)
			if empty := strings.TrimSpace(line) == ""; empty && told > 0 || !empty && (told > 0) == silent {
				t.Errorf("%s, line %d: %d rows, and said to hold no advice: %v: %.80s", document, n, told, silent, line)
			}
		}
	}
}
