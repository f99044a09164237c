package actions

import (
	"fmt"

	"retake/actions/sim"
)

// lesson is what a debrief says of one kind of foothold.
type lesson struct {
	step   string
	check  string // of that step's checklist, by which a person answers for it
	byHand bool   // the step cannot take it away, whatever it is
	how    string
	format string // with the label or mark, and the name of the account
}

var lessons = map[string]lesson{
	sim.LeakedTokens: {step: "auth-tokens", how: "it puts a new Auth Token in the place of each one that is burnt",
		format: "the Auth Tokens that the intruder had read, of %[2]q and its subaccounts"},
	sim.SecondaryToken: {step: "auth-tokens", how: "it deletes whatever secondary token there is before it makes one",
		format: "a secondary Auth Token of %[2]q, which nobody can list"},
	sim.PlantedKey: {step: "api-keys", how: "it deletes every key, and looks for new ones until none comes",
		format: "the API key %[1]q in %[2]q"},
	sim.VoiceCountries: {step: "geo-and-triggers", how: "it shuts the countries that nobody called before",
		format: "calls to %[1]s, opened in %[2]q"},
	sim.Detached: {step: "geo-and-triggers", how: "it gives detached subaccounts their parent's countries again",
		format: "%[2]q no longer took over its parent's countries for calls"},
	sim.SMSCountry: {step: "geo-and-triggers", check: "console-only", how: "it shuts the countries that nobody wrote to before; some only the Console shuts",
		format: "messages to %[1]s, opened in %[2]q"},
	sim.Planted: {step: "sweep", check: "products", how: "it reads every place of every account, and with mode=contain clears or deletes what came or changed",
		format: "%[1]s, planted in %[2]q"},
	sim.Application: {step: "sweep", check: "apps", how: "with mode=contain it clears the addresses of TwiML apps that lead to a stranger",
		format: "an application of %[2]q that led to %[1]s"},
	sim.TriggerDeleted: {step: "geo-and-triggers", check: "triggers", byHand: true, how: "its findings name triggers that were deleted; it makes new ones where callback_url is given",
		format: "the usage trigger %[1]q of %[2]q, deleted"},
	sim.TriggerBent: {step: "geo-and-triggers", check: "triggers", byHand: true, how: "its findings name triggers that call a stranger's URL",
		format: "a usage trigger of %[2]q that reported to %[1]s"},
	sim.MailFoothold: {step: "sendgrid", check: "settings", how: "with mode=contain it takes away what leads to a stranger or came since; what no API changes is looked after by hand",
		format: "on the SendGrid side: %[1]s"},
	sim.CallerID: {step: "caller-id", how: "with incident_start or allow it removes the caller IDs that are not yours",
		format: "the caller ID %[1]s in %[2]q"},
}

// what names a foothold, with the intruder's own words in it.
func (l lesson) what(f sim.Foothold) string {
	label := f.Label
	if label == "" {
		label = f.Mark
	}
	return fmt.Sprintf(l.format, label, f.Name)
}
