package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// keys are all keys of the console. Nothing else names one.
var keys = struct {
	Up, Down, PageUp, PageDown, Home, End       key.Binding
	Enter, Back, Next, Previous                 key.Binding
	Quit, Cut, Help, Journal, Panic             key.Binding
	Evidence, Timeline, Coverage, Export        key.Binding
	Filter, Find, NextAccount, NextKind, Clear  key.Binding
	Scene, Debrief                              key.Binding // in a training
	Watch, Reach                                key.Binding
	Matrix                                      key.Binding // of the sweep
	Plan, Agree, Continue, Stop, Attest, Edit   key.Binding
	Tabs                                        [5]key.Binding
	Tick, File, Erase, EraseAll, Left, Right    key.Binding
	FieldUp, FieldDown, LineHome, LineEnd, Dele key.Binding
	Settings                                    key.Binding // where letters are typed
	Add, Import, Drop, NotHere                  key.Binding // on a list
	Passphrase, NewToken                        key.Binding // that are shown once
	Give                                        key.Binding // a credential that a step can use
	Draft                                       key.Binding // of the letter to Twilio
}{
	Up:       bind("up", "up", "k"),
	Down:     bind("down", "down", "j"),
	PageUp:   bind("PgUp", "pgup", "ctrl+b"),
	PageDown: bind("space", "pgdown", " ", "ctrl+f"),
	Home:     bind("g", "g", "home"),
	End:      bind("G", "G", "end"),
	Enter:    bind("enter", "enter"),
	Back:     bind("esc", "esc"),
	Next:     bind("tab", "tab", "right", "l"),
	Previous: bind("shift+tab", "shift+tab", "left", "h"),

	Quit:    bind("q", "q"),
	Cut:     bind("ctrl+c", "ctrl+c"),
	Help:    bind("?", "?"),
	Journal: bind("J", "J"),
	Panic:   bind("!", "!"),
	Scene:   bind("i", "i"),
	Debrief: bind("D", "D"),
	Watch:   bind("W", "W"),
	Reach:   bind("R", "R"),
	Matrix:  bind("m", "m"),

	Evidence:    bind("E", "E"),
	Timeline:    bind("T", "T"),
	Coverage:    bind("C", "C"),
	Export:      bind("X", "X"),
	Filter:      bind("f", "f"),
	Find:        bind("/", "/"),
	NextAccount: bind("a", "a"),
	NextKind:    bind("t", "t"),
	Clear:       bind("x", "x"),

	Plan:     bind("p", "p"),
	Agree:    bind("a", "a"),
	Continue: bind("c", "c"),
	Stop:     bind("s", "s"),
	Attest:   bind("A", "A"),
	Edit:     bind("e", "e"),
	Tabs:     [5]key.Binding{bind("1", "1"), bind("2", "2"), bind("3", "3"), bind("4", "4"), bind("5", "5")},

	Add:     bind("+", "+"),
	Import:  bind("i", "i"),
	Drop:    bind("x", "x"),
	NotHere: bind("n", "n"),

	Passphrase: bind("P", "P"),
	NewToken:   bind("N", "N"),
	Give:       bind("K", "K"),
	Draft:      bind("D", "D"),

	Settings:  bind("tab", "tab"),
	Tick:      bind("space", " "),
	File:      bind("ctrl+s", "ctrl+s"),
	Erase:     bind("backspace", "backspace", "ctrl+h"),
	EraseAll:  bind("ctrl+u", "ctrl+u"),
	Dele:      bind("del", "delete"),
	Left:      bind("left", "left"),
	Right:     bind("right", "right"),
	LineHome:  bind("home", "home", "ctrl+a"),
	LineEnd:   bind("end", "end", "ctrl+e"),
	FieldUp:   bind("up", "up", "shift+tab"),
	FieldDown: bind("down", "down", "tab"),
}

// bind names a key as the footer shows it, and the keys that it stands for.
func bind(shown string, names ...string) key.Binding {
	return key.NewBinding(key.WithKeys(names...), key.WithHelp(shown, ""))
}

// hint is a key with what it does here, for the footer.
type hint struct {
	key  key.Binding
	does literal
}

// runesOf is what a key types, if it types something.
func runesOf(k tea.KeyMsg) ([]rune, bool) {
	if k.Alt || k.Type != tea.KeyRunes && k.Type != tea.KeySpace {
		return nil, false
	}
	return k.Runes, true
}

// singles takes apart what the terminal joined: keys that were typed fast arrive
// as one message of several runes, and no binding would know them. A paste stays
// one.
func singles(k tea.KeyMsg) []tea.KeyMsg {
	if k.Paste || k.Type != tea.KeyRunes || len(k.Runes) < 2 {
		return []tea.KeyMsg{k}
	}
	var all []tea.KeyMsg
	for _, r := range k.Runes {
		one := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: k.Alt}
		if r == ' ' {
			one.Type = tea.KeySpace
		}
		all = append(all, one)
	}
	return all
}
