package line

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// timelineFlags are the flags of retake timeline, as they were typed.
type timelineFlags struct {
	since, until string
	csv          bool
	report.TimelineFilter
}

func (a *app) timelineCommand() *cobra.Command {
	var f timelineFlags
	c := &cobra.Command{
		Use: "timeline", Short: "Tell what happened, on one axis: us, Twilio, others", Args: cobra.NoArgs,
		Long: "Tell what happened, oldest first, an event a line: the time (UTC), whose doing it\nwas, who, from which address, and what. It is told from what was done and said\nwith Retake and from the audit events and alerts that lie in the case.\n\n  > us      done or said with Retake, or an event that an act of ours left\n  ~ twilio  done or said by Twilio itself\n  * others  everybody else: colleagues, keys, the intruder\n  ! others  the same, from an address that a finding of triage names: it says which",
		RunE: func(*cobra.Command, []string) error {
			if f.Lane != "" && !slices.Contains(report.Lanes(), f.Lane) {
				return store.WithHint(usage("there is no lane %q", f.Lane), "the lanes are %s", strings.Join(report.Lanes(), ", "))
			}
			return a.reading(func(c *store.Case) error { return a.timeline(c, f) })
		},
	}
	c.Flags().StringVar(&f.since, "since", "", "only from this `TIME` on: 2026-03-01, 2026-03-01T02:20:00Z, or 24h back from the newest line")
	c.Flags().StringVar(&f.until, "until", "", "only before this `TIME`; with a date, to the end of that day")
	c.Flags().StringVar(&f.Account, "account", "", "only what happened in the account with this `SID`")
	c.Flags().StringVar(&f.Lane, "lane", "", "only this `LANE`: us, twilio or others")
	c.Flags().StringVar(&f.Text, "text", "", "only lines that hold this `TEXT`")
	c.Flags().BoolVar(&f.csv, "csv", false, "print CSV, in which no cell is a formula")
	a.jsonFlag(c)
	c.MarkFlagsMutuallyExclusive("csv", "json")
	return c
}

func (a *app) timeline(c *store.Case, f timelineFlags) error {
	line := c.Timeline(report.AuditEvents)
	if _, err := line.ReadOn(0); err != nil {
		return err
	}
	found, err := c.Findings("triage")
	if err != nil {
		return err
	}
	rows := line.Rows()
	report.MarkSuspects(rows, found)
	filter, err := f.between(rows)
	if err != nil {
		return err
	}
	picked := filter.Pick(rows)
	switch {
	case a.asJSON:
		return a.printJSON(timelineLines(c, picked))
	case f.csv:
		return store.TimelineCSV(a.out, picked)
	}
	return a.printTimeline(c, picked)
}

// between reads the ends of the window; a length of time counts back from the
// newest line.
func (f timelineFlags) between(rows []store.TimelineRow) (filter report.TimelineFilter, err error) {
	var newest time.Time
	if len(rows) > 0 {
		newest = rows[len(rows)-1].At
	}
	filter = f.TimelineFilter
	if filter.Since, err = edge("since", f.since, newest, report.Since); err != nil {
		return filter, err
	}
	filter.Until, err = edge("until", f.until, newest, report.Until)
	return filter, err
}

// edge is an end of a window, open where nothing was given.
func edge(flag, text string, now time.Time, read func(string, time.Time) (time.Time, error)) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := read(text, now)
	if err != nil {
		return at, usage("--%s: %w", flag, err)
	}
	return at, nil
}

// timelineLine is a line as retake timeline --json prints it; the names are those
// of timeline.jsonl in a bundle, with the kind of the case and what is suspect.
type timelineLine struct {
	At      time.Time      `json:"datetime"`
	Desc    string         `json:"timestamp_desc"`
	Message string         `json:"message"`
	Lane    string         `json:"lane"`
	Origin  string         `json:"origin"`
	By      string         `json:"by"`
	Account string         `json:"account"`
	Type    string         `json:"type"`
	Step    string         `json:"step"`
	Target  string         `json:"target"`
	Result  string         `json:"result"`
	Source  string         `json:"source"`
	IP      string         `json:"source_ip"`
	Act     *int64         `json:"act"`
	Entry   int64          `json:"entry"`
	Suspect string         `json:"suspect"`
	Kind    store.CaseKind `json:"kind"`
}

func timelineLines(c *store.Case, rows []store.TimelineRow) []timelineLine {
	all := []timelineLine{}
	for _, r := range rows {
		l := timelineLine{r.At.UTC(), r.Desc, r.Message, r.Lane, r.Origin, r.By, r.Account, r.Type, r.Step, r.Target, r.Result, r.Source, r.IP, nil, r.Entry, r.Suspect, c.Header.Kind}
		if r.Act != 0 {
			l.Act = &r.Act
		}
		all = append(all, l)
	}
	return all
}

// laneMarks stand before the names of the lanes.
var laneMarks = map[string]string{store.LaneUs: ">", report.LaneTwilio: "~", store.LaneOthers: "*"}

func (a *app) printTimeline(c *store.Case, rows []store.TimelineRow) error {
	out := bufio.NewWriter(a.out)
	for _, r := range rows {
		mark, end := laneMarks[r.Lane], ""
		if r.Account != c.Header.Account && r.Account != "" {
			end = " (in " + r.Account + ")"
		}
		if r.Suspect != "" {
			mark, end = "!", end+" [suspect: "+r.Suspect+"]"
		}
		address := r.IP
		if address == "" {
			address = "-"
		}
		// a bufio.Writer keeps its first error for Flush
		_, _ = fmt.Fprintf(out, "%s  %s %-6s  %s  %s  %s\n", r.At.UTC().Format("2006-01-02 15:04:05Z"), mark, r.Lane, clean.Show(report.Who(r)), clean.Show(address), clean.Show(r.Message+end))
	}
	return out.Flush()
}
