package sim

import "strings"

// Payload is a text that an intruder might give to his things: it talks to the
// terminal of whoever reads it, hides, turns the direction of reading, or is
// taken for a formula or for markup.
type Payload struct{ Family, Text string }

// Payloads are all of them, at least one of each family. Some are no UTF-8: JSON
// carries such bytes as well as others.
func Payloads() []Payload { return append([]Payload(nil), payloads...) }

var payloads = []Payload{
	{"OSC 52 clipboard", "\x1b]52;c;cm0gLXJmIH4K\x07"},
	{"CSI clear screen", "\x1b[2J\x1b[H"},
	{"CSI colours", "\x1b[31mred\x1b[8mhidden"},
	{"CSI report", "\x1b[6n\x1b[c"},
	{"CSI alternate screen", "\x1b[?1049h\x1b[?25l"},
	{"OSC title", "\x1b]0;PWNED\x07"},
	{"OSC link", "\x1b]8;;https://evil.example\x1b\\twilio.com\x1b]8;;\x1b\\"},
	{"ESC reset", "\x1bc"},
	{"OSC unterminated", "Pay now\x1b]0;the rest"},
	{"DCS unterminated", "Pay now\x1bPthe rest"},
	{"SOS unterminated", "Pay now\x1bXthe rest"},
	{"APC unterminated", "Pay now\x1b_the rest"},
	{"C1 CSI as UTF-8", "\u009b2J"},
	{"C1 OSC as UTF-8", "\u009d0;PWNED\u009c"},
	{"C1 NEL as UTF-8", "one\u0085two"},
	{"C1 CSI as a byte", "\x9b2J"},
	{"C1 OSC as bytes", "\x9d0;PWNED\x9c"},
	{"BEL", "ring\a"},
	{"BS", "safe\b\b\b\bevil"},
	{"CR", "real\rfake"},
	{"VT and FF", "a\vb\fc"},
	{"NUL", "a\x00b"},
	{"DEL", "a\x7fb"},
	{"SO and SI", "a\x0eb\x0fc"},
	{"CAN and SUB", "a\x18b\x1ac"},
	{"TAB", "\tindented"},
	{"newlines", "one\r\ntwo\nretake: all is well"},
	{"bidi override", "invoice\u202egpj.exe"},
	{"bidi isolates", "\u2066a\u2067b\u2069"},
	{"zero width", "pay\u200bp\u200dal\u2060\ufeff"},
	{"tags", "hi\U000e0001\U000e0068\U000e0069\U000e007f"},
	{"line separators", "one\u2028two\u2029three"},
	{"private use", "a\ue000b\U000f0000c"},
	{"lead byte before ESC", "a\xf0\x1b]0;PWN\x07"},
	{"cut sequence", "a\xe2\x82\x1b[2J"},
	{"combining marks", "Z" + strings.Repeat("\u0301\u0336", 120)},
	{"formula =", "=cmd|' /C calc'!A0"},
	{"formula +", "+1+cmd|' /C calc'!A0"},
	{"formula -", "-2+3+cmd|' /C calc'!A0"},
	{"formula @", "@SUM(1+1)*cmd|' /C calc'!A0"},
	{"formula after TAB", "\t=1+1"},
	{"formula after CR", "\r=1+1"},
	{"formula, full width", "＝1+1"},
	{"quotes and semicolons", `";=1+1;",'=1+1`},
	{"HTML", `<script>alert(1)</script><img src="https://evil.example/x.png">`},
	{"Markdown", "# Heading\n[x](https://evil.example) ![x](https://evil.example/x.png) | `a`"},
	{"path", "../../../../etc/passwd"},
	{"format", "%s%n%d{{.Secret}}$(reboot)`reboot`"},
	{"very long", strings.Repeat("A", 4000) + "\x1b[2J"},
}
