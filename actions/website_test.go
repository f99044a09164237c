package actions

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/actions/sim"
	"retake/store"
)

// small is a family that is quick to read.
func small() sim.Options { return sim.Options{Calls: 1, Messages: 1, Subaccounts: 1} }

// ownSite is a web server of ours on the loopback, whose pages can be changed.
type ownSite struct {
	*httptest.Server
	name string // host and port

	mu    sync.Mutex
	pages map[string]string
	asked atomic.Int64
}

func newOwnSite(t *testing.T, pages map[string]string) *ownSite {
	t.Helper()
	s := &ownSite{pages: pages}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		text, known := s.pages[r.URL.Path]
		s.mu.Unlock()
		if !known {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, text)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.asked.Add(1)
		}
	}
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.name = u.Host
	return s
}

// set changes a page; "" takes it away.
func (s *ownSite) set(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pages[path] = text; text == "" {
		delete(s.pages, path)
	}
}

// look plans a look at the site and carries it out.
func (b *bench) look(step string, s *ownSite, set ...string) *Report {
	b.t.Helper()
	set = append(set, "hosts="+s.name, "confirmed_hosts="+s.name, "allow_private=yes", "pause=0s")
	if step == "website" {
		set = append(set, "ports=1")
	}
	return b.apply(step, set...)
}

// finding returns the one finding of a step whose text has all words.
func (b *bench) finding(step string, words ...string) store.Finding {
	b.t.Helper()
	all, err := b.c.Findings(step)
	if err != nil {
		b.t.Fatal(err)
	}
	match := slices.DeleteFunc(slices.Clone(all), func(f store.Finding) bool {
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(f.Text, w) })
	})
	if len(match) != 1 {
		b.t.Fatalf("%d findings of %s have %q: %+v", len(match), step, words, all)
	}
	return match[0]
}

// A host that was not confirmed is never contacted: seen at its socket.
func TestUnconfirmedHostsAreNeverContacted(t *testing.T) {
	b, s := newBench(t, small()), newOwnSite(t, map[string]string{"/": "hello"})
	for _, step := range []string{"website", "exposure", "integrations"} {
		target := "hosts=" + s.name
		if step == "integrations" {
			target = "webhooks=" + s.URL + "/sms"
		}
		for name, c := range map[string]struct {
			set   []string
			typed []string
		}{
			"not a word":      {nil, nil},
			"another name":    {[]string{"confirmed_hosts=www.example.com"}, nil},
			"one name more":   {nil, []string{s.name, "www.example.com"}},
			"another port":    {nil, []string{"127.0.0.1"}},
			"typed otherwise": {nil, []string{"localhost" + s.name[strings.LastIndex(s.name, ":"):]}},
			"no name":         {nil, []string{"no name"}},
		} {
			p := b.plan(step, append([]string{target, "allow_private=yes", "pause=0s"}, c.set...)...)
			r, err := b.desk.Apply(context.Background(), step, Agreed{Digest: p.Plan.Digest, How: "test", Hosts: c.typed}, nil)
			if !errors.Is(err, ErrUnconfirmed) || r != nil {
				t.Errorf("%s, %s: %v", step, name, err)
			}
		}
		p := b.plan(step, target, "pause=0s", "confirmed_hosts="+s.name) // confirmed, but not on the public Internet
		r, err := b.desk.Apply(context.Background(), step, Agreed{Digest: p.Plan.Digest}, nil)
		if err != nil || r.Worst() != store.Failed || !strings.Contains(r.Outcomes[0].Problem, "not public") {
			t.Errorf("%s: %+v, %v", step, r, err)
		}
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("%d connections were made to a host that nobody confirmed", n)
	}
	p := b.plan("website", "hosts="+s.name, "allow_private=yes", "ports=1", "pause=0s")
	if _, err := b.desk.Apply(context.Background(), "website", Agreed{Digest: p.Plan.Digest, Hosts: []string{s.name}}, nil); err != nil || s.asked.Load() == 0 {
		t.Errorf("the control: %d connections, %v", s.asked.Load(), err)
	}
}

