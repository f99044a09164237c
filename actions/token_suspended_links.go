package actions

import (
	"context"
	"fmt"
	"strings"

	"retake/actions/account"
	"retake/store"
)

// reactivate makes a suspended subaccount active. It is not begun while the
// intruder could do the same to all others with the main account's old token,
// and what it leaves is written down before it is sent.
func reactivate(ctx context.Context, r *Run, c Change) Outcome {
	burnt, err := r.Case().IsBurnt(r.Fingerprint(r.Credential(r.Main()).Secret))
	switch {
	case err != nil:
		return Outcome{Outcome: store.Failed, Problem: err.Error()}
	case burnt:
		return Outcome{Outcome: store.Refused, Problem: "not reactivated: the main account's token is still burnt, and whoever holds it reads the new token of every subaccount"}
	}
	if err := r.stand(tellAwake([]string{c.Account})); err != nil {
		return Outcome{}
	}
	o := setStatus(ctx, r, c)
	if o.Outcome != "" && len(r.awake()) == 0 {
		if err := r.stand(unfinishedPlan); err != nil {
			return Outcome{}
		}
	}
	return o
}

// stand writes down how the step stands while its plan is carried out.
func (r *Run) stand(why string) error {
	err := r.Case().SetProgress(r.Step.ID, store.Progress{State: store.Working, Why: why, Parameters: r.Params, Agreed: r.digest, Under: r.under})
	if err != nil {
		return r.halt(err)
	}
	return nil
}

// quieten ends what goes on in the account. A message that cannot be called back
// fails when the account is suspended again.
func quieten(ctx context.Context, r *Run, a account.Account) Outcome {
	ended, left := 0, map[string]string{}
	for range roundsBeforeSuspending {
		found, err := trafficIn(ctx, r, a)
		if err != nil {
			return Outcome{Outcome: store.Failed, Problem: "what goes on in " + a.SID + " could not be read: " + err.Error()}
		}
		begun := 0
		for _, f := range found {
			if _, tried := left[f.sid]; tried {
				continue
			}
			o := endFlow(ctx, r, f.change())
			switch o.Outcome {
			case "":
				return Outcome{}
			case store.Made, store.Already:
				ended++
			default:
				left[f.sid] = string(f.kind) + " " + f.sid + ": " + o.Problem
			}
			begun++
		}
		if begun == 0 {
			return quietened(ended, left)
		}
	}
	return Outcome{Outcome: store.Failed, Problem: fmt.Sprintf("%d calls and messages were ended, and new ones keep coming", ended)}
}

func quietened(ended int, left map[string]string) Outcome {
	for sid, problem := range left {
		if !strings.HasPrefix(sid, "SM") && !strings.HasPrefix(sid, "MM") {
			return Outcome{Outcome: store.Refused, Problem: problem}
		}
	}
	proof := fmt.Sprintf("%s ended; a read after that found nothing else", some(ended, "call, conference or message"))
	if ended == 0 {
		proof = "a read found no call and no conference that is live"
	}
	if len(left) > 0 {
		proof += fmt.Sprintf("; %s cannot be called back and fail when the account is suspended", some(len(left), "message"))
	}
	return Outcome{Outcome: store.Made, Proof: proof}
}

// shutVoice shuts every country for calls, unless the account takes over its
// parent's list, which step 7 clamps.
func shutVoice(ctx context.Context, r *Run, c Change) Outcome {
	own := r.Credential(c.Account)
	inherits, err := r.Read(ctx, own).FetchInheritance()
	if err != nil {
		return notShut(err)
	}
	if inherits {
		return Outcome{Outcome: store.Already, Proof: "it takes over the main account's countries, which step geo-and-triggers shuts"}
	}
	countries, err := r.Read(ctx, own).ListVoiceCountries()
	if err != nil {
		return notShut(err)
	}
	var d difference
	for _, was := range countries {
		d.add(voiceWord(was), voiceWord(account.VoiceCountry{ISO: was.ISO}))
	}
	if len(d.want) == 0 {
		return shutBefore(r, c)
	}
	how, err := settingOf(r, store.Act{Change: c.ID, Account: c.Account, Verb: verbSetVoice, Target: strings.Join(d.want, " "), Seen: strings.Join(d.seen, " ")})
	if err != nil {
		return notShut(err)
	}
	return how.make(ctx, r)
}

func notShut(err error) Outcome {
	return Outcome{Outcome: store.Failed, Problem: "the countries could not be shut: " + err.Error() + "; by hand: " + voiceGeoPage}
}

// shutBefore is the outcome where every country is shut, by an act of ours or not.
func shutBefore(r *Run, c Change) Outcome {
	if last, any := lastOf(r, c.ID); any && last.Outcome.Result == store.Made {
		return endedAs(last)
	}
	return Outcome{Outcome: store.Already, Proof: "reading it shows that every country is shut already"}
}

// suspendAgain suspends the subaccount as it was before.
func suspendAgain(ctx context.Context, r *Run, c Change) Outcome {
	o := setStatus(ctx, r, c)
	if o.Outcome != store.Made && o.Outcome != store.Already {
		return o
	}
	why := unfinishedPlan
	if up := r.awake(); len(up) > 0 {
		why = tellAwake(up)
	}
	if err := r.stand(why); err != nil {
		return Outcome{}
	}
	return o
}

// lastLook ends what goes on and reads what only the account's own token reads,
// before it is suspended again. What does not work is said and holds nothing up:
// an account that stays active is worse.
func lastLook(ctx context.Context, r *Run, a account.Account) {
	if o := quieten(ctx, r, a); o.Problem != "" {
		r.Find(Finding{ID: "still-up/" + a.SID, Severity: High, Account: a.SID, Text: "when " + a.SID + " was suspended again, something may still have been up: " + o.Problem + "; plan stop-traffic"})
	}
	if what, err := captureOwn(ctx, r, a); err != nil {
		if err := r.Miss(a.SID, "the "+what+" of "+a.SID, "it was suspended again all the same: "+account.Explain(err)); err != nil {
			_ = r.halt(err)
		}
	}
}
