package triage

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	codeWords = regexp.MustCompile(`(?i)\b(code|otp|passcode|pin|verification|verify)\b`)
	codeShape = regexp.MustCompile(`\b\d{4,8}\b`)
)

// isCode tells whether a message is a one-time code, by its words.
func isCode(body string) bool { return codeWords.MatchString(body) && codeShape.MatchString(body) }

// luredOrPumped tells by the texts what they are for.
func luredOrPumped(texts []Message) Kind {
	codes := 0
	for _, m := range texts {
		if isCode(m.Body) {
			codes++
		}
	}
	if 2*codes > len(texts) {
		return Pumping
	}
	return Smishing
}

// codeBlocks finds one-time codes to numbers in a row, where none were sent to.
func codeBlocks(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		usual := map[string]int{}
		for _, m := range s.oldTexts[sid] {
			usual[block(m.To)]++
		}
		by, codes := map[string]map[string]bool{}, []Message{}
		for _, m := range s.texts[sid] {
			b := block(m.To)
			if b == "" || usual[b] > 2 || !isCode(m.Body) {
				continue
			}
			key := b + m.At.UTC().Format(" 2006-01-02 15")
			if by[key] == nil {
				by[key] = map[string]bool{}
			}
			by[key][m.To] = true
			codes = append(codes, m)
		}
		rows := map[string]int{}
		for key, people := range by {
			if b, _, _ := strings.Cut(key, " "); len(people) >= blockSize {
				rows[b+"xxx"] = max(rows[b+"xxx"], len(people))
			}
		}
		if len(rows) == 0 {
			continue
		}
		worst := busiest(rows)
		all = append(all, Finding{
			ID: "codes-in-a-row/" + sid, Rule: "codes-in-a-row", Kind: Pumping, Severity: held(High, s.days("messages", sid)), Account: sid,
			Text:     fmt.Sprintf("%s sends one-time codes to numbers in a row that it never wrote to, %d of them within an hour: %s", name(sid), rows[worst], counted(rows, 4)),
			Observed: float64(rows[worst]), N: len(codes), Exhibits: evidence(codes, textExhibit),
		})
	}
	return all
}

// block is a number without its last three digits, "" if it is none.
func block(to string) string {
	if len(to) < 9 || to[0] != '+' || strings.Trim(to[1:], "0123456789") != "" {
		return ""
	}
	return to[:len(to)-3]
}

// codeVolume finds more one-time codes to a country than usual.
func codeVolume(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		now, before, codes := map[string]int{}, map[string]int{}, []Message{}
		for _, m := range s.texts[sid] {
			if isCode(m.Body) {
				now[s.place.of(m.To)]++
				codes = append(codes, m)
			}
		}
		week := slices.DeleteFunc(slices.Clone(s.oldTexts[sid]), func(m Message) bool {
			return m.At.Before(s.Since.AddDate(0, 0, -7)) || !isCode(m.Body)
		})
		for _, m := range week {
			before[s.place.of(m.To)]++
		}
		for _, country := range slices.Sorted(maps.Keys(now)) {
			perDay, mean := float64(now[country])/s.span(), float64(before[country])/7
			if country == "" || perDay <= max(volumeFloor, volumeFactor*mean) {
				continue
			}
			all = append(all, Finding{
				ID: "code-volume/" + sid + "/" + country, Rule: "code-volume", Kind: Pumping, Severity: Medium, Account: sid,
				Text:     fmt.Sprintf("%s sends %.0f one-time codes a day to %s, and sent %.0f a day in the week before", name(sid), perDay, country, mean),
				Observed: round(perDay), Baseline: round(mean), N: len(week), Exhibits: evidence(codes, textExhibit),
			})
		}
	}
	return all
}
