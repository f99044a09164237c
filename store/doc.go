// Package store is the case file: everything that Retake knows and did about
// one account, in one bbolt file that only its owner can read.
//
// The one rule: nothing is true because a bucket says so, only because an entry
// of the custody log says so. The log is a Merkle tree (RFC 6962, as the Go
// checksum database has it); an entry is canonical JSON (RFC 8785); it is
// written in the same transaction as whatever it vouches for, and signed
// checkpoints pin it. All other buckets are bodies that an entry carries the
// hash of, or views that can be computed again from the entries. Verify does
// both and names every difference. bbolt has no checksums and crashes on damaged
// pages, so these are walked before it opens the file (pages.go).
//
//	case                the case itself
//	  fingerprint-key   key of the fingerprints of secrets; never leaves the file
//	  header            who, what, when: the same bytes as the body of entry 0
//	  identity          the case's age identity and the hash of the header, wrapped
//	                    with the passphrase
//	  schema            level of this drawing, in decimal
//	  signer            the key that signs checkpoints, sealed to the identity
//	exhibits            what an account answered
//	  bodies            entry number -> masked body, zstd
//	  keys              entry number -> key that salts the hashes of its records,
//	                    where it has any
//	files               what was attached to an attestation
//	                    entry number -> the file, zstd
//	log                 the custody log
//	  hashes            index of the stored hash (tlog) -> hash
//	  leaves            entry number -> entry, canonical JSON
//	sealed              entry number -> secret, sealed with age
//	training            only in a training case: the simulated account, sealed;
//	  world             it is the other side of the wire and belongs to no entry
//	views               what is looked up often: key -> number of the entry
//	  acts              number of the intent -> its latest outcome (itself: none yet)
//	  burnt             fingerprint of a token that must not live on
//	  captures          source, account -> latest page of a captured list
//	  coverage          step, source, account -> latest word on what was seen
//	  figures           "latest" -> latest figures of what burns
//	  findings          step, ID -> a finding as it was filed last
//	  marks             step, kind, subject, check -> how the check stands
//	  plans             step -> latest plan
//	  progress          step -> latest state
//	  subjects          kind, name -> somebody or something on a list
//	  tokens            account, number -> a sealed secret of that account
//
// Numbers in keys are eight bytes, big-endian. The kinds of entries and their
// bodies stand in entry.go. Package store knows no Twilio and no screen.
package store
