package actions

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"retake/actions/account"
)

// volume is how often an account called or wrote to a country before the
// incident, and on which exhibits that stands.
type volume struct {
	N        int
	Exhibits []int64
}

func volumeKey(source account.Source, sid string) string {
	return "volume/" + string(source) + "/" + sid
}

// grew notes by country what a page added to the traffic of an account.
func grew(volumes map[string]volume, before, after map[string]int, page int64) {
	for iso, n := range after {
		if more := n - before[iso]; more > 0 {
			volumes[iso] = volume{volumes[iso].N + more, append(volumes[iso].Exhibits, page)}
		}
	}
}

// noteVolumes keeps what was counted, for what the plan breaks.
func (r *Run) noteVolumes(source account.Source, sid string, volumes map[string]volume) {
	text, _ := json.Marshal(volumes) // texts and numbers only
	r.Note(volumeKey(source, sid), string(text))
}

// countries says which own traffic meets a closed country. A subaccount that
// has no list of its own goes by the main account's.
func (l *losing) countries() error {
	shutting := false
	for _, k := range []struct {
		source     account.Source
		kind, what string
	}{{account.SourceCalls, "voice", "calls"}, {account.SourceMessages, "sms", "messages"}} {
		main := l.closed(k.kind, l.r.Main())
		for _, a := range l.r.listed {
			shut := slices.Concat(main, l.closed(k.kind, a.SID))
			shutting = shutting || len(shut) > 0
			volumes := map[string]volume{}
			if text, read := l.r.Noted(volumeKey(k.source, a.SID)); read && json.Unmarshal([]byte(text), &volumes) == nil {
				l.refused(a, k.what, shut, volumes)
			}
		}
	}
	if shutting {
		l.unknown(l.r.Main(), "countries that are called or written to less often than every 30 days, and verifications: Verify has a list of its own")
	}
	return nil
}

// closed are the countries that the plan shuts altogether in an account's list.
func (l *losing) closed(kind, sid string) []string {
	var all []string
	for _, c := range l.p.Changes {
		if c.ID != kind+"/"+sid {
			continue
		}
		for _, word := range strings.Fields(c.Detail) {
			if iso, bits, _ := strings.Cut(word, "="); strings.Trim(bits, "0") == "" {
				all = append(all, iso)
			}
		}
	}
	return all
}

func (l *losing) refused(a account.Account, what string, shut []string, volumes map[string]volume) {
	var parts []string
	var exhibits []int64
	for _, iso := range slices.Sorted(maps.Keys(volumes)) {
		if slices.Contains(shut, iso) {
			parts, exhibits = append(parts, fmt.Sprintf("%s %d", iso, volumes[iso].N)), append(exhibits, volumes[iso].Exhibits...)
		}
	}
	if len(parts) > 0 {
		l.add(a.SID, exhibits, "%s: %s to %s are refused from then on; so many there were in the 30 days before %s UTC", called(a.SID, a.Name), what, strings.Join(parts, ", "), l.r.began().Format("2006-01-02 15:04"))
	}
}
