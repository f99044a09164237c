package moment

import (
	"strings"
	"testing"
	"time"
)

func TestOf(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"Sun, 01 Mar 2026 12:00:00 +0000": noon,
		"Sun, 1 Mar 2026 12:00:00 +0000":  noon,
		"Sun, 01 Mar 2026 12:00:00 UTC":   noon,
		"Sun, 01 Mar 2026 14:00:00 +0200": noon,
		"2026-03-01T12:00:00Z":            noon,
		"2026-03-01T13:00:00.000+01:00":   noon,
		"2026-03-01":                      noon.Add(-12 * time.Hour),
		"":                                {},
		"noon":                            {},
		"2026-03-01T12:00:00Z" + strings.Repeat(" ", 80): {},
	} {
		if got := Of(text); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	if got := Of("", "no time", "2026-03-01", "2020-01-01"); got.Year() != 2026 {
		t.Errorf("not the first that is a time: %s", got)
	}
}
