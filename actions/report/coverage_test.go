package report_test

import (
	"testing"

	"retake/actions/report"
	"retake/store"
)

func TestWhatWasNotSeenComesFirst(t *testing.T) {
	all := []store.Covered{
		{Step: "a", Coverage: store.Coverage{Source: "calls", Account: "AC1", Seen: true, Got: 3}},
		{Step: "a", Coverage: store.Coverage{Source: "keys", Account: "AC2", Why: "cut short after 10 records, at noon"}},
		{Step: "a", Coverage: store.Coverage{Source: "messages", Account: "AC0", Why: "refused: 0 records were read"}},
		{Step: "capture", Coverage: store.Coverage{Source: "messages", Account: "AC1", Got: 50, Why: "stopped by the responder"}},
		{Step: "a", Coverage: store.Coverage{Source: "alerts", Account: "AC2", Why: "12 records were read, then: refused"}},
		{Step: "a", Coverage: store.Coverage{Source: "planted tokens", Account: "AC1", Why: "no API shows them"}},
	}
	report.SortCoverage(all, "AC1")
	var told []string
	for _, v := range all {
		told = append(told, string(report.SightOf(v.Coverage))+" "+v.Account+" "+v.Source)
	}
	same(t, []string{"not seen AC1 planted tokens", "not seen AC0 messages", "cut short AC1 messages", "cut short AC2 alerts", "cut short AC2 keys", "seen AC1 calls"}, told)
}
