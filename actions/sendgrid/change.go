package sendgrid

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrMasked says that a thing cannot be put back by Retake: what it needs was
// masked before it was written down.
var ErrMasked = errors.New("what was recorded of it holds a masked secret, so it cannot be put back from the case: do it by hand")

// Find reads a place again and picks one record; nil if it is not there.
func (c *Calls) Find(p Place, of Subuser, id string) (*Record, error) {
	all, err := c.List(p, of)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if p.Key == "" || all[i].ID == id {
			return &all[i], nil
		}
	}
	return nil, nil
}

// Setting is what a flip sets, and to what; the value of a name=value.
func (p Place) Setting() (name string, value any) {
	return setting(p.Flips)
}

func setting(pair string) (name string, value any) {
	name, word, _ := strings.Cut(pair, "=")
	switch word {
	case "true", "false":
		return name, word == "true"
	}
	return name, word
}

// Works tells whether a thing is in force: a webhook that is switched off is not.
func (p Place) Works(r Record) bool {
	switch {
	case p.On == "":
		return true
	case p.ID == Scheduled:
		return r.Text(p.On) != "cancel"
	case strings.HasPrefix(p.On, "!"):
		off, _ := r.Value(p.On[1:]).(bool)
		return !off
	}
	on, is := r.Value(p.On).(bool)
	return on || !is
}

// IsOdd tells whether a thing is odd by itself.
func (p Place) IsOdd(r Record) bool {
	if p.Odd == "" {
		return false
	}
	name, value := setting(p.Odd)
	return r.Value(name) == value
}

// State is what a record says of the members that count: the state to which it
// can be brought back. Masked, in canonical form.
func (p Place) State(r Record) string {
	all := map[string]any{}
	names := append([]string{p.Key, p.On, "name", "api_key_id", "scopes", "email", "is_admin", "user_type"}, p.Sends...)
	for _, name := range append(names, append(p.Marks, p.Dates...)...) {
		name = strings.TrimPrefix(name, "!")
		if v := r.Value(name); name != "" && v != nil {
			all[name] = v
		}
	}
	if p.Remedy == Older {
		all["versions"] = versionsOf(r)
	}
	b, _ := json.Marshal(all) // values that were decoded from JSON
	return string(b)
}

// Set flips a thing to a value of its setting. What the request has to repeat is
// taken from the record as it came just now.
// PATCH of the place's One.
func (c *Calls) Set(p Place, r Record, value any) error {
	name, _ := p.Setting()
	body := map[string]any{name: value}
	for _, s := range p.Sends {
		if v, has := r.raw[s]; has {
			body[s] = v
		}
	}
	a := c.ask(r.Of, http.MethodPatch, p.One, r.ID)
	a.Body = body
	return c.send(a)
}

// Delete deletes a thing.
// DELETE of the place's One.
func (c *Calls) Delete(p Place, r Record) error {
	id := r.ID
	if p.Token != "" {
		id = text(r.raw[p.Token])
	}
	return c.send(c.ask(r.Of, http.MethodDelete, p.One, id))
}

// Anew makes a thing again as a state says that it was.
// POST to the place's Path.
func (c *Calls) Anew(p Place, of Subuser, state string) error {
	if strings.Contains(state, "[secret") || strings.Contains(state, "[masked") {
		return ErrMasked
	}
	var was map[string]any
	if err := json.Unmarshal([]byte(state), &was); err != nil {
		return fmt.Errorf("cannot read the state that was recorded: %w", err)
	}
	if p.ID == AllowList {
		return c.Admit(text(was["ip"]))
	}
	body := map[string]any{}
	for _, name := range p.Sends {
		if v, has := was[name]; has {
			body[name] = v
		}
	}
	a := c.ask(of, http.MethodPost, p.Path)
	a.Body = body
	return c.send(a)
}

// Admit adds an address to those that may sign in.
// POST /v3/access_settings/whitelist.
func (c *Calls) Admit(ip string) error {
	a := c.ask(Subuser{}, http.MethodPost, "/v3/access_settings/whitelist")
	a.Body = map[string]any{"ips": []map[string]string{{"ip": ip}}}
	return c.send(a)
}

// Version is one version of a template.
type Version struct {
	ID, Name, Subject, Updated string
	Active                     bool
}

// VersionsOf are the versions of a template, as the list says.
func VersionsOf(r Record) (all []Version) {
	list, _ := r.Value("versions").([]any)
	for _, v := range list {
		one := Record{Shown: asMap(v)}
		all = append(all, Version{one.Text("id"), one.Text("name"), one.Text("subject"), one.Text("updated_at"), one.Text("active") == "1"})
	}
	return all
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

// versionsOf is what a state keeps of the versions.
func versionsOf(r Record) []map[string]any {
	all := []map[string]any{}
	for _, v := range VersionsOf(r) {
		all = append(all, map[string]any{"id": v.ID, "active": v.Active, "updated_at": v.Updated})
	}
	return all
}

// ActiveIn is the version that was active in a state.
func ActiveIn(state string) string {
	var was struct {
		Versions []struct {
			ID     string `json:"id"`
			Active bool   `json:"active"`
		} `json:"versions"`
	}
	_ = json.Unmarshal([]byte(state), &was) // a state that makes no sense has none
	for _, v := range was.Versions {
		if v.Active {
			return v.ID
		}
	}
	return ""
}

// Activate makes a version the active one.
// POST /v3/templates/{template_id}/versions/{version_id}/activate.
func (c *Calls) Activate(p Place, of Subuser, template, version string) error {
	return c.send(c.ask(of, http.MethodPost, p.One, template, version))
}

// Same tells whether a record has, of all that would make it anew, what a state
// says.
func (p Place) Same(r Record, state string) bool {
	var was map[string]any
	if json.Unmarshal([]byte(state), &was) != nil {
		return false
	}
	for _, name := range p.Sends {
		if text(r.Value(name)) != text(was[name]) {
			return false
		}
	}
	return len(p.Sends) > 0
}
