package tui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/store"
)

func TestPanicOrderThatIsUnfinishedIsGoneOnWith(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	unfinishedPanic(k)
	k.shows("a panic order is not finished")
	k.press("c")
	k.shows("c goes on with it", "every API key that is not kept")
	k.press("c")
	k.shows("The order is carried out", "4 api-keys: ✓ proved")
	k.press("esc")
	k.hides("a panic order is not finished")
	acts, err := k.c.Acts("")
	must(t, err)
	if len(acts) != 3 {
		t.Errorf("%d acts were made", len(acts))
	}
	k.press("c")
	k.shows("open the step first")
}

func TestPanicTakesNoPasteAndNoOtherCharacters(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.press("!")
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(mainSID[len(mainSID)-6:]), Paste: true})
	k.press("enter")
	k.shows("Nothing was typed")
	k.typed("000000")
	k.press("enter")
	k.shows("is not how")
	k.press("esc")
	k.shows("Next:")
	if acts, err := k.c.Acts(""); err != nil || len(acts) != 0 {
		t.Errorf("%v %v", acts, err)
	}
	if s, err := k.c.Progress(actions.PanicStep); err != nil || s.State != store.NotStarted {
		t.Errorf("the order is %s %v", s.State, err)
	}
}

func TestPanicKeepsWhatIsNamed(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.press("!", "tab", "ctrl+u")
	k.typed("7")
	k.press("enter")
	k.shows("at most 7m and")
}
