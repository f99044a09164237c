package actions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"retake/actions/sim"
)

// Every verb that a step writes into a change says how it is undone.
func TestEveryVerbSaysHowItIsUndone(t *testing.T) {
	known := map[string]bool{}
	for name, u := range undos {
		step, verb, _ := strings.Cut(name, " ")
		known[verb] = true
		if !slices.ContainsFunc(working(), func(s *Step) bool { return s.ID == step }) || u.How == "" {
			t.Errorf("%q is of no step that acts, or says nothing", name)
		}
	}
	verbs := verbsInSource(t)
	if !verbs["rotate"] || !verbs["clamp"] || !verbs["restore"] {
		t.Fatalf("the source was not understood: %v", verbs)
	}
	for verb := range verbs {
		if !known[verb] {
			t.Errorf("nothing says how %q is undone", verb)
		}
	}
}

// Every change of every plan says the same of itself as the table.
func TestPlansAgreeWithTheTable(t *testing.T) {
	t.Parallel()
	for _, s := range working() {
		b := newBench(t, sim.Options{Scenario: scenarioOf(s.ID)})
		for _, c := range b.plan(s.ID, settings(b, s.ID)...).Plan.Changes {
			if u, known := undos[s.ID+" "+c.Verb]; !known || u.Can != c.Reversible {
				t.Errorf("%s %s: known %v, %v, and the change says %v", s.ID, c.Verb, known, u.Can, c.Reversible)
			}
		}
	}
}

// verbsInSource are the verbs of all literals of type Change in this package.
func verbsInSource(t *testing.T) map[string]bool {
	t.Helper()
	verbs := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, is := d.(*ast.FuncDecl)
			if !is {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if lit, is := n.(*ast.CompositeLit); is && isChange(lit) {
					maps.Copy(verbs, verbsOf(lit, fn))
				}
				return true
			})
		}
	}
	return verbs
}

func isChange(lit *ast.CompositeLit) bool {
	id, is := lit.Type.(*ast.Ident)
	return is && id.Name == "Change"
}

// verbsOf are the texts that the verb of a literal has, or that are assigned to
// its variable in the function.
func verbsOf(lit *ast.CompositeLit, fn *ast.FuncDecl) map[string]bool {
	verbs := map[string]bool{}
	note := func(e ast.Expr) {
		if text, is := e.(*ast.BasicLit); is {
			verb, _ := strconv.Unquote(text.Value)
			verbs[verb] = true
		}
	}
	for _, e := range lit.Elts {
		pair, is := e.(*ast.KeyValueExpr)
		if key, named := pair.Key.(*ast.Ident); !is || !named || key.Name != "Verb" {
			continue
		}
		note(pair.Value)
		if v, is := pair.Value.(*ast.Ident); is {
			ast.Inspect(fn, func(n ast.Node) bool {
				if a, is := n.(*ast.AssignStmt); is {
					if to, is := a.Lhs[0].(*ast.Ident); is && to.Name == v.Name {
						note(a.Rhs[0])
					}
				}
				return true
			})
		}
	}
	return verbs
}

// Mode restore deletes the triggers that the case made and no other, also after
// faults, and the next plan makes them anew.
func TestTriggersAreUndone(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var spoiled atomic.Bool
			b := newBench(t, sim.Options{Messages: 40, Calls: 40, Faults: func(r *http.Request, _ int) sim.Fault {
				if r.Method == http.MethodDelete && spoiled.CompareAndSwap(false, true) {
					return fault
				}
				return sim.NoFault
			}})
			main := b.opening.AccountSID
			before := b.triggerCount(main)
			set := []string{"allow=NG", "callback_url=" + ourHook}
			b.apply(geoStep, set...)
			if n := b.triggerCount(main); n != before+4 {
				t.Fatalf("%d triggers, there were %d", n, before)
			}
			goOn(b, geoStep, "mode=restore")
			if n := b.triggerCount(main); n != before || !spoiled.Load() {
				t.Errorf("%d triggers after going back, there were %d", n, before)
			}
			if p := b.plan(geoStep, "mode=restore"); slices.ContainsFunc(p.Plan.Changes, func(c Change) bool { return c.Verb == "delete" }) {
				t.Errorf("something is left to delete: %+v", p.Plan.Changes)
			}
			b.apply(geoStep, set...)
			if n := b.triggerCount(main); n != before+4 {
				t.Errorf("%d triggers anew", n)
			}
			b.proveJournal()
			b.verify()
		})
	}
}

// A trigger of ours that somebody changed meanwhile is left alone.
func TestChangedTriggerIsStale(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean", Messages: 40, Calls: 40})
	b.apply(geoStep, "callback_url="+ourHook)
	p := b.plan(geoStep, "mode=restore")
	i := slices.IndexFunc(p.Plan.Changes, func(c Change) bool { return c.Verb == "delete" })
	if i < 0 {
		t.Fatalf("nothing is to be deleted: %+v", p.Plan.Changes)
	}
	c := p.Plan.Changes[i]
	b.post(c.Account, http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+c.Account+"/Usage/Triggers/"+c.Object+".json", map[string][]string{"CallbackUrl": {"https://203.0.113.9/x"}})
	r, err := b.desk.Apply(t.Context(), geoStep, Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil || outcomes(r)[c.ID].Outcome != "stale" {
		t.Errorf("%v %+v", err, outcomes(r)[c.ID])
	}
}