// What must not be there is found; the next look tells what is still open and
// what is shut. Only a person has the last word.
func TestWebsiteIsLookedAtAndComparedLater(t *testing.T) {
	b := newBench(t, small())
	s := newOwnSite(t, map[string]string{"/": "hello", "/.git/HEAD": "ref: refs/heads/main\n", "/_profiler/": "Symfony Profiler"})
	r := b.look("website", s)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "open on 1 of 1 hosts") || r.Outcomes[0].Outcome != store.Made {
		t.Fatalf("%+v", r)
	}
	if f := b.finding("website", "/.git/HEAD can be fetched"); f.Severity != string(High) || len(f.Exhibits) != 1 {
		t.Errorf("%+v", f)
	}
	s.set("/_profiler/", "")
	s.set("/.env", "APP_KEY=1\n")
	b.look("website", s)
	b.finding("website", "/.git/HEAD", "still open since")
	b.finding("website", "/.env can be fetched", "new since")
	if f := b.finding("website", "closed since", "/_profiler/"); f.Severity != string(Info) {
		t.Errorf("%+v", f)
	}
	if err := b.desk.Attest("website", store.Attestation{Note: "all shut"}); err == nil {
		t.Error("it was attested though the host is on the list and open")
	}
	b.goThrough("website")
	if err := b.desk.Attest("website", store.Attestation{Note: "all shut"}); err != nil {
		t.Error(err)
	}
	b.proveJournal()
	b.verify()
}

// A look that was left in the middle is said to be cut short; its host is not
// taken for seen.
func TestALookThatIsLeft(t *testing.T) {
	b, s := newBench(t, small()), newOwnSite(t, map[string]string{"/": "hello"})
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	s.Config.ConnState = func(net.Conn, http.ConnState) {
		if s.asked.Add(1) == 40 {
			leave()
		}
	}
	set := []string{"hosts=" + s.name, "confirmed_hosts=" + s.name, "allow_private=yes", "ports=1", "pause=0s"}
	p := b.plan("website", set...)
	if _, err := b.desk.Apply(ctx, "website", Agreed{Digest: p.Plan.Digest}, nil); !errors.Is(err, ErrHalted) {
		t.Fatal(err)
	}
	b.sit()
	r, err := b.desk.Continue(context.Background(), "website", nil)
	if err != nil || r.Outcomes[0].Outcome != store.Made {
		t.Fatalf("%+v, %v", r, err)
	}
	acts, err := b.c.Acts("website")
	if err != nil || len(acts) != 2 || acts[0].Outcome.Result != store.Failed || acts[1].Outcome.Result != store.Made {
		t.Errorf("%+v, %v", acts, err)
	}
	b.verify()
}

// A look of which only the beginning was written is settled as cut short, and
// begun anew.
func TestALookThatWasKilled(t *testing.T) {
	b, s := newBench(t, small()), newOwnSite(t, map[string]string{"/": "hello"})
	for _, step := range []string{"website", "exposure", "integrations", "malware"} {
		if _, err := b.c.Intend(store.Act{Run: "gone", Step: step, Change: verbProbe + "/" + s.name, Account: b.opening.AccountSID, Verb: verbProbe, Target: s.name}); err != nil {
			t.Fatal(err)
		}
		b.plan(step)
		acts, err := b.c.Acts(step)
		if err != nil || len(acts) != 1 || acts[0].Outcome.Result != store.Failed || !strings.Contains(acts[0].Outcome.Problem, "plan again") {
			t.Errorf("%s: %+v, %v", step, acts, err)
		}
	}
	if r := b.look("website", s); r.Outcomes[0].Outcome != store.Made {
		t.Errorf("%+v", r.Outcomes)
	}
}

