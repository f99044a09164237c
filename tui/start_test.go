package tui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"retake/store"
)

func newTestStart(note string) *start {
	cases := []CaseFile{
		{Path: "/home/ada/.local/share/retake/live-AC0123456789abcdef0123456789abcdef-1.retake", Kind: "LIVE", Account: "AC0123456789abcdef0123456789abcdef", Changed: "2026-02-28 03:10"},
		{Path: "/home/ada/.local/share/retake/training-leaked-token-1.retake", Kind: "TRAINING", Account: "leaked-token", Changed: "2026-02-27 14:00"},
	}
	scenarios := []Scenario{{"leaked-token", "The leaked Auth Token", "Forty minutes ago somebody began to use the parent's Auth Token."}, {"clean", "An ordinary day", "The same company, untouched."}}
	return newStart(asciiTheme(), cases, scenarios, note)
}

func TestStart(t *testing.T) {
	for _, try := range []struct {
		name, note string
		keys       []string
		want       Choice
	}{
		{name: "start", want: Choice{}},
		{name: "start-note", note: "cannot open the case: the passphrase is wrong"},
		{name: "start-open", keys: []string{"enter"}},
		{name: "start-open-without-passphrase", keys: []string{"enter", "enter", "enter", "enter"}},
		{name: "start-new", keys: []string{"down", "down", "enter"}},
		{name: "start-locked-out", keys: []string{"down", "down", "down", "enter"}},
		{name: "start-new-wrong", keys: []string{"j", "j", "enter", "x", "enter", "enter", "enter", "enter", "enter"}},
		{name: "start-train", keys: []string{"G", "up", "enter", "a", "d", "a", "enter"}, want: Choice{Kind: "train", Scenario: "leaked-token", Responder: "ada"}},
		{name: "start-open-training", keys: []string{"down", "enter", "enter"}, want: Choice{Kind: "open", CasePath: "/home/ada/.local/share/retake/training-leaked-token-1.retake"}},
		{name: "start-open-typed", keys: []string{"enter", "p", "enter", "t", "enter", "enter"}, want: Choice{
			Kind: "open", CasePath: "/home/ada/.local/share/retake/live-AC0123456789abcdef0123456789abcdef-1.retake",
			AccountSID: "AC0123456789abcdef0123456789abcdef", AuthToken: "t", Passphrase: "p",
		}},
	} {
		s := newTestStart(try.note)
		for _, k := range try.keys {
			s.Update(keyOf(k))
		}
		if s.choice != try.want {
			t.Errorf("%s: chose %+v", try.name, s.choice)
		}
		golden(t, try.name, s.View())
		for _, w := range []int{1, 20, 33, 80, 200} {
			for _, h := range []int{1, 6, 10, 24, 60} {
				s.Update(tea.WindowSizeMsg{Width: w, Height: h})
				fits(t, try.name, s.View(), w, h)
			}
		}
	}
}

func TestHeaderNamesTheKind(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	for kind, badge := range map[store.CaseKind]string{store.Live: "[LIVE ACCOUNT] AC", store.Lab: "[LAB] AC", store.Training: "[TRAINING] AC"} {
		k.c.Header.Kind = kind
		for _, w := range []int{40, 80, 200} {
			k.size(w, 24)
			k.shows(badge)
		}
	}
}
