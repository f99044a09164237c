package sim

import (
	"fmt"
	"strings"
	"time"
)

const (
	mailDomain   = "harbour-parcel.example.com"
	mailOffice   = "198.51.100.20"
	hisMail      = "parcel-fee.example.net"
	hisMailKey   = "b4ckUpRelayKeyFake0001"
	mailStory    = "sendgrid" // the scenario
	newsSubuser  = "harbour-news"
	euSubuser    = "harbour-eu"
	hisSubuser   = "bulk-relay-7"
	hostileAlias = "Support\x1b]0;pwn\x07 Team\u202e"
)

// planted is one thing that the intruder left on the SendGrid side.
type planted struct {
	Shelf, User, ID, Label string
	At                     time.Time
	Odd                    fields // members that make it his; it is gone when one differs
	ByHand                 bool
	Past                   bool // what happened, and cannot be taken away
}

// buildMail makes the SendGrid side. It is drawn apart from everything else.
func (w *World) buildMail() {
	s := &w.state
	s.Mail = map[string]map[string][]fields{}
	key := strings.Split(s.SendGridKey, ".")[1]
	s.Mail[""] = w.mailUser("", []fields{
		{"api_key_id": key, "name": "Incident response", "scopes": mailScopes},
		{"api_key_id": "shopMailerKeyFake00001", "name": "Web shop mailer", "scopes": []string{"mail.send"}},
	})
	for n, name := range []string{newsSubuser, euSubuser} {
		s.Mail[name] = w.mailUser(name, []fields{{"api_key_id": fmt.Sprintf("subuserKeyFake%08d", n), "name": name + " mailer", "scopes": []string{"mail.send"}}})
	}
	s.Mail[""]["subusers"] = []fields{
		{"id": 5101, "username": newsSubuser, "email": "news@" + mailDomain, "disabled": false, "region": "global"},
		{"id": 5102, "username": euSubuser, "email": "eu@" + mailDomain, "disabled": false, "region": "eu"},
	}
	s.Mail[""]["teammates"] = []fields{
		teammate("harbour_owner", "maeve@"+mailDomain, "owner", true), teammate("tom_web", "tom@"+mailDomain, "teammate", false),
	}
	s.Mail[""]["account-email"] = []fields{{"email": "mail@" + mailDomain}}
}

// days is a time so many days before the start, in seconds.
func (w *World) days(n int) time.Time {
	return w.state.Shape.Start.Add(-time.Duration(n) * 24 * time.Hour)
}

// mailUser are the shelves of the account or of a subuser as the company keeps
// them.
func (w *World) mailUser(name string, keys []fields) map[string][]fields {
	old := w.days(400)
	at := func(local string) string { return local + "@" + mailDomain }
	host := "events." + mailDomain
	if name != "" {
		host = name + "." + host
	}
	return map[string][]fields{
		"api-keys":     keys,
		"profile":      {profile("https://www." + mailDomain)},
		"enforced-tls": {{"require_tls": true, "require_valid_cert": false, "version": 1.2}},
		"invitations":  {}, "sso": {}, "sso-certificates": {}, "scheduled-sends": {},
		"access-activity":    {signIn(mailOffice, old, w.days(1))},
		"allow-list":         {allowed(101, mailOffice, old)},
		"event-webhooks":     {eventHook(fmt.Sprintf("0a1b2c3d-%04d", len(name)), "https://"+host+"/sendgrid", "Delivery log", old)},
		"inbound-parse":      {{"url": "https://mail." + mailDomain + "/in", "hostname": "inbound." + mailDomain, "spam_check": true, "send_raw": false}},
		"webhook-policies":   {policy("11f3c0de-0001", "Signed", "https://auth."+mailDomain+"/token")},
		"verified-senders":   {sender(301, "Parcels", at("parcels"), at("care"))},
		"domains":            {domainRecord(401, mailDomain)},
		"forward-spam":       {{"email": at("postmaster"), "enabled": true}},
		"forward-bounce":     {{"email": at("postmaster"), "enabled": false}},
		"address-allow-list": {{"enabled": true, "list": []string{mailDomain, at("maeve")}}},
		"footer":             {{"enabled": true, "html_content": "<p>Harbour Parcel, https://www." + mailDomain + "</p>", "plain_content": "Harbour Parcel"}},
		"legacy-template":    {{"enabled": false, "html_content": "<% body %>"}},
		"bounce-purge":       {{"enabled": false, "soft_bounces": 7, "hard_bounces": 7}},
		"templates":          {template("Out for delivery", old, old)},
		"alerts":             {{"id": 601, "type": "usage_limit", "email_to": at("ops"), "percentage": 80, "frequency": "daily", "created_at": old.Unix(), "updated_at": old.Unix()}},
	}
}

