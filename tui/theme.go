package tui

import (
	"io"

	"github.com/charmbracelet/lipgloss"
)

// ink is what a piece of text means; the theme knows how that looks. Meaning
// never lies in the colour alone.
type ink int

const (
	plain    ink = iota
	faint        // of second rank
	strong       // looked at first
	title        // names a screen or a section
	good         // proved
	warn         // wants somebody
	bad          // went wrong, burns
	live         // the kind of a case: the real account
	lab          // the kind of a case: a loopback address
	training     // the kind of a case: the simulated account
	chosen       // where the cursor stands
	press        // a key
	inks
)

// theme is how the inks look on one terminal.
type theme struct{ styles [inks]lipgloss.Style }

// newTheme makes the inks for a terminal. Its background was asked for once, at
// the start of the process; it is not asked for again.
func newTheme(out io.Writer) *theme {
	r := lipgloss.NewRenderer(out)
	r.SetHasDarkBackground(lipgloss.HasDarkBackground())
	return themeOf(r)
}

func themeOf(r *lipgloss.Renderer) *theme {
	colour := func(light, dark string) lipgloss.AdaptiveColor {
		return lipgloss.AdaptiveColor{Light: light, Dark: dark}
	}
	on := func(light, dark string) lipgloss.Style { return r.NewStyle().Foreground(colour(light, dark)) }
	block := func(back string) lipgloss.Style {
		return r.NewStyle().Bold(true).Foreground(lipgloss.Color("231")).Background(lipgloss.Color(back))
	}
	return &theme{[inks]lipgloss.Style{
		plain:    r.NewStyle(),
		faint:    on("242", "246"),
		strong:   r.NewStyle().Bold(true),
		title:    on("25", "117").Bold(true),
		good:     on("28", "78"),
		warn:     on("130", "214"),
		bad:      on("160", "210").Bold(true),
		live:     block("160"),
		lab:      block("61"),
		training: block("29"),
		chosen:   r.NewStyle().Bold(true).Foreground(colour("231", "231")).Background(colour("25", "24")),
		press:    on("25", "117").Bold(true),
	}}
}

func (t *theme) paint(i ink, s string) string {
	if s == "" {
		return ""
	}
	return t.styles[i].Render(s)
}
