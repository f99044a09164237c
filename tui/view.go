package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// layout gives the seen screen what header, status and footer leave over.
func (r *root) layout() { r.top().SetSize(r.w, r.bodyHeight()) }

func (r *root) bodyHeight() int { return max(0, r.h-1-r.statusHeight()-len(r.footer())) }

// View draws the seen screen. It is cut to the window whatever a screen does.
func (r *root) View() (s string) {
	defer func() {
		if v := recover(); v != nil {
			s = "this screen cannot be drawn (" + broken(v).where + "): esc goes back"
		}
	}()
	if r.w < 1 || r.h < 1 {
		return ""
	}
	var lines []string
	if r.h > 3 {
		lines = append(lines, header(r.session, r.now, r.w).draw(r.theme, r.w))
	}
	lines = append(lines, fit(r.top().View(), r.bodyHeight())...)
	for _, line := range r.statusRows() {
		lines = append(lines, line.draw(r.theme, r.w))
	}
	for _, line := range r.footer() {
		lines = append(lines, line.draw(r.theme, r.w))
	}
	lines = lines[max(0, len(lines)-r.h):]
	for n := range lines {
		lines[n] = ansi.Truncate(lines[n], r.w, "")
	}
	return strings.Join(lines, "\n")
}

// fit makes a text exactly h lines high.
func fit(s string, h int) []string {
	lines := strings.Split(s, "\n")
	if s == "" {
		lines = nil
	}
	for len(lines) < h {
		lines = append(lines, "")
	}
	return lines[:h]
}
