package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// subresources are the collections that every account names in its record.
var subresources = []string{"addresses", "conferences", "signing_keys", "transcriptions", "connect_apps", "sip",
	"authorized_connect_apps", "usage", "keys", "applications", "recordings", "short_codes", "calls", "notifications",
	"incoming_phone_numbers", "queues", "messages", "outgoing_caller_ids", "available_phone_numbers", "balance"}

func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func (c *call) showAccount(a *account) fields {
	uris := fields{}
	for _, name := range subresources {
		uris[name] = link(a.Sid, "/%s.json", camel(name))
	}
	uris["sip"] = link(a.Sid, "/SIP.json")
	return fields{
		"sid": a.Sid, "friendly_name": a.Name, "status": a.Status, "type": "Full",
		"auth_token": c.visibleToken(a), "owner_account_sid": c.state.parent().Sid,
		"date_created": rfc2822(a.Created), "date_updated": rfc2822(a.Updated),
		"uri": link(a.Sid, ".json"), "subresource_uris": uris,
	}
}

// visibleToken is the account's token as this credential sees it.
func (c *call) visibleToken(a *account) string {
	if c.region != "" {
		if there := a.Regions[c.region]; there != nil {
			return there.Primary
		}
		return ""
	}
	if c.who.key == nil {
		return a.Primary
	}
	if c.options.Switches.MainKeyToken == "masked" {
		return strings.Repeat("*", len(a.Primary))
	}
	return ""
}

func (c *call) listAccounts() reply {
	status, name := c.query.Get("Status"), c.query.Get("FriendlyName")
	if status != "" && !slices.Contains(statuses, status) {
		return invalid("Status must be one of %s, not %q", strings.Join(statuses, ", "), status)
	}
	var seen []*account
	for _, a := range c.state.Accounts {
		mine := a == c.who.account || c.who.account.isParent()
		if mine && (status == "" || a.Status == status) && (name == "" || a.Name == name) {
			seen = append(seen, a)
		}
	}
	newest := func(a *account) uint64 { return uint64(a.Index) + 1 }
	return c.v2010(listOf("accounts", seen, newest, c.showAccount))
}

func (c *call) fetchAccount() reply { return ok(c.showAccount(c.target)) }

func (c *call) createAccount() reply {
	if !c.who.account.isParent() {
		return byState(http.StatusBadRequest, 21101, "A subaccount cannot have subaccounts")
	}
	if c.who.key != nil {
		return unauthorised()
	}
	name := c.form.Get("FriendlyName")
	if name == "" {
		name = "SubAccount Created at " + c.now.Format("2006-01-02 03:04 pm")
	}
	if len(name) > 64 {
		return invalid("FriendlyName must be 64 characters at most")
	}
	a := &account{
		Index: len(c.state.Accounts), Sid: c.state.newSID("AC"), Name: name, Status: "active",
		Created: c.now, Updated: c.now, Primary: c.state.newToken(), Stopped: map[string]stop{}, Inherits: true,
	}
	c.state.Accounts = append(c.state.Accounts, a)
	c.note(c.who.account, c.author(), "account.created", "account", a.Sid, "Subaccount "+a.Name+" created", nil)
	return created(c.showAccount(a))
}

var statuses = []string{"active", "suspended", "closed"}

func (c *call) updateAccount() reply {
	a, status, name := c.target, c.form.Get("Status"), c.form.Get("FriendlyName")
	if c.who.key != nil {
		return unauthorised()
	}
	if len(name) > 64 {
		return invalid("FriendlyName must be 64 characters at most")
	}
	if status != "" {
		if bad := c.refuseStatus(a, status); bad != nil {
			return *bad
		}
	}
	changes := fields{}
	set := func(label string, field *string, value string) {
		if value != "" && value != *field {
			changes[label] = fields{"previous": *field, "updated": value}
			*field, a.Updated = value, c.now
		}
	}
	set("friendly_name", &a.Name, name)
	set("status", &a.Status, status)
	a.Pauses = setSpan(a.Pauses, !a.active(), c.now)
	c.note(a, c.author(), "account.updated", "account", a.Sid, fmt.Sprintf("Account %s updated", a.Sid), changes)
	return ok(c.showAccount(a))
}

// refuseStatus applies the rules for suspending, reactivating and closing.
func (c *call) refuseStatus(a *account, status string) *reply {
	switch {
	case !slices.Contains(statuses, status):
		return new(byState(http.StatusBadRequest, 21475, "The account status "+status+" is invalid"))
	case a.isParent():
		return new(byState(http.StatusBadRequest, 21477, "The status of the main account cannot be changed"))
	case !c.who.account.isParent():
		return new(byState(http.StatusForbidden, 20403, "Only the parent account may change the status of a subaccount"))
	case a.Status == "suspended" && a.Updated.Before(c.state.Shape.Start) && c.options.Switches.SuspendedBy == "twilio":
		return new(byState(http.StatusBadRequest, 21478, "The account was suspended by Twilio, its status cannot be changed"))
	case a.Status == "closed":
		return new(byState(http.StatusBadRequest, 21479, "The account is closed, its status cannot be changed"))
	}
	return nil
}

func (c *call) fetchBalance() reply {
	if !c.target.isParent() {
		return c.notFound() // a subaccount spends its parent's money
	}
	return ok(fields{"account_sid": c.target.Sid, "balance": dollars(c.balance()), "currency": "USD"})
}