// The new token in a public page: it is burnt, and the playbook goes back to
// auth-tokens, which rotates once more. After that the page shows a dead one.
func TestATokenInPublicSendsBack(t *testing.T) {
	b := newBench(t, small())
	b.apply("auth-tokens")
	fresh, err := b.desk.Token(context.Background(), b.opening.AccountSID, "test")
	if err != nil {
		t.Fatal(err)
	}
	s := newOwnSite(t, map[string]string{"/": `<script src="/app.js"></script>`, "/app.js": "client('" + b.opening.AccountSID + "', '" + fresh.Reveal() + "')"})
	b.look("exposure", s)
	for _, step := range []string{"exposure", "auth-tokens"} {
		if f := b.finding(step, "in force lies in public", "/app.js"); f.Severity != string(Critical) || strings.Contains(f.Text, fresh.Reveal()) {
			t.Errorf("%+v", f)
		}
	}
	if st, err := b.c.Progress("auth-tokens"); err != nil || st.State != store.NeedsPerson || !strings.Contains(st.Why, "burnt") {
		t.Errorf("%+v, %v", st, err)
	}
	if r := b.apply("auth-tokens"); r.State != store.Proved || len(r.Outcomes) == 0 {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	if status, _ := b.ask(b.opening.AccountSID, fresh.Reveal(), "/Accounts/"+b.opening.AccountSID+".json"); status != http.StatusUnauthorized {
		t.Errorf("the burnt token answers %d", status)
	}
	b.look("exposure", s)
	b.finding("exposure", "a dead Auth Token", "/app.js")
	if st, err := b.c.Progress("auth-tokens"); err != nil || st.State != store.Proved {
		t.Errorf("%+v, %v", st, err)
	}
	b.proveRotated()
	b.secretless(fresh.Reveal())
	b.verify()
}

// The same where public code shows the new token; the old one, which is dead, and
// a private file burn nothing.
func TestATokenInPublicCodeSendsBack(t *testing.T) {
	b := newBench(t, small())
	b.apply("auth-tokens")
	r, err := b.desk.run(context.Background(), "triage", nil, b.desk.line.ReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	l, sid := &looking{r: r}, b.opening.AccountSID
	tokens, err := l.tokens(sid)
	if err != nil {
		t.Fatal(err)
	}
	shows := func(text string, private bool) store.State {
		t.Helper()
		found := probe.Found{SID: sid, Files: []probe.File{{Repository: "o/r", Path: ".env", Private: private, Fragments: []string{b.desk.line.Mask("TOKEN=" + text)}}}}
		if err := l.burnPublished(sid, found, tokens, 1); err != nil {
			t.Fatal(err)
		}
		s, err := b.c.Progress("auth-tokens")
		if err != nil {
			t.Fatal(err)
		}
		return s.State
	}
	fresh := r.Credential(sid).Secret.Reveal()
	if got := []store.State{shows(b.opening.AuthToken, false), shows(fresh, true), shows(fresh, false)}; !slices.Equal(got, []store.State{store.Proved, store.Proved, store.NeedsPerson}) {
		t.Errorf("auth-tokens stands at %v", got)
	}
	if burnt, err := b.c.IsBurnt(b.c.Fingerprint(fresh)); err != nil || !burnt {
		t.Errorf("%v, %v", burnt, err)
	}
}

// secretless wants no exhibit and no entry to hold a secret.
func (b *bench) secretless(secret string) {
	b.t.Helper()
	var bad []int64
	err := b.c.Entries(0, func(e store.Entry) bool {
		if strings.Contains(string(e.Body), secret) {
			bad = append(bad, e.N)
		}
		if e.Kind == store.KindExhibit {
			if body, err := b.c.ExhibitBody(e.N); err != nil || strings.Contains(string(body), secret) {
				bad = append(bad, e.N)
			}
		}
		return true
	})
	if err != nil || len(bad) > 0 {
		b.t.Errorf("entries %v hold a secret, %v", bad, err)
	}
}

// A web root with a secret that everybody may read.
func TestWebRoot(t *testing.T) {
	b := newBench(t, small())
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, ".env"), []byte("SID="+b.opening.AccountSID+"\nTOKEN="+b.opening.AuthToken+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := b.apply("exposure", "web_roots="+root)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "2 things in 1 web roots") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	b.finding("exposure", "that is in force lies in plain text", ".env:2")
	if f := b.finding("exposure", "everybody on the server may read it"); f.Severity != string(High) {
		t.Errorf("%+v", f)
	}
	b.secretless(b.opening.AuthToken)
	if st, _ := b.c.Progress("auth-tokens"); st.State != store.NotStarted {
		t.Errorf("a file on this computer is not public: %+v", st)
	}
}

// In a training the simulated network is looked at, and nothing else can be.
func TestTrainingLooksAtTheSimulatedSite(t *testing.T) {
	elapsed := time.Duration(0)
	train, err := OpenTraining(context.Background(), TrainingOptions{Path: filepath.Join(t.TempDir(), "t.retake"), Responder: "Robin", Clock: func() time.Duration { return elapsed }})
	if err != nil {
		t.Fatal(err)
	}
	defer train.Case.Close()
	line, err := train.Wire.Line(train.Case)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, c: train.Case}
	if b.desk, err = Open(Options{Case: train.Case, Line: line, Credential: train.Credential, Net: train.Wire.Net, Sleep: quick}); err != nil {
		t.Fatal(err)
	}
	set := []string{"hosts=www.harbour-parcel.example.com", "confirmed_hosts=www.harbour-parcel.example.com", "pause=0s"}
	b.apply("website", set...)
	b.finding("website", "/.git/HEAD can be fetched")
	b.finding("website", "port 3306")
	b.finding("website", "certificate", "it ends on")
	b.finding("auth-tokens", "in force lies in public", "/.env")
	elapsed = 10 * time.Minute
	b.apply("website", set...)
	b.finding("website", "closed since", "/.git/HEAD")
	hook := "https://voice.harbour-parcel.example.com/in/0"
	b.apply("integrations", "webhooks="+hook, "confirmed_hosts=voice.harbour-parcel.example.com")
	b.finding("integrations", "takes a request signed with the token in force", "turns a wrong signature away")
	s := newOwnSite(t, map[string]string{"/": "hello"})
	p, err := b.desk.Plan(context.Background(), "website", params([]string{"hosts=" + s.name, "allow_private=yes"}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.desk.Apply(context.Background(), "website", Agreed{Digest: p.Plan.Digest, Hosts: []string{s.name}}, nil)
	if err != nil || r.Worst() != store.Failed && s.asked.Load() > 0 || s.asked.Load() != 0 {
		t.Errorf("a training contacted a real host: %+v, %v", r, err)
	}
	if b.desk, err = Open(Options{Case: train.Case, Line: line, Credential: train.Credential, Sleep: quick}); err != nil {
		t.Fatal(err)
	}
	if r := b.apply("website", set...); r.Worst() != store.Failed || !strings.Contains(r.Outcomes[0].Problem, "contacts no real host") {
		t.Errorf("%+v", r)
	}
}

// A webhook is tested with the token in force; what it does with a wrong
// signature is told.
func TestWebhooksAreTested(t *testing.T) {
	b := newBench(t, small())
	token := b.opening.AuthToken
	var address string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		right := r.ParseForm() == nil && r.Header.Get("X-Twilio-Signature") == account.Sign(account.NewSecret(token), address+r.URL.Path, r.PostForm)
		if !right && r.URL.Path == "/sound" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	address = server.URL
	test := func(path string, words ...string) {
		t.Helper()
		set := []string{"webhooks=" + address + path, "confirmed_hosts=" + strings.TrimPrefix(address, "http://"), "allow_private=yes", "pause=0s"}
		if r := b.apply("integrations", set...); r.Outcomes[0].Outcome != store.Made {
			t.Fatalf("%+v", r.Outcomes)
		}
		b.finding("integrations", append(words, path)...)
	}
	test("/sound", "takes a request signed with the token in force (200)", "turns a wrong signature away (403)")
	test("/lax", "obeys anybody")
	b.apply("auth-tokens") // and the program keeps the old token
	test("/sound", "it may hold the old token")
	b.proveJournal()
}