func profile(site string) fields {
	return fields{"address": "1 Quay", "address2": "", "city": "Harbour", "company": "Harbour Parcel", "country": "IE", "first_name": "Maeve",
		"last_name": "Quinn", "phone": "+353209100000", "state": "", "website": site, "zip": "H1"}
}

func teammate(user, mail, kind string, admin bool) fields {
	return fields{"username": user, "email": mail, "first_name": "", "last_name": "", "user_type": kind, "is_admin": admin, "phone": "", "website": "",
		"address": "", "address2": "", "city": "", "state": "", "zip": "", "country": ""}
}

func signIn(ip string, first, last time.Time) fields {
	return fields{"allowed": true, "auth_method": "web", "first_at": first.Unix(), "last_at": last.Unix(), "ip": ip, "location": "Ireland"}
}

func allowed(id int, ip string, at time.Time) fields {
	return fields{"id": id, "ip": ip, "created_at": at.Unix(), "updated_at": at.Unix()}
}

func eventHook(id, url, name string, at time.Time) fields {
	r := fields{"id": id, "enabled": true, "url": url, "friendly_name": name, "account_status_change": false, "created_date": iso(at), "updated_date": iso(at),
		"oauth_client_id": "", "oauth_token_url": "", "public_key": ""}
	for _, event := range hookEvents {
		r[event] = true
	}
	return r
}

func policy(id, name, tokens string) fields {
	return fields{"id": id, "name": name, "oauth": fields{"client_id": "hooks", "token_url": tokens, "scopes": []string{}}, "signature": fields{"public_key": "MFkw"}}
}

func sender(id int, name, from, reply string) fields {
	return fields{"id": id, "nickname": name, "from_email": from, "from_name": name, "reply_to": reply, "reply_to_name": name, "address": "1 Quay",
		"address2": "", "state": "", "city": "Harbour", "zip": "H1", "country": "IE", "verified": true, "locked": false}
}

func domainRecord(id int, domain string) fields {
	dns := func(kind, host string) fields {
		return fields{"valid": true, "type": kind, "host": host + "." + domain, "data": host + ".sendgrid.example.com"}
	}
	return fields{"id": id, "user_id": 5100, "subdomain": "em1", "domain": domain, "username": "harbour", "ips": []string{}, "custom_spf": false, "default": true,
		"legacy": false, "automatic_security": true, "valid": true, "subusers": []fields{}, "last_validation_attempt_at": 1700000000,
		"dns": fields{"mail_cname": dns("cname", "em1"), "dkim1": dns("cname", "s1"), "dkim2": dns("cname", "s2")}}
}

const templateID = "7f1a2b3c-0000-4000-8000-00000000000"

func template(name string, at, changed time.Time) fields {
	const layout = "2006-01-02 15:04:05"
	version := func(n int, active int, subject string, at time.Time) fields {
		return fields{"id": fmt.Sprintf("%s%d", templateID, n), "template_id": templateID + "0", "active": active, "name": fmt.Sprintf("v%d", n), "subject": subject,
			"updated_at": at.UTC().Format(layout), "generate_plain_content": true, "html_content": "", "plain_content": "", "editor": "code", "thumbnail_url": ""}
	}
	r := fields{"id": templateID + "0", "name": name, "generation": "dynamic", "updated_at": changed.UTC().Format(layout),
		"versions": []fields{version(1, 1, "Your parcel is on its way", at)}}
	if changed.After(at) {
		r["versions"] = []fields{version(2, 1, "Customs fee unpaid", changed), version(1, 0, "Your parcel is on its way", at)}
	}
	return r
}

