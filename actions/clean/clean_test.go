package clean_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"retake/actions/clean"
)

// What an account can hold to talk to the terminal of whoever reads it, and how
// it is shown. The first column is the family.
var hostile = []struct{ family, in, want string }{
	{"CSI clear screen", "a\x1b[2Jb", `a\x1b[2Jb`},
	{"CSI cursor up and overwrite", "real\x1b[1A\x1b[2Kfake", `real\x1b[1A\x1b[2Kfake`},
	{"CSI colours", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
	{"CSI hidden text", "pay \x1b[8mnot\x1b[28m now", `pay \x1b[8mnot\x1b[28m now`},
	{"CSI device report", "\x1b[6n\x1b[c", `\x1b[6n\x1b[c`},
	{"CSI alternate screen", "\x1b[?1049h\x1b[?25l", `\x1b[?1049h\x1b[?25l`},
	{"CSI bracketed paste", "\x1b[200~rm\x1b[201~", `\x1b[200~rm\x1b[201~`},
	{"CSI unfinished", "x\x1b[", `x\x1b[`},
	{"ESC alone", "x\x1b", `x\x1b`},
	{"ESC reset", "\x1bcgone", `\x1bcgone`},
	{"ESC character set", "\x1b(0lqqk", `\x1b(0lqqk`},
	{"OSC 0 title", "\x1b]0;OWNED\x07rest", `\x1b]0;OWNED\x07rest`},
	{"OSC 8 link", "\x1b]8;;https://evil.example\x1b\\twilio.com\x1b]8;;\x1b\\", `\x1b]8;;https://evil.example\x1b\twilio.com\x1b]8;;\x1b\`},
	{"OSC 52 clipboard", "\x1b]52;c;cm0gLXJm\x07", `\x1b]52;c;cm0gLXJm\x07`},
	{"OSC 1337 file", "\x1b]1337;File=inline=1:AAAA\x07", `\x1b]1337;File=inline=1:AAAA\x07`},
	{"OSC unterminated", "Pay now\x1b]0;the rest of the message", `Pay now\x1b]0;the rest of the message`},
	{"OSC 8 unterminated", "see \x1b]8;;https://x.example\x1b\\and more", `see \x1b]8;;https://x.example\x1b\and more`},
	{"DCS", "\x1bP$q\"p\x1b\\tail", `\x1bP$q"p\x1b\tail`},
	{"DCS unterminated", "a\x1bPqrest", `a\x1bPqrest`},
	{"SOS unterminated", "a\x1bXrest", `a\x1bXrest`},
	{"PM", "a\x1b^rest\x1b\\b", `a\x1b^rest\x1b\b`},
	{"APC", "\x1b_Gf=100;AAAA\x1b\\x", `\x1b_Gf=100;AAAA\x1b\x`},

	{"C1 CSI as UTF-8", "a\u009b2Jb", `a\x9b2Jb`},
	{"C1 OSC and ST as UTF-8", "a\u009d0;t\u009cb", `a\x9d0;t\x9cb`},
	{"C1 DCS, SOS, PM, APC as UTF-8", "\u0090\u0098\u009e\u009f", `\x90\x98\x9e\x9f`},
	{"C1 NEL", "a\u0085b", `a\x85b`},
	{"C1 CSI as a byte", "a\x9b2Jb", `a\x9b2Jb`},

	{"lead byte of four before ESC", "a\xf0\x1b]0;PWN\x07", `a\xf0\x1b]0;PWN\x07`},
	{"lead byte of three before ESC", "a\xe2\x1b[2J", `a\xe2\x1b[2J`},
	{"lead byte of two before ESC", "a\xc2\x1b[2J", `a\xc2\x1b[2J`},
	{"cut sequence before ESC", "a\xf0\x9f\x98\x1b[2J", `a\xf0\x9f\x98\x1b[2J`},
	{"overlong ESC", "a\xc0\x9b[2J", `a\xc0\x9b[2J`},
	{"overlong in three bytes", "a\xe0\x80\x9b[2J", `a\xe0\x80\x9b[2J`},
	{"surrogate as UTF-8", "a\xed\xa0\x80b", `a\xed\xa0\x80b`},
	{"beyond Unicode", "a\xf4\x90\x80\x80b", `a\xf4\x90\x80\x80b`},
	{"continuation bytes", "a\x80\xbfb", `a\x80\xbfb`},
	{"bytes that cannot be", "a\xfe\xffb", `a\xfe\xffb`},
	{"cut at the end", "caf\xc3", `caf\xc3`},

	{"bidi override", "invoice\u202egpj.exe", `invoice\u{202e}gpj.exe`},
	{"bidi embedding", "\u202aa\u202bb\u202cc\u202d", `\u{202a}a\u{202b}b\u{202c}c\u{202d}`},
	{"bidi isolates", "\u2066a\u2067b\u2068c\u2069", `\u{2066}a\u{2067}b\u{2068}c\u{2069}`},
	{"bidi marks", "a\u200eb\u200fc\u061cd", `a\u{200e}b\u{200f}c\u{61c}d`},

	{"zero-width space", "pay\u200bpal", `pay\u{200b}pal`},
	{"zero-width joiners", "a\u200cb\u200dc\u2060d", `a\u{200c}b\u{200d}c\u{2060}d`},
	{"byte order mark", "\ufeffa", `\u{feff}a`},
	{"soft hyphen", "pay\u00adpal", `pay\u{ad}pal`},
	{"grapheme joiner", "pay\u034fpal", `pay\u{34f}pal`},
	{"Hangul fillers", "a\u115fb\u1160c\u3164d\uffa0e", `a\u{115f}b\u{1160}c\u{3164}d\u{ffa0}e`},
	{"Khmer vowels that show nothing", "a\u17b4b\u17b5c", `a\u{17b4}b\u{17b5}c`},
	{"Mongolian separators", "a\u180eb\u180bc", `a\u{180e}b\u{180b}c`},
	{"blank Braille", "a\u2800b", `a\u{2800}b`},
	{"invisible operators", "a\u2061b\u2064c", `a\u{2061}b\u{2064}c`},
	{"variation selectors", "a\ufe0fb\U000e0100c", `a\u{fe0f}b\u{e0100}c`},
	{"interlinear notes", "a\ufff9b\ufffac\ufffbd", `a\u{fff9}b\u{fffa}c\u{fffb}d`},
	{"reserved and ignorable", "a\u2065b\ufff0c", `a\u{2065}b\u{fff0}c`},
	{"no characters", "a\ufffeb\uffffc\U0001ffffd", `a\u{fffe}b\u{ffff}c\u{1ffff}d`},
	{"private use", "a\ue000b\U000f0000c\U0010fffdd", `a\u{e000}b\u{f0000}c\u{10fffd}d`},

	{"tag characters", "hi\U000e0001\U000e0068\U000e0069\U000e007f", `hi\u{e0001}\u{e0068}\u{e0069}\u{e007f}`},

	{"line separator", "a\u2028b\u2029c", `a\u{2028}b\u{2029}c`},
	{"BEL", "a\ab", `a\x07b`},
	{"BS", "safe\b\b\b\bevil", `safe\x08\x08\x08\x08evil`},
	{"CR", "real\rfake", `real\x0dfake`},
	{"VT and FF", "a\vb\fc", `a\x0bb\x0cc`},
	{"DEL", "a\x7fb", `a\x7fb`},
	{"NUL", "a\x00b", `a\x00b`},
	{"SO and SI", "a\x0eb\x0fc", `a\x0eb\x0fc`},
	{"CAN, SUB and ENQ", "a\x18b\x1ac\x05d", `a\x18b\x1ac\x05d`},
	{"newlines", "a\nb\r\nc", `a⏎b\x0d⏎c`},
	{"tabs", "a\tb", "a⇥b"},

	{"combining flood", "a" + strings.Repeat("\u0301", 6), "a" + strings.Repeat("\u0301", 4) + `\u{301}\u{301}`},
	{"enclosing flood", "a" + strings.Repeat("\u20dd", 5), "a" + strings.Repeat("\u20dd", 4) + `\u{20dd}`},
	{"spacing flood", "क" + strings.Repeat("\u0903", 5), "क" + strings.Repeat("\u0903", 4) + `\u{903}`},
	{"skin tone flood", "👍" + strings.Repeat("\U0001F3FB", 5), "👍" + strings.Repeat("\U0001F3FB", 4) + `\u{1f3fb}`},
	{"floods side by side", "a\u0301\u0301b\u0301\u0301\u0301c", "a\u0301\u0301b\u0301\u0301\u0301c"},

	{"no-break and wide spaces", "a\u00a0b\u3000c\u2003d", "a b c d"},
}

func TestShowHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.family, func(t *testing.T) {
			got := clean.Show(c.in).String()
			if got != c.want {
				t.Errorf("%q is shown as\n %q, want\n %q", c.in, got, c.want)
			}
			hold(t, c.in)
		})
	}
}

func TestShowOrdinary(t *testing.T) {
	for _, s := range []string{
		"", "x", "Your code is 123456.", `C:\temp\x1b is text`, "~!@#$%^&*()_+{}|:\"<>?`-=[]\\;',./",
		"é", "café", "cafe\u0301", "Zürich, Łódź, Ñandú", "日本", "東京タワー", "한국어", "Привет", "Ελληνικά",
		"שלום", "مرحبا", "नमस्ते", "สวัสดี", "😀", "👍🏽", "🇩🇪", "€ £ ½ – — … „so“ ‘so’", "\ufffd",
	} {
		if got := clean.Show(s).String(); got != s {
			t.Errorf("%q is shown as %q", s, got)
		}
		hold(t, s)
	}
}

func TestShowf(t *testing.T) {
	if got, want := clean.Showf("%s has %d\n", "a\x1b[2J", 3).String(), `a\x1b[2J has 3⏎`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestZeroText(t *testing.T) {
	if got := (clean.Text{}).String(); got != "" {
		t.Errorf("got %q", got)
	}
}

// Every single rune and every single byte, alone and before an escape.
func TestShowEveryRune(t *testing.T) {
	for r := range rune(unicode.MaxRune + 1) {
		hold(t, string(r))
	}
	for b := range 256 {
		hold(t, string([]byte{byte(b)}))
		hold(t, "a"+string([]byte{byte(b)})+"\x1b[2Jz")
		hold(t, "a\x1b"+string([]byte{byte(b)})+"z")
	}
}

func FuzzShow(f *testing.F) {
	for _, c := range hostile {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) { hold(t, s) })
}

