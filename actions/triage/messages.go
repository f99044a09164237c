package triage

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/xurls/v2"
)

var (
	linkShape = xurls.Relaxed()
	maybeLink = regexp.MustCompile(`://|\[\.\]|[\pL\pN]\.[\pL\pN]`)
	harmless  = strings.NewReplacer("[.]", ".", "hxxp", "http", "HXXP", "http") // how people write a link that is none
	digits    = regexp.MustCompile(`\pN+`)
	spaces    = regexp.MustCompile(`\s+`)
	plainHost = regexp.MustCompile(`^[a-z0-9.-]+$`)
	codeWords = regexp.MustCompile(`(?i)\b(code|otp|passcode|pin|verification|verify)\b`)
	codeShape = regexp.MustCompile(`\b\d{4,8}\b`)
)

// leads remembers where links lead to, by how they begin.
type leads map[string]string

// links are the hosts that a text leads to, and the text without them. Nothing
// is ever fetched.
func (l leads) links(body string) (hosts []string, rest string) {
	if !maybeLink.MatchString(body) {
		return nil, body
	}
	words := strings.Fields(harmless.Replace(body))
	for i, word := range words {
		if h := l.of(word); h != "" {
			words[i] = "(link)"
			if !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
			}
		}
	}
	return hosts, strings.Join(words, " ")
}

// of is where a word leads to, "" if it is no link.
func (l leads) of(word string) string {
	if !maybeLink.MatchString(word) {
		return ""
	}
	start := 0
	if i := strings.Index(word, "://"); i >= 0 {
		start = i + len("://")
	}
	if i := strings.IndexAny(word[start:], "/?#"); i >= 0 {
		word = word[:start+i]
	}
	found, known := l[word]
	if !known {
		found = host(linkShape.FindString(word))
		l[word] = found
	}
	return found
}

// host is where a link leads to, "" if it is an address of e-mail.
func host(link string) string {
	_, rest, web := strings.Cut(link, "://")
	if !web {
		rest = link
	}
	rest, _, _ = strings.Cut(rest, "/")
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		if !web {
			return ""
		}
		rest = rest[i+1:]
	}
	if h, port, cut := strings.Cut(rest, ":"); cut && strings.Trim(port, "0123456789") == "" {
		rest = h
	}
	if strings.Contains(rest, ":") && !strings.HasPrefix(rest, "[") {
		return "" // tel:, mailto: and the like
	}
	return strings.ToLower(strings.TrimSuffix(rest, "."))
}

// defanged is a host that no terminal and no reader of papers makes a link of.
func defanged(h string) string {
	h = shorten(h, 80)
	if !plainHost.MatchString(h) {
		h = strconv.QuoteToASCII(h)
	}
	return strings.ReplaceAll(h, ".", "[.]")
}

// shape is what messages of one text have in common.
func shape(rest string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(digits.ReplaceAllString(strings.ToLower(rest), "#"), " "))
}

// isCode tells whether a message is a one-time code, by its words.
func isCode(body string) bool { return codeWords.MatchString(body) && codeShape.MatchString(body) }

// wave is one text with links, as it went to many.
type wave struct {
	text     string
	people   map[string]bool
	hosts    map[string]bool
	messages []Message
}

// waves are the texts of an account that lead to hosts which the family never
// wrote of before, the widest first.
func (s *sight) waves(sid string, known map[string]bool) []*wave {
	by := map[string]*wave{}
	for _, m := range s.texts[sid] {
		hosts, rest := s.leads.links(m.Body)
		if hosts = slices.DeleteFunc(hosts, func(h string) bool { return known[h] }); len(hosts) == 0 {
			continue
		}
		text := shape(rest)
		w := by[text]
		if w == nil {
			w = &wave{text: text, people: map[string]bool{}, hosts: map[string]bool{}}
			by[text] = w
		}
		w.people[m.To] = true
		w.messages = append(w.messages, m)
		for _, h := range hosts {
			w.hosts[h] = true
		}
	}
	return slices.SortedFunc(maps.Values(by), func(a, b *wave) int {
		if d := len(b.people) - len(a.people); d != 0 {
			return d
		}
		return strings.Compare(a.text, b.text)
	})
}

