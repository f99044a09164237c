package actions

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"retake/actions/sim"
	"retake/store"
)

// watch reads once.
func (b *bench) watch() Watched {
	b.t.Helper()
	w, err := b.desk.Watch(context.Background())
	if err != nil {
		b.t.Fatalf("%v (%s)", err, store.HintOf(err))
	}
	return w
}

func TestWatchTellsNothingOfOurOwnActs(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{}).checked()
	if w := b.watch(); len(w.New) != 0 || w.Accounts != 5 {
		t.Fatalf("before anything was done: %+v", w)
	}
	b.panics()
	before, _ := b.c.Size()
	if w := b.watch(); len(w.New) != 0 {
		t.Errorf("our own acts are told as new: %+v", w.New)
	}
	if after, _ := b.c.Size(); after != before {
		t.Errorf("a reading that brought nothing filed %d entries", after-before)
	}
	if len(b.world.Acts()) == 0 {
		t.Error("nothing was done")
	}
}

// The intruder makes a new key for each of the first that are deleted: one
// reading tells of all of them, though they are deleted by then, with the replies that show them, and nothing is
// told twice, by a new process either.
func TestWatchTellsAReplantedKeyOnce(t *testing.T) {
	b := newBench(t, sim.Options{Switches: sim.Switches{Race: "keys"}})
	b.watch()
	b.apply("api-keys")
	planted := 0
	for _, a := range b.world.Acts() {
		_, active := b.olds[a.Account] // the events of a suspended account cannot be read: that is said
		planted += count(active && a.Actor == "intruder" && a.Method == http.MethodPost)
	}
	w := b.watch()
	if planted == 0 || len(w.New) != planted || len(w.Missed) != 1 {
		t.Fatalf("%d keys were planted, told are %+v", planted, w.New)
	}
	for _, n := range w.New {
		if n.Severity != High && n.Severity != Critical || len(n.Exhibits) == 0 || !strings.Contains(n.Text, "203.0.113.") || !strings.HasPrefix(n.ID, "new/SK") {
			t.Errorf("%+v", n)
		}
	}
	for _, n := range w.New {
		exhibit, record, shown := Shown(b.c, n)
		_, records, err := b.c.ExhibitRecords(exhibit)
		if _, sid, _ := strings.Cut(n.ID, "/"); err != nil || !shown || !strings.Contains(string(records[record]), sid) || n.Source == "" || !strings.HasSuffix(n.What, sid) {
			t.Errorf("%+v is shown by record %d of exhibit %d: %v", n, record, exhibit, err)
		}
	}
	b.sit()
	told, err := Told(b.c)
	if diff := cmp.Diff(w.New, told, cmpopts.SortSlices(func(a, b News) bool { return a.ID < b.ID })); err != nil || diff != "" {
		t.Errorf("told is (-now +from the case): %s, %v", diff, err)
	}
	if again := b.watch(); len(again.New) != 0 {
		t.Errorf("told again: %+v", again.New)
	}
	filed, _, err := b.desk.Findings(WatchStep)
	if err != nil || len(filed) != planted {
		t.Errorf("%d findings are filed: %v", len(filed), err)
	}
	b.verify()
}

// A secondary token that somebody puts in the place of ours is told, though ours
// is not.
func TestWatchTellsASecondaryToken(t *testing.T) {
	b := newBench(t, sim.Options{Switches: sim.Switches{Race: "replace"}})
	b.apply("auth-tokens")
	created := 0
	for _, n := range b.watch().New {
		created += count(strings.Contains(n.Text, "account-auth-token.secondary-created"))
	}
	planted := 0
	for _, a := range b.world.Acts() {
		planted += count(a.Actor == "intruder" && a.Method == http.MethodPost)
	}
	if planted == 0 || created != planted {
		t.Errorf("%d were planted, %d are told", planted, created)
	}
}
