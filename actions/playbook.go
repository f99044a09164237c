package actions

// Playbook is the order of work: Twilio's twelve steps with their numbers, the
// two before them and the three after. The board shows it in this order; which
// open step comes next is told by Urgency.
func Playbook() []*Step {
	return []*Step{
		AuthTokens(),
		APIKeys(),
	}
}
