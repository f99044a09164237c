package actions

// Undo tells how a kind of change is taken back.
type Undo struct {
	Can bool   // there is an inverse
	How string // the inverse, or what is left to do where there is none
}

// undos are the kinds of changes, by step and verb.
var undos = map[string]Undo{
	"auth-tokens rotate":        {false, "a dead token never lives again; what needs the new one gets it: retake token AC…"},
	"auth-tokens reactivate":    {true, "the same plan suspends it again"},
	"auth-tokens suspend-again": {true, "reactivate it in the Console when it is needed: Account > Account management > Subaccounts"},
	"auth-tokens quieten":       {false, "a call that was ended is over, and a message that was cancelled is sent by nobody"},
	"auth-tokens shut":          {true, "reactivate the subaccount, then plan geo-and-triggers with mode=restore; the case holds what was open"},
	"auth-tokens hand-over":     {false, "who has the new token keeps it; what is not promoted is deleted by planning again with mode=kill-now"},
	"auth-tokens promote":       {false, "a dead token never lives again; what still uses the old one gets the new: retake token AC…"},
	"stop-traffic end":          {false, "a call or conference that was ended is over; whoever was in it calls again"},
	"stop-traffic cancel":       {false, "a message that was cancelled is sent by nobody; send it anew where it was yours"},
	"stop-traffic suspend":      {true, "plan this step again with lift=AC…, the subaccount that was suspended"},
	"stop-traffic reactivate":   {true, "plan this step again with suspend=AC…, the subaccount that was lifted"},
	"api-keys delete":           {false, "a deleted key never lives again; give your programs new ones: the case holds name, flags and policy of each"},
	"website probe":             {true, "nothing is needed: it only looks"},
	"exposure probe":            {true, "nothing is needed: it only looks"},
	"exposure scan":             {true, "nothing is needed: it only reads"},
	"integrations scan":         {true, "nothing is needed: it only reads"},
	"integrations send-signed":  {true, "nothing is needed here; what your program did with the call CA000… you see there"},
	"malware scan":              {true, "nothing is needed: it only reads"},
	"caller-id delete":          {false, "the owner of the phone must verify it anew: he answers a call and types a code"},
	"geo-and-triggers clamp":    {true, "plan this step again with mode=restore: every country as the case first saw it"},
	"geo-and-triggers restore":  {true, "plan this step again with mode=keep or mode=lock"},
	"geo-and-triggers create":   {true, "plan this step again with mode=restore: it deletes the triggers that this case made"},
	"geo-and-triggers delete":   {true, "plan this step again with mode=keep and the callback_url: it creates them anew"},
	"sweep clear":               {true, "plan this step again with mode=restore, and with allow= the hosts that are yours: what stood there comes back"},
	"sweep restore":             {true, "plan this step again with mode=contain, and with distrust= the hosts that are not yours"},
	"sweep republish":           {true, "Console: Studio > Flows > Revisions holds the one that was published before"},
	"sweep delete":              {false, "a deleted record never comes back; its exhibit says how it was, so that it can be set up anew by hand"},
	"sendgrid admit":            {false, "your own address stays on SendGrid's list, or you lock yourself out; take it off by hand where it must go"},
	"sendgrid switch-off":       {true, "plan this step again with mode=restore: it is switched on as it was"},
	"sendgrid withdraw":         {true, "plan this step again with mode=restore: it is made anew as it was"},
	"sendgrid roll-back":        {true, "plan this step again with mode=restore: the version that was active is again"},
	"sendgrid remove":           {false, "it never comes back: make a new key, invite the person anew, verify the sender or domain anew; the case holds what it was"},
	"sendgrid restore":          {true, "plan this step again with mode=contain"},
}

// UndoOf tells how the changes of a step with a verb are taken back.
func UndoOf(step, verb string) Undo {
	if u, known := undos[step+" "+verb]; known {
		return u
	}
	return Undo{false, "no inverse is known to Retake"}
}

// Undone says of each verb, in the order in which they come, how it is undone.
func Undone(step string, verbs []string) []string {
	var all []string
	said := map[string]bool{}
	for _, verb := range verbs {
		if said[verb] {
			continue
		}
		said[verb] = true
		u := UndoOf(step, verb)
		if u.Can {
			all = append(all, "to undo "+verb+": "+u.How)
		} else {
			all = append(all, verb+" cannot be undone: "+u.How)
		}
	}
	return all
}
