package actions

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"retake/actions/account"
	"retake/store"
)

// stalled are the alerts that a consumer leaves that still has the old token.
var stalled = map[string]string{
	"11200": "a webhook was not answered as it should be: it may check signatures with the old token",
	"11206": "a webhook was not answered as it should be: it may check signatures with the old token",
	"12100": "a webhook was answered with something that is no document: it may check signatures with the old token",
	"12200": "a webhook was answered with something that is not understood: it may check signatures with the old token",
	"12300": "a webhook was answered with the wrong kind of content, often the page of an error",
	"20003": "somebody signs in with a token that is not in force any more",
	"20403": "somebody is refused: look whether it signs in with the old token",
}

// watchAlerts looks at the alerts of the accounts of a plan for a while after
// their tokens were promoted, and names who still uses the old ones as far as
// the alerts say. A look that fails is said and spoils nothing.
func watchAlerts(ctx context.Context, r *Run, promoted []Change) error {
	return each(r, promoted, func(c Change) error {
		acts := r.Acts(c.ID)
		i := slices.IndexFunc(acts, func(d store.Done) bool { return d.Act.Verb == verbPromote && d.Act.Order == r.digest })
		if i < 0 {
			return nil
		}
		err := watchOne(ctx, r, c.Account, r.dated(acts[i]).Began)
		if err == nil {
			return nil
		}
		why := account.Explain(err)
		if errors.Is(err, context.Canceled) {
			why = "the responder asked to stop"
		}
		return r.Miss(c.Account, "alerts of "+c.Account+" after the promotion", why+": look in the Console (Monitor > Logs > Errors)")
	})
}

func watchOne(ctx context.Context, r *Run, sid string, since time.Time) error {
	deadline := r.Now().Add(r.Params.Duration("watch"))
	for pause := time.Second; ; pause = min(2*pause, 10*time.Second) {
		if err := readAlerts(ctx, r, sid, since); err != nil {
			return err
		}
		if !r.Now().Before(deadline) {
			return nil
		}
		if err := r.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

func readAlerts(ctx context.Context, r *Run, sid string, since time.Time) error {
	alerts, err := r.Read(ctx, r.Credential(sid)).ListAlerts(since, r.TheirNow().Add(slack))
	if err != nil {
		return err
	}
	for _, a := range alerts {
		means, known := stalled[a.Code]
		if !known || a.At.Before(since.Truncate(time.Second)) {
			continue
		}
		who := placeOf(a.URL)
		r.Find(Finding{ID: "still-old/" + sid + "/" + a.Code + "/" + who, Severity: High, Account: sid,
			Text: fmt.Sprintf("%s since the promotion: error %s at %s: %s", sid, a.Code, who, means)})
	}
	return nil
}

// placeOf is the host and path of an address: a query may hold anything.
func placeOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an address that the alert does not give"
	}
	return u.Host + u.Path
}
