package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"retake/actions/account"
	"retake/actions/hideouts"
	"retake/actions/moment"
	"retake/store"
)

// makeDeletion deletes a record if it is as it was. What is deleted is read once
// more before: that reading is its exhibit.
func makeDeletion(ctx context.Context, r *Run, c Change, record hideouts.Record) Outcome {
	now, err := fetchRecord(r.Read(ctx, placeCredential(r, record.Place, record.Account)), record)
	switch {
	case err == nil:
		r.Note(seenKey(c.Object), recordState(now))
	case !account.Gone(err):
		return Outcome{Outcome: store.Failed, Problem: "not sent, since it cannot be read: " + err.Error()}
	}
	return r.remove(ctx, c, recordRemoval(r, record))
}

func fetchRecord(o *account.Operations, record hideouts.Record) (hideouts.Record, error) {
	p := record.Place
	raw, err := o.Record(record.Account, spot(p, record.Path(), ""))
	if err != nil {
		return hideouts.Record{}, err
	}
	return p.Read(record.Account, record.Over, raw)
}

func recordRemoval(r *Run, record hideouts.Record) removal {
	at := spot(record.Place, record.Path(), "")
	return removal{
		verb: verbDeleteFound, as: placeCredential(r, record.Place, record.Account),
		remove: func(o *account.Operations) error { return o.Delete(record.Account, at) },
		read:   func(o *account.Operations) error { _, err := o.Record(record.Account, at); return err },
	}
}

// fieldsOf is how the members of a record are set and read back.
func fieldsOf(r *Run, record hideouts.Record, act store.Act) setting {
	s := setting{act: act, as: placeCredential(r, record.Place, record.Account), seen: strings.Fields(act.Seen), want: strings.Fields(act.Target),
		page: record.Place.Where, what: "members"}
	if strings.HasPrefix(act.Target, definition+"=") {
		return s.definition(record)
	}
	s.read = func(o *account.Operations) ([]string, error) {
		now, err := fetchRecord(o, record)
		if err != nil {
			return nil, err
		}
		return mapped(s.want, func(w string) string { return word(name(w), now.Text(name(w))) }), nil
	}
	s.set = func(o *account.Operations) ([]string, error) {
		if record.Place.Whole != "" {
			return nil, setWhole(o, record, s.want)
		}
		form := url.Values{}
		for _, w := range s.want {
			member, value, err := valueOf(w)
			if err != nil {
				return nil, err
			}
			form.Set(hideouts.Field(member), value)
		}
		return nil, o.Set(record.Account, spot(record.Place, record.Path(), ""), form)
	}
	return s
}

// setWhole sets members of a record that takes JSON. Whatever goes with them is
// sent again as it is now, since nobody says that what is left out stays.
func setWhole(o *account.Operations, record hideouts.Record, want []string) error {
	now, err := fetchRecord(o, record)
	if err != nil {
		return err
	}
	body := map[string]any{}
	for _, m := range strings.Fields(record.Place.Whole) {
		if v := now.Members[m]; v != nil {
			body[m] = v
		}
	}
	for _, w := range want {
		member, value, err := valueOf(w)
		if err != nil {
			return err
		}
		of, inner := body, member
		if top, rest, deep := strings.Cut(member, "."); deep {
			object, _ := body[top].(map[string]any)
			if object == nil {
				object = map[string]any{}
			}
			body[top], of, inner = object, object, rest
		}
		of[inner] = value
	}
	return o.SetWhole(record.Account, spot(record.Place, record.Path(), ""), body)
}

// definition is the member of a flow that a revision holds, too. Its word is a
// fingerprint of it and, where it is wanted, the revision that has it.
const definition = "definition"

// republishing fills in the change that publishes a flow's last revision from
// before the incident. Where there is none a person decides.
func republishing(ctx context.Context, r *Run, flow hideouts.Record, c *Change) (bool, error) {
	o := r.Read(ctx, placeCredential(r, flow.Place, flow.Account))
	revision, err := lastRevision(r, o, flow)
	var was string
	if err == nil && revision > 0 {
		was, err = fingerprintAt(o, flow.Account, revisionSpot(flow, revision))
	}
	if err != nil && (ctx.Err() != nil || !passable(err)) {
		return false, err
	}
	if err != nil || revision == 0 {
		r.Find(Finding{ID: "no-revision/" + flow.ID(), Severity: High, Account: flow.Account,
			Text: fmt.Sprintf("the flow %q (%s) has no revision from before the incident that can be read: repair it by hand: %s", flow.Name(), flow.SID, flow.Place.Where)})
		return false, nil
	}
	c.Seen = word(definition, fingerprint(flow.Members[definition]))
	c.Detail = fmt.Sprintf("%s=%s@%d", definition, was, revision)
	c.Target += fmt.Sprintf(", as of revision %d", revision)
	return c.Seen != word(definition, was), nil
}

// lastRevision is the last one from before the incident, 0 for none.
func lastRevision(r *Run, o *account.Operations, flow hideouts.Record) (int, error) {
	raw, err := o.Records(flow.Account, account.Spot{Host: flow.Place.HostName(), Path: strings.ReplaceAll(flow.Place.Revisions, "{sid}", flow.SID), List: "revisions", Own: true})
	last := 0
	for _, one := range raw {
		var v struct {
			Revision int
			Created  string `json:"date_created"`
			Updated  string `json:"date_updated"`
		}
		if json.Unmarshal(one, &v) == nil && v.Revision > last && !moment.Of(v.Created).IsZero() && moment.Of(v.Created).Before(r.began()) && moment.Of(v.Updated).Before(r.began()) {
			last = v.Revision
		}
	}
	return last, err
}

func revisionSpot(flow hideouts.Record, n int) account.Spot {
	return account.Spot{Host: flow.Place.HostName(), Path: strings.ReplaceAll(flow.Place.Revisions, "{sid}", flow.SID) + "/" + strconv.Itoa(n), Own: true}
}

func fingerprintAt(o *account.Operations, sid string, at account.Spot) (string, error) {
	raw, err := o.Record(sid, at)
	if err != nil {
		return "", err
	}
	var v struct{ Definition any }
	_ = json.Unmarshal(raw, &v) // what has none has the fingerprint of none
	return fingerprint(v.Definition), nil
}

// fingerprint tells whether two values are the same, however they are written.
func fingerprint(v any) string {
	text, _ := json.Marshal(v) // it came from JSON; maps come out sorted
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:40]
}

// definition publishes an earlier revision of a flow. What it holds goes from
// Twilio to Twilio: here it is masked.
func (s setting) definition(flow hideouts.Record) setting {
	wanted, revision, _ := strings.Cut(s.act.Target, "@")
	s.what = "definitions"
	at := spot(flow.Place, flow.Path(), "")
	s.read = func(o *account.Operations) ([]string, error) {
		now, err := fingerprintAt(o, flow.Account, at)
		if word(definition, now) == wanted {
			return []string{s.act.Target}, err
		}
		return []string{word(definition, now)}, err
	}
	s.set = func(o *account.Operations) ([]string, error) {
		n, err := strconv.Atoi(revision)
		if err != nil {
			return nil, fmt.Errorf("%q does not say which revision is to be published", s.act.Target)
		}
		return nil, o.Copy(flow.Account, revisionSpot(flow, n), at, definition, "Definition",
			url.Values{"Status": {"published"}, "CommitMessage": {"revision " + revision + " again"}})
	}
	return s
}
