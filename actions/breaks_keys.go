package actions

import (
	"regexp"

	"retake/actions/account"
)

// knownPrograms are programs that make API keys and name them so that they are
// known again. The Twilio CLI makes one at each login.
var knownPrograms = []struct {
	name  string
	shape *regexp.Regexp
}{
	{"a Twilio CLI profile", regexp.MustCompile(`(?i)^twilio-cli\b`)},
	{"the token rotator Doppler", regexp.MustCompile(`(?i)\bdoppler\b`)},
	{"the token rotator Vault", regexp.MustCompile(`(?i)\b(vault|hcp|hashicorp)\b`)},
	{"the token rotator of AWS", regexp.MustCompile(`(?i)\b(aws|secrets ?manager)\b`)},
	{"Terraform", regexp.MustCompile(`(?i)\bterraform\b`)},
	{"Zapier", regexp.MustCompile(`(?i)\bzapier\b`)},
	{"Supabase", regexp.MustCompile(`(?i)\bsupabase\b`)},
}

// programOf is the program that a key's name speaks of, "" for none.
func programOf(name string) string {
	for _, p := range knownPrograms {
		if p.shape.MatchString(name) {
			return p.name
		}
	}
	return ""
}

// filedKey is an API key as the list of keys shows it.
type filedKey struct {
	SID  string
	Name string `json:"friendly_name"`
}

// keys says what breaks when API keys are deleted.
func (l *losing) keys() error {
	sids, names := l.accounts()
	doomed := map[string]bool{}
	for _, c := range l.p.Changes {
		doomed[c.Object] = true
	}
	for _, sid := range sids {
		pages, _ := l.filed.latest(account.SourceKeys, sid)
		n, err := l.programs(sid, pages, doomed)
		if err != nil {
			return err
		}
		if n > 0 {
			l.add(sid, numbersOf(pages), "%s: Access Tokens that %s signed die with them: clients for voice, video and conversations drop and cannot sign in again", called(sid, names[sid]), some(n, "key"))
		}
	}
	l.unknown(l.r.Main(), "which Access Tokens are alive: they last up to 24 hours, and no API lists them")
	return l.lastHour(sids, names, "one of its keys")
}

// programs names the keys that known programs made, and counts those that die.
func (l *losing) programs(sid string, pages []filedPage, doomed map[string]bool) (n int, err error) {
	for _, p := range pages {
		all, err := filedRecords[filedKey](l.filed, p)
		if err != nil {
			return n, err
		}
		for _, k := range all {
			if !doomed[k.SID] {
				continue
			}
			n++
			if by := programOf(k.Name); by != "" {
				l.add(sid, []int64{p.n}, "%s %q belongs to %s by its name: that stops", k.SID, k.Name, by)
			}
		}
	}
	return n, nil
}