// lures finds texts with links that went to many. Hosts that the family wrote of
// before are its own.
func lures(s *sight) []Finding {
	known, linked := map[string]bool{}, 0
	for _, sid := range sids(s.oldTexts) {
		for _, m := range s.oldTexts[sid] {
			hosts, _ := s.leads.links(m.Body)
			linked += min(1, len(hosts))
			for _, h := range hosts {
				known[h] = true
			}
		}
	}
	var all []Finding
	for _, sid := range sids(s.texts) {
		waves := s.waves(sid, known)
		waves = slices.DeleteFunc(waves, func(w *wave) bool { return len(w.people) < sameTextWatch })
		if len(waves) > 0 {
			all = append(all, s.lure(sid, waves, linked))
		}
	}
	return all
}

func (s *sight) lure(sid string, waves []*wave, linked int) Finding {
	hosts, messages, severity, note := map[string]int{}, []Message{}, Medium, ""
	for _, w := range waves {
		messages = append(messages, w.messages...)
		for h := range w.hosts {
			hosts[defanged(h)] += len(w.messages)
			if _, err := netip.ParseAddr(h); err == nil {
				note = "; one leads to a bare IP address"
			}
		}
	}
	if len(waves[0].people) >= sameTextFloor {
		severity = held(High, s.days("messages", sid))
	}
	return Finding{
		ID: "link-to-many/" + sid, Rule: "link-to-many", Kind: Smishing, Severity: severity, Account: sid,
		Text: fmt.Sprintf("%s of %s since %s lead to %s that nobody here wrote of before: %s%s; one text went to %d people: %s", plural(len(messages), "message"),
			name(sid), stamp(s.Since), plural(len(hosts), "host"), counted(hosts, 4), note, len(waves[0].people), strconv.QuoteToASCII(shorten(waves[0].text, 70))),
		Observed: float64(len(waves[0].people)), N: len(messages) + linked, Exhibits: evidence(messages, textExhibit),
	}
}

func textExhibit(m Message) int64 { return m.Exhibit }

// textCountries finds messages to countries that the family does not write to.
func textCountries(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		seen := map[string]int{}
		for _, m := range s.texts[sid] {
			seen[s.place.of(m.To)]++
		}
		places, onList := s.fresh(seen, s.texted, newCountryTexts, textListed, newCountryTexts)
		if len(places) == 0 {
			continue
		}
		texts := slices.DeleteFunc(slices.Clone(s.texts[sid]), func(m Message) bool { return places[s.place.of(m.To)] == 0 })
		days := s.days("messages", sid)
		all = append(all, Finding{
			ID: "new-country-texts/" + sid, Rule: "new-country-texts", Kind: luredOrPumped(texts), Severity: held(High, days), Account: sid,
			Text: fmt.Sprintf("%s of %s since %s to countries hardly written to in the %.0f days before: %s%s", plural(len(texts), "message"),
				name(sid), stamp(s.Since), days, counted(places, 6), listWords(onList, "messages that only the Console opens")),
			Observed: float64(len(texts)), Baseline: round(s.expected(places, s.texted, days)), N: s.known(s.texted), Exhibits: evidence(texts, textExhibit),
		})
	}
	return all
}

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

var waitingStatuses = set("queued", "scheduled", "accepted", "sending")

// Waits tells whether a message has yet to go out.
func (m Message) Waits() bool { return waitingStatuses[m.Status] }

