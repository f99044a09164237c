package line

// The test binary is run again as retake many hundred times, often on a case
// that it made: those open in no time. TestPassphraseIsDear holds what is shipped.
func init() { passphraseCost = 10 }
