package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"retake/store/plain"
)

// bundleFormat is the format of the bundles that are written. Verification
// computes README.txt and the tables again: whoever changes them makes a new
// format, and bundles of the older ones go on being verified by their own rules.
// Format 2 has lanes and alerts in its timeline, knows more acts of ours, and
// keeps what each step saw apart, with its window.
const bundleFormat = 2

// titleOf is the first line of a README; its format stands in it.
const titleOf = "EVIDENCE BUNDLE, format "

// formatOf reads the format of a bundle off its README; 0: it names none.
func formatOf(readme []byte) int {
	line, _, _ := strings.Cut(string(readme), "\n")
	n, err := strconv.Atoi(strings.TrimPrefix(line, titleOf))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// readme describes the bundle to somebody who never heard of Retake.
func (b *book) readme() string {
	h := b.header
	return strings.NewReplacer(
		"{format}", fmt.Sprint(b.format),
		"{lanes}", lanesText[b.format],
		"{kind}", kindWords(h.Kind),
		"{account}", plain.Line(h.Account),
		"{name}", plain.Line(h.Name),
		"{id}", plain.Line(h.ID),
		"{created}", h.Created.UTC().Format(time.RFC3339),
		"{responder}", plain.Line(h.Responder),
		"{at}", b.at.UTC().Format(time.RFC3339),
		"{entries}", fmt.Sprint(b.covers),
		"{exhibits}", fmt.Sprint(b.exhibits),
		"{attachments}", fmt.Sprint(len(b.files)),
		"{acts}", fmt.Sprint(len(b.acts)),
		"{key}", plain.Line(h.PublicKey),
	).Replace(readmeText)
}

func kindWords(k CaseKind) string {
	switch k {
	case Live:
		return "LIVE: about a real Twilio account"
	case Lab:
		return "LAB: about a simulated account, not a real one"
	case Training:
		return "TRAINING: about a simulated account, not a real one"
	}
	return plain.Line(string(k))
}

// lanesText is what each format says of the lanes.
var lanesText = map[int]string{2: `
                    lane: "us" did or said it, "twilio" by itself, or "others", as
                    far as the audit log tells; alerts are in the lane "twilio"`}

const readmeText = titleOf + `{format}

What somebody did about a Twilio account that was taken over, and what the
account answered, as recorded by the program Retake while it happened.

  Kind       {kind}
  Account    {account} {name}
  Case       {id}, opened {created} by {responder}
  Signed     {at} over {entries} entries
  Holds      {acts} acts, {exhibits} exhibits, {attachments} attachments
  Public key {key}

Texts in here come from an account that an intruder had access to. Treat them as
hostile: open no address that you find in them.

MEMBERS

All text is UTF-8; all times are UTC. *.jsonl: one JSON value a line.

SHA256SUMS          SHA-256 of every other member
checkpoint.txt      the signature over log.jsonl (C2SP signed note, checkpoint)
public-key.txt      the Ed25519 key that the signature is checked with
header.json         the case as it was opened: the body of the log's first entry
log.jsonl           the custody log: everything, in order. Each line without its
                    newline is one leaf of a Merkle tree, canonical JSON
                    (RFC 8785): n number, at time, by responder, kind, step, body
journal.csv .jsonl  each act: what was to be done, by whom, and what became of it.
                    result: made by us; already so before; stale, refused, failed:
                    not done; unknown: may have been done; waiting: proof to come
coverage.csv .jsonl what was asked of which source and what could not be seen
exhibits/           the account's replies by number, secrets masked before they
                    were filed, otherwise byte for byte. .json, .txt or .bin by
                    what they are
exhibits/index.csv  of each exhibit: the request, the time, who asked, the reply's
                    status, SHA-256, and the Merkle root over its records
exhibit-keys.jsonl  for each exhibit that is a list, the key that its records are
                    salted with (see below)
attachments/        files that were attached by hand, under the number of their
                    attestation; names are reduced to plain letters
papers/             reports that were written from the case, if any
timeline.csv .jsonl everything on one axis; .jsonl can be read by Timesketch.
                    origin: "case" was done or said with Retake, "account" stands
                    in the account's own audit log, "account, ours" there too, and
                    is an act of ours (act: its number). entry: the line of
                    log.jsonl that vouches for it, counted from 0{lanes}

The CSV files are RFC 4180. Where a spreadsheet could take the start of a cell,
or what follows a comma or a semicolon in it, for a formula (= + - @), an
apostrophe stands before it, also before an apostrophe. Characters that cannot
be seen are written out: \x1b, \u{202e}; a line break is shown as a sign. The
.jsonl files hold the exact texts, in ASCII. log.jsonl, header.json, exhibits/ and
attachments/ hold the exact bytes: look at them with an editor, not with cat.

Not in here: secrets, sealed or not, and the keys that open or compare them.

HOW TO CHECK IT

With Retake:            retake verify BUNDLE.zip --key KEY
Is the archive whole:   unzip -t BUNDLE.zip
Are the members whole:  unzip BUNDLE.zip, then  sha256sum -c SHA256SUMS

KEY is the public key that was printed when the case was made and, it is hoped,
pasted into a ticket. Compare it with public-key.txt: a forger would put in a key
of his own.

Is the log the one that was signed (RFC 6962): hash each leaf as
SHA-256(0x00 || leaf), two hashes into one as SHA-256(0x01 || left || right); a
tree of n leaves is split at the largest power of two below n. The root in base64
is the third line of checkpoint.txt, the number of leaves the second.

  import base64, hashlib
  leaves = open("log.jsonl", "rb").read().split(b"\n")[:-1]
  def root(l):
      if len(l) == 1: return hashlib.sha256(b"\0" + l[0]).digest()
      k = 1 << (len(l) - 1).bit_length() - 1
      return hashlib.sha256(b"\1" + root(l[:k]) + root(l[k:])).digest()
  print(len(leaves), base64.b64encode(root(leaves)).decode())

Is the signature good: the signed text is checkpoint.txt up to and with the
newline before its empty line. The last word of the line after that is base64 of
4 bytes (which name the key) and 64 bytes of Ed25519 signature. The key is in
public-key.txt, after the last but one "+": base64 of the byte 1 and the 32 bytes
of the Ed25519 public key. (https://c2sp.org/signed-note, c2sp.org/tlog-checkpoint)

Is an exhibit the one that was filed: its SHA-256 is "sha256" in the body of the
entry with its number. Where the entry has a "root", it is the Merkle root, made
as above, over the records of the list in the reply ("list" names it), each as
salt || the record's bytes; the salt is the first 16 bytes of HMAC-SHA-256 over
the record's place (8 bytes, big-endian, from 0) under the exhibit's key. So a
single record can be shown with its salt and a proof, and the others stay unknown.

journal, coverage, exhibits/index.csv and timeline are computed from log.jsonl and
the exhibits; retake verify computes them again and compares.

WHAT THIS PROVES, AND WHAT NOT

The signature proves that nobody without the case's passphrase changed, left out
or added an entry before it was made, nor an exhibit or attachment, which the
entries hold the hashes of. It does not prove that somebody with the passphrase
did not write the whole log anew: against that helps a checkpoint kept elsewhere
(retake verify BUNDLE.zip --checkpoint FILE), or this bundle's SHA-256 in a
ticket. Times are those of the computer that Retake ran on. An attestation proves
that somebody said so. Papers and SHA256SUMS itself are not signed; the case notes
the SHA-256 of the bundle and of SHA256SUMS when it is exported.

A bundle ends with the first signature after the last thing that happened, where
the note of an export and the signature over it do not count: they come into the
next bundle, and exporting a case in which nothing else happened since gives the
same bundle.
`