// hold holds what is shown of s to what every Text promises.
func hold(t *testing.T, s string) {
	t.Helper()
	got := clean.Show(s).String()
	if !utf8.ValidString(got) {
		t.Errorf("%q is shown as %q, which is no UTF-8", s, got)
	}
	run := 0
	for _, r := range got {
		if wrong := promise(r); wrong != "" {
			t.Errorf("%q is shown as %q with %U: %s", s, got, r, wrong)
		}
		if run++; !unicode.Is(unicode.M, r) {
			run = 0
		}
		if run > 4 {
			t.Fatalf("%q is shown as %q with %d marks on one another", s, got, run)
		}
	}
	if lost := missing(s, got); lost != 0 {
		t.Errorf("%q is shown as %q: %q is lost", s, got, lost)
	}
	if len(got) < len(strings.TrimSpace(s))/4 {
		t.Errorf("%d bytes are shown as %d", len(s), len(got))
	}
	if again := clean.Show(got).String(); again != got {
		t.Errorf("%q shown twice is %q", got, again)
	}
}

// promise tells what a rune must not be.
func promise(r rune) string {
	switch {
	case r < 0x20:
		return "a control character"
	case r >= 0x7f && r < 0xa0:
		return "DEL or C1"
	case unicode.Is(unicode.Cf, r):
		return "a format character"
	case unicode.In(r, unicode.Zl, unicode.Zp):
		return "it ends the line"
	case unicode.In(r, unicode.Bidi_Control, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return "it shows nothing"
	case unicode.In(r, unicode.Co, unicode.Cs, unicode.Noncharacter_Code_Point):
		return "it has no meaning"
	case r != ' ' && unicode.Is(unicode.Zs, r):
		return "a space of another width"
	}
	return ""
}

// missing finds the first rune of s, of those that anybody can see, that does
// not come in shown in its turn.
func missing(s, shown string) rune {
	for _, r := range s {
		if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) || promise(r) != "" || r == 0x2800 || r >= 0x1F3FB && r <= 0x1F3FF {
			continue
		}
		at := strings.IndexRune(shown, r)
		if at < 0 {
			return r
		}
		shown = shown[at+utf8.RuneLen(r):]
	}
	return 0
}

func BenchmarkShow(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"ASCII", strings.Repeat("Your code is 123456. ", 4)},
		{"foreign", strings.Repeat("Ihr Schlüssel ändert sich ", 3)},
		{"hostile", strings.Repeat("pay\x1b]0;\u202epal\u200b ", 6)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				_ = clean.Show(c.text)
			}
		})
	}
}
