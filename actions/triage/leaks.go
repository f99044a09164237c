package triage

import (
	"fmt"
	"hash/crc32"
)

// mostLeaks is how many files of one account are told one by one.
const mostLeaks = 20

// leaked finds files that show a SID in public. The SID by itself opens nothing;
// the token that stands beside it does.
func leaked(s *sight) []Finding {
	var all []Finding
	told, more := map[string]int{}, map[string][]Leak{}
	for _, l := range s.Leaks {
		if told[l.Account]++; told[l.Account] > mostLeaks && !l.Secret {
			more[l.Account] = append(more[l.Account], l)
			continue
		}
		severity, text := l.say()
		all = append(all, Finding{
			ID: fmt.Sprintf("public-code/%s/%08x", l.Account, crc32.ChecksumIEEE([]byte(l.File))), Rule: "public-code", Kind: Exposure, Severity: severity, Account: l.Account,
			Text: fmt.Sprintf(text, name(l.Account), l.Where), Observed: 1, N: len(s.Leaks), Exhibits: []int64{l.Exhibit},
		})
	}
	for _, sid := range sids(more) {
		all = append(all, Finding{
			ID: "public-code/" + sid + "/more", Rule: "public-code", Kind: Exposure, Severity: Low, Account: sid,
			Text:     fmt.Sprintf("the SID of %s stands in %s more, where no secret was seen beside it: the exhibit lists them", name(sid), plural(len(more[sid]), "file")),
			Observed: float64(len(more[sid])), N: len(s.Leaks), Exhibits: evidence(more[sid], func(l Leak) int64 { return l.Exhibit }),
		})
	}
	return all
}

// say is how bad a file is, and the words for it.
func (l Leak) say() (Severity, string) {
	const next = "write down who uploaded it and when"
	switch {
	case l.Present:
		return Critical, "the present Auth Token of the account stands in public code beside the SID of %s, at %s: it counts as known to everybody, so reset it now (auth-tokens); " + next
	case l.Dead:
		return Low, "an Auth Token that was reset since stands in public code beside the SID of %s, at %s: look whether anything else that opens the account stands there"
	case l.Secret:
		return Critical, "a secret, or what looks like one, stands in public code beside the SID of %s, at %s: it is burnt even if the file goes, so reset the tokens (auth-tokens) and delete the keys (api-keys); " + next
	case l.Private:
		return Low, "the SID of %s stands in a private repository that the owner of GITHUB_TOKEN sees, at %s: who else sees it, and does a token stand there?"
	}
	return High, "the SID of %s stands in public code, at %s: by itself it is no secret; look whether the Auth Token or a key stands there, and if so reset it (auth-tokens); " + next
}
