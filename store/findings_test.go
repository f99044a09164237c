package store

import "testing"

// A finding is an earlier one as soon as a plan was made whose reading did not
// find it again.
func TestFindingsThatAreNotFoundAgain(t *testing.T) {
	c := newCase(t, opening())
	find := func(id string) { must(t, c.AddFinding("geo", Finding{ID: id, Severity: "high", Text: id})) }
	plan := func(from int64) {
		must(t, c.AddPlan("geo", PlanEntry{Digest: "d", Plan: []byte("{}"), From: from}))
	}
	want := func(now, earlier string) {
		t.Helper()
		all, err := c.Findings("geo")
		must(t, err)
		got := map[bool]string{}
		for _, f := range all {
			got[f.Earlier] += f.ID
		}
		same(t, now+" "+earlier, got[false]+" "+got[true])
	}
	size := func() int64 {
		n, err := c.Size()
		must(t, err)
		return n
	}
	plan(size())
	find("a")
	find("b")
	want("ab", "")
	from := size()
	find("b")
	want("ab", "") // no plan was made of this reading yet
	plan(from)
	want("b", "a")
	find("c") // a proof finds it
	want("bc", "a")
	find("a") // and this one again
	want("abc", "")
	plan(size())
	want("", "abc")
	must(t, c.AddPlan("geo", PlanEntry{Digest: "d", Plan: []byte("{}")}))
	want("abc", "") // written by a program that did not note where its reading began
}