// waiting counts what would still go out.
func waiting(s *sight) []Finding {
	by := map[string][]Message{}
	for _, m := range s.Messages {
		if m.Waits() {
			by[m.Account] = append(by[m.Account], m)
		}
	}
	var all []Finding
	for _, sid := range sids(by) {
		statuses := map[string]int{}
		for _, m := range by[sid] {
			statuses[m.Status]++
		}
		all = append(all, Finding{
			ID: "waiting-texts/" + sid, Rule: "waiting-texts", Kind: Note, Severity: Info, Account: sid,
			Text:     fmt.Sprintf("%s of %s wait to go out: %s", plural(len(by[sid]), "message"), name(sid), quotedCounts(statuses)),
			Observed: float64(len(by[sid])), N: len(s.Messages), Exhibits: evidence(by[sid], textExhibit),
		})
	}
	return all
}

// quotedCounts is counted, of words that come from the account.
func quotedCounts(counts map[string]int) string {
	out := map[string]int{}
	for word, n := range counts {
		out[kindWords(word)] += n
	}
	return counted(out, 5)
}

// textVolume finds more messages a day than usual.
func textVolume(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		mean, days := s.meanOfWeek(s.oldTexts[sid]), s.days("messages", sid)
		perDay := float64(len(s.texts[sid])) / s.span()
		if perDay <= max(volumeFloor, volumeFactor*mean) {
			continue
		}
		all = append(all, Finding{
			ID: "text-volume/" + sid, Rule: "text-volume", Kind: Cost, Severity: Medium, Account: sid,
			Text:     fmt.Sprintf("%s sends %.0f messages a day since %s, and sent %.0f a day in the week before (%.0f days of history)", name(sid), perDay, stamp(s.Since), mean, days),
			Observed: round(perDay), Baseline: round(mean), N: len(s.oldTexts[sid]), Exhibits: evidence(s.texts[sid], textExhibit),
		})
	}
	return all
}

// meanOfWeek is how many of some messages there were on a day of the week before.
func (s *sight) meanOfWeek(old []Message) float64 {
	n := 0
	for _, m := range old {
		if !m.At.Before(s.Since.AddDate(0, 0, -7)) {
			n++
		}
	}
	return float64(n) / 7
}

// filtered finds messages that carriers refuse as unwanted.
func filtered(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		now, before := share(s.texts[sid]), share(s.oldTexts[sid])
		if len(s.texts[sid]) < filterFloor || now <= filterShare || now <= filterFactor*before {
			continue
		}
		all = append(all, Finding{
			ID: "filtered-texts/" + sid, Rule: "filtered-texts", Kind: Smishing, Severity: Medium, Account: sid,
			Text:     fmt.Sprintf("carriers filtered %.0f of 100 messages of %s (30007) since %s, %.1f before", 100*now, name(sid), stamp(s.Since), 100*before),
			Observed: round(now), Baseline: round(before), N: len(s.texts[sid]), Exhibits: evidence(s.texts[sid], textExhibit),
		})
	}
	return all
}

func share(texts []Message) float64 {
	if len(texts) == 0 {
		return 0
	}
	n := 0
	for _, m := range texts {
		if m.Error == "30007" {
			n++
		}
	}
	return float64(n) / float64(len(texts))
}

var stopWords = set("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT")

// stops finds many people who want no more.
func stops(s *sight) []Finding {
	count := func(texts []Message) int {
		n := 0
		for _, m := range texts {
			if stopWords[strings.ToUpper(strings.TrimSpace(m.Body))] {
				n++
			}
		}
		return n
	}
	var all []Finding
	for _, sid := range sids(s.inbound) {
		n, days, usual := count(s.inbound[sid]), s.days("messages", sid), 0.0
		if days > 0 {
			usual = float64(count(s.oldIn[sid])) / days * s.span()
		}
		if n < stopFloor || float64(n) <= stopFactor*usual {
			continue
		}
		all = append(all, Finding{
			ID: "stop-replies/" + sid, Rule: "stop-replies", Kind: Smishing, Severity: Medium, Account: sid,
			Text:     fmt.Sprintf("%d people answered STOP to %s since %s", n, name(sid), stamp(s.Since)),
			Observed: float64(n), Baseline: round(usual), N: len(s.oldIn[sid]), Exhibits: evidence(s.inbound[sid], textExhibit),
		})
	}
	return all
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
