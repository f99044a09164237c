package actions

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"retake/actions/account"
	"retake/actions/moment"
	"retake/store"
)

const (
	tokenPatience = 60 * time.Second // how long a page waits for a token that opens the account
	tokenGlance   = time.Second      // how often it looks whether one is known
)

// held keeps exchanges until they are filed together with the cursor.
type held struct {
	mu  sync.Mutex
	all []account.Exchange
}

// Record keeps an exchange.
func (h *held) Record(x account.Exchange) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, x)
	return nil
}

// ask asks for a page with the token that is in force. While the tokens are
// rotated beside it, a page may meet one that has just died: then it waits for
// the next.
func (c *capture) ask(ctx context.Context, l list, m store.CaptureMark) (account.Page, []account.Exchange, error) {
	h := &held{}
	given := c.r.Now().Add(tokenPatience)
	for {
		as := c.credential(l)
		p, err := c.r.line.As(as).On(ctx, h).Page(l.Source, l.a.SID, account.Window{From: m.From, To: c.to(l, m)}, m.Next)
		if !account.Unauthorized(err) || !c.another(ctx, l, as, given) {
			return p, h.all, err
		}
	}
}

// credential is the token that reads a list: the account's own where no other
// does, otherwise the parent's.
func (c *capture) credential(l list) account.Credential {
	if l.Own {
		return c.r.Credential(l.a.SID)
	}
	return c.r.Credential(c.r.Main())
}

// to is where the window of a list ends. The days of usage are asked for whole.
func (c *capture) to(l list, m store.CaptureMark) time.Time {
	if l.Dated {
		return m.To
	}
	return time.Time{}
}

// another waits until another token than as is known. Nobody gives a new one to
// an account that is not active.
func (c *capture) another(ctx context.Context, l list, as account.Credential, until time.Time) bool {
	for c.credential(l).Secret.Equal(as.Secret) {
		if l.a.Status != "active" || !c.r.desk.atWork() || !c.r.Now().Before(until) || c.r.Sleep(ctx, tokenGlance) != nil {
			return false
		}
	}
	return true
}

// reached tells whether a page of a list that has no window, and comes newest
// first, goes back behind from.
func reached(l list, p account.Page, from time.Time) bool {
	if l.Dated || from.IsZero() {
		return false
	}
	for _, raw := range p.Records {
		var r struct {
			Created string `json:"date_created"`
		}
		if json.Unmarshal(raw, &r) != nil {
			continue
		}
		if at := moment.Of(r.Created); !at.IsZero() && at.Before(from) {
			return true
		}
	}
	return false
}