// breakInMail tells the story of the SendGrid side that was taken over with a
// password: one thing in every place that can be listed.
func (w *World) breakInMail() {
	at := w.state.Shape.Start.Add(-breakIn)
	main := w.state.Mail[""]
	mailbox := func(local string) string { return local + "@" + hisMail }
	add := func(shelf, id, label string, r fields, odd fields) {
		at = at.Add(50 * time.Second)
		main[shelf] = append(main[shelf], r)
		w.leave(planted{Shelf: shelf, ID: id, Label: label, At: at, Odd: odd})
	}
	bend := func(shelf, label string, to fields) {
		at = at.Add(40 * time.Second)
		for name, v := range to {
			main[shelf][0][name] = v
		}
		byHand := shelf == "account-email" || shelf == "profile" || shelf == "enforced-tls"
		w.leave(planted{Shelf: shelf, Label: label, At: at, Odd: to, ByHand: byHand})
	}
	add("access-activity", intruderIP, "", signIn(intruderIP, at, at.Add(30*time.Minute)), nil)
	w.state.Planted[0].Past = true
	add("api-keys", hisMailKey, "backup relay", fields{"api_key_id": hisMailKey, "name": "backup relay", "scopes": mailScopes}, nil)
	add("teammates", "mail_support", mailbox("support"), teammate("mail_support", mailbox("support"), "admin", true), nil)
	token := "fakeInvite" + w.state.SendGridKey[3:13] + "000042"
	w.state.Secrets = append(w.state.Secrets, token)
	add("invitations", mailbox("second"), hostileAlias, fields{"email": mailbox("second"), "scopes": mailScopes[:4], "is_admin": true, "token": token, "expiration_date": at.Add(7 * 24 * time.Hour).Unix()}, nil)
	w.state.Mail[hisSubuser] = w.mailUser(hisSubuser, nil)
	add("subusers", hisSubuser, mailbox("bulk"), fields{"id": 5199, "username": hisSubuser, "email": mailbox("bulk"), "disabled": false, "region": "global"}, fields{"disabled": false})
	add("sso", "5150-fake-idp", "login."+hisMail, fields{"id": "5150-fake-idp", "name": hostileAlias, "enabled": true, "signin_url": "https://login." + hisMail + "/in", "signout_url": "https://login." + hisMail + "/out",
		"entity_id": "https://login." + hisMail, "completed_integration": true, "last_updated": at.Unix(), "single_signon_url": "https://api.sendgrid.com/v3/public/sso", "audience_url": "https://api.sendgrid.com/v3/public/sso"}, fields{"enabled": true})
	add("sso-certificates", "777", "", fields{"id": 777, "public_certificate": "-----BEGIN CERTIFICATE-----fake", "not_before": at.Unix(), "not_after": at.Add(365 * 24 * time.Hour).Unix(), "intergration_id": "5150-fake-idp"}, nil)
	add("allow-list", "166", intruderIP, allowed(166, intruderIP+"/32", at), nil)
	add("event-webhooks", "9f9f9f9f-0666", hisMail, eventHook("9f9f9f9f-0666", "https://hook."+hisMail+"/e", hostileAlias, at), fields{"enabled": true})
	add("inbound-parse", "reply."+mailDomain, hisMail, fields{"url": "http://203.0.113.80/in", "hostname": "reply." + mailDomain, "spam_check": false, "send_raw": true}, nil)
	add("webhook-policies", "66f3c0de-0666", hisMail, policy("66f3c0de-0666", "x", "https://hook."+hisMail+"/token"), nil)
	add("verified-senders", "366", mailbox("parcels"), sender(366, "Harbour Parcel", mailbox("parcels"), mailbox("parcels")), nil)
	add("domains", "466", hisMail, domainRecord(466, hisMail), nil)
	add("alerts", "666", mailbox("watch"), fields{"id": 666, "type": "usage_limit", "email_to": mailbox("watch"), "percentage": 90, "frequency": "daily", "created_at": at.Unix(), "updated_at": at.Unix()}, nil)
	add("scheduled-sends", "YzM0FAKEbatch", "", fields{"batch_id": "YzM0FAKEbatch", "status": "pause"}, fields{"status": "pause"})
	bend("account-email", mailbox("mail"), fields{"email": mailbox("mail")})
	bend("profile", hisMail, fields{"website": "https://" + hisMail})
	bend("enforced-tls", "", fields{"require_tls": false})
	bend("forward-spam", mailbox("spam"), fields{"email": mailbox("spam"), "enabled": true})
	bend("forward-bounce", mailbox("bounce"), fields{"email": mailbox("bounce"), "enabled": true})
	bend("address-allow-list", hisMail, fields{"list": []string{mailDomain, hisMail}, "enabled": true})
	bend("footer", hisMail, fields{"html_content": "<a href=\"https://pay." + hisMail + "/fee\">Customs fee</a>", "enabled": true})
	bend("legacy-template", hisMail, fields{"html_content": "<img src=\"https://pixel." + hisMail + "/p.png\"><% body %>", "enabled": true})
	bend("bounce-purge", "", fields{"enabled": true, "soft_bounces": 1, "hard_bounces": 1})
	main["templates"] = []fields{template("Out for delivery", w.days(400), at)}
	w.leave(planted{Shelf: "templates", ID: templateID + "0", Label: "Customs fee unpaid", At: at})
}

