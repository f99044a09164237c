package line_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

// hostileEvents is an audit log whose every text was written by an intruder.
const hostileEvents = `{"events":[{"sid":"AE1","account_sid":"=AC\u001b[2J","event_date":"2026-03-01T02:20:00Z","event_type":"=cmd|' /C calc'!A0","actor_sid":"@SUM(1)\u202e","source":"web\r\n2026-03-01 02:20:00Z  > us","source_ip_address":"203.0.113.66\u001b]0;x\u0007","resource_sid":"+1;-2,=3","description":"\u0000\u009b31m\ufeff\nline"},` +
	`{"sid":"NO1","event_date":"2026-03-01T02:21:00Z","event_type":"user.updated"}],` +
	`"alerts":[{"sid":"NO2","date_created":"2026-03-01T02:22:00Z","error_code":"\u001b[1m","alert_text":"=1+1"}]}`

// shape of a line: nothing but one time, one lane and printable runes.
var timelineShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  [>~*!] (us    |twilio|others)  [^\p{C}\x{80}-\x{9f}]+$`)

func TestTimelineOfAHostileLogIsHarmless(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 72})
	file(t, path, func(c *store.Case) error {
		_, err := c.AddExhibit(store.Exhibit{Step: "triage", Method: "GET", URL: "https://monitor.twilio.com/v1/Events", Status: 200, Body: []byte(hostileEvents)})
		return err
	})
	told := l.retake(t, "timeline", "--case", path)
	lines := strings.Split(strings.TrimSuffix(told.out, "\n"), "\n")
	if told.status != 0 || len(lines) < 4 {
		t.Fatalf("%d %q %s", told.status, told.out, told.errs)
	}
	for _, line := range lines {
		if !timelineShape.MatchString(line) {
			t.Errorf("this line is not as ours are: %q", line)
		}
	}
	csv := l.retake(t, "timeline", "--case", path, "--csv").out
	for _, bad := range []string{"\x1b", "\u202e", ",=", ",@", ",+", "\n=", ";-"} {
		if strings.Contains(csv, bad) {
			t.Errorf("the CSV holds %q:\n%q", bad, csv)
		}
	}
	out := l.retake(t, "timeline", "--case", path, "--json").out
	shape := object{"datetime": text, "timestamp_desc": text, "message": text, "lane": word{"us", "twilio", "others"}, "origin": word{"case", "account", "account, ours"}, "by": text,
		"account": text, "type": text, "step": text, "target": text, "result": text, "source": text, "source_ip": text, "entry": number, "suspect": text, "kind": kinds}
	checkJSON(t, "timeline", `{"rows":`+out+`}`, object{"rows": list{shape}})
	var rows []struct{ By string }
	if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != len(lines) || strings.ContainsAny(out, "\x1b\u202e") {
		t.Errorf("%v: %d rows of %d, %q", err, len(rows), len(lines), out)
	}
	if s := l.retake(t, "timeline", "--case", filepath.Join(t.TempDir(), "none")); s.status != 1 {
		t.Errorf("a case that is not there gives the status %d", s.status)
	}
}
