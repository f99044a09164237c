package store

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// lanes reads an audit log as events does, with lanes and alerts: a type that
// begins with "alert" is one.
func lanes(x ExhibitEntry, body []byte) []Event {
	all := events(x, body)
	for i := range all {
		if all[i].Alert = strings.HasPrefix(all[i].Type, "alert"); all[i].Alert {
			all[i].Lane = "vendor"
		}
	}
	return all
}

// twoDeletions files one act of ours, and the same done by somebody else a few
// seconds before, with an alert.
func twoDeletions(t *testing.T, c *Case) (act int64) {
	t.Helper()
	n, err := c.Intend(Act{Step: "api-keys", Account: mainSID, Verb: "delete", Target: "SK77"})
	must(t, err)
	_, err = c.Conclude(n, Outcome{Result: Made, Proof: "404"})
	must(t, err)
	d, err := c.Acts("api-keys")
	must(t, err)
	at := func(by time.Duration) string { return d[0].Began.Add(by).Format(time.RFC3339Nano) }
	_, err = c.AddExhibit(exchange(fmt.Sprintf(`{"events":[{"id":"AE11","at":%q,"type":"key.deleted","resource":"SK77"},{"id":"AE12","at":%q,"type":"key.deleted","resource":"SK77"},{"id":"NO1","at":%q,"type":"alert 30007"}]}`, at(-9*time.Second), at(time.Second), at(2*time.Second)), ""))
	must(t, err)
	return n
}

func TestTimelineTellsWhoActed(t *testing.T) {
	c := bundledCase(t)
	n := twoDeletions(t, c)
	line := c.Timeline(lanes)
	left, err := line.ReadOn(0)
	must(t, err)
	same(t, int64(0), left)
	var told []string
	for _, r := range line.Rows() {
		if strings.HasPrefix(r.Type, "key.") || strings.HasPrefix(r.Type, "alert") {
			told = append(told, fmt.Sprintf("%s %s %s %d %d", r.Type, r.Lane, r.Origin, r.Act, r.Place))
		} else if r.Origin == OriginCase {
			same(t, LaneUs, r.Lane)
		}
	}
	same(t, []string{"key.deleted others account 0 0", fmt.Sprintf("key.deleted us account, ours %d 1", n), "alert 30007 vendor account 0 2"}, told)
}

// TestTimelineReadsOn reads a case in bites, files more, and gets what one
// reading gets.
func TestTimelineReadsOn(t *testing.T) {
	c := bundledCase(t)
	line := c.Timeline(lanes)
	for left := int64(1); left > 0; {
		var err error
		left, err = line.ReadOn(5)
		must(t, err)
	}
	before := len(line.Rows())
	twoDeletions(t, c)
	_, err := line.ReadOn(0)
	must(t, err)
	size, err := c.Size()
	must(t, err)
	same(t, size, line.Next())
	whole := c.Timeline(lanes)
	_, err = whole.ReadOn(0)
	must(t, err)
	same(t, whole.Rows(), line.Rows())
	same(t, before+5, len(line.Rows()))
}

// TestTimelineIsTheBundles holds the timeline of the open case against the one
// that is exported.
func TestTimelineIsTheBundles(t *testing.T) {
	c := bundledCase(t)
	twoDeletions(t, c)
	must(t, c.Checkpoint("end"))
	line := c.Timeline(lanes)
	_, err := line.ReadOn(0)
	must(t, err)
	rows := line.Rows()
	o := exportOptions()
	o.Events = lanes
	exported := unpacked(t, exported(t, c, o))
	same(t, strings.Count(exported["timeline.jsonl"], "\n"), len(rows))
	n := 0
	for text := range strings.Lines(exported["timeline.jsonl"]) {
		var l struct{ Message, Lane, Origin, By string }
		must(t, json.Unmarshal([]byte(text), &l))
		same(t, rows[n].Message+"|"+rows[n].Lane+"|"+rows[n].Origin+"|"+rows[n].By, l.Message+"|"+l.Lane+"|"+l.Origin+"|"+l.By)
		n++
	}
	rows[0].Suspect = "=new-address/1"
	var b bytes.Buffer
	must(t, TimelineCSV(&b, rows))
	noFormulas(t, "the timeline as CSV", b.String())
	lines, err := csv.NewReader(&b).ReadAll()
	must(t, err)
	same(t, len(rows)+1, len(lines))
	same(t, "suspect", lines[0][len(lines[0])-1])
	same(t, "'=new-address/1", lines[1][len(lines[1])-1])
}

// TestExportUpToTheNewestCheckpoint exports while others go on filing.
func TestExportUpToTheNewestCheckpoint(t *testing.T) {
	c := bundledCase(t)
	signed := exported(t, c, exportOptions())
	_, err := c.AddExhibit(exchange(`{"keys":[]}`, "keys"))
	must(t, err)
	must(t, c.AddNote("", "meanwhile"))
	var b bytes.Buffer
	_, err = c.export(&b, exportOptions())
	same(t, true, errors.Is(err, ErrUnsigned))
	o := exportOptions()
	o.UpToCheckpoint = true
	b.Reset()
	e, err := c.export(&b, o)
	must(t, err)
	same(t, int64(2), e.After)
	same(t, true, bytes.Equal(signed, b.Bytes()))
	mustVerifyBundle(t, b.Bytes(), VerifyOptions{Key: c.Header.PublicKey})
	must(t, c.Checkpoint("the rest"))
	e, err = c.export(&b, o)
	must(t, err)
	same(t, int64(0), e.After)
}

// TestBundleOfANewerFormatSaysSo gives a bundle a format that is not known yet.
func TestBundleOfANewerFormatSaysSo(t *testing.T) {
	m := unpacked(t, exported(t, bundledCase(t), exportOptions()))
	m["README.txt"] = strings.Replace(m["README.txt"], titleOf+fmt.Sprint(bundleFormat), titleOf+"99", 1)
	m["SHA256SUMS"] = sumsOf(m)
	r := verifyBytes(t, packed(t, m), VerifyOptions{Events: events})
	same(t, false, r.OK)
	if !strings.Contains(told(r), "format 99") {
		t.Errorf("it does not say so:\n%s", told(r))
	}
}