func (w *World) leave(p planted) { w.state.Planted = append(w.state.Planted, p) }

// stillThere tells whether what he left is there and works.
func (s *state) stillThere(p planted) bool {
	for _, r := range s.Mail[p.User][p.Shelf] {
		if p.Shelf == "templates" {
			return activeVersion(r) != templateID+"1"
		}
		if p.ID != "" && plainText(r[shelfOf(p.Shelf).key]) != p.ID {
			continue
		}
		same := true
		for name, v := range p.Odd {
			same = same && fmt.Sprint(r[name]) == fmt.Sprint(v)
		}
		return same
	}
	return false
}

func shelfOf(id string) shelf {
	for _, s := range shelves {
		if s.id == id {
			return s
		}
	}
	return shelf{}
}

func versionsOf(r fields) (all []fields) {
	switch list := r["versions"].(type) {
	case []fields:
		return list
	case []any: // read back from a snapshot
		for _, v := range list {
			if m, is := v.(map[string]any); is {
				all = append(all, m)
			}
		}
	}
	return all
}

func activeVersion(r fields) string {
	for _, v := range versionsOf(r) {
		if plainText(v["active"]) == "1" {
			return plainText(v["id"])
		}
	}
	return ""
}

// mailStream is his mail: it goes out as long as his key works.
func (w *World) mailStream(all []Foothold) (out []Stream) {
	for _, f := range all {
		if f.Kind == MailFoothold && f.Mark == hisMailKey {
			out = append(out, Stream{Account: f.Account, Name: f.Name, Kind: "mails", Ran: []Stretch{{f.At, f.Gone}}, Stopped: f.Gone})
		}
	}
	return out
}

// mailTraces are his footholds on the SendGrid side.
func (w *World) mailTraces() (out []trace) {
	for _, p := range w.state.Planted {
		if p.Past {
			continue
		}
		mark := p.ID
		if mark == "" {
			mark = p.Shelf
		}
		out = append(out, trace{Foothold{Kind: MailFoothold, Account: w.state.parent().Sid, Mark: mark, Label: strings.TrimSpace(p.Shelf + " " + p.Label), At: p.At, ByHand: p.ByHand},
			func(s *state) bool { return s.stillThere(p) }})
	}
	return out
}
