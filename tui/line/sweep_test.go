package line_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"retake/actions/sim"
	"retake/store"
)

// sweep says how much of the crash sweep is run: a sample, or every place. Each
// time the sample is another one, which seed tells.
var (
	sweep     = flag.String("sweep", "sample", "how much of the crash sweep is run: sample or all")
	sweepSeed = flag.Uint64("sweep-seed", uint64(time.Now().UnixNano()), "which sample: the seed that an earlier run printed")
)

// sample is at how many places a sample kills the process: few where a run takes
// long.
func (of course) sample() int {
	if of.step == panicStep || of.mode == asleep {
		return 2
	}
	return 3
}

// places are those at which the process is killed: all, or as many as the sample
// has, one in each of as many stretches of the same length.
func (of course) places(total int) (all []int) {
	if *sweep == "all" {
		for n := range total {
			all = append(all, n+1)
		}
		return all
	}
	dice := rand.New(rand.NewPCG(*sweepSeed, uint64(slices.IndexFunc(courses, func(c course) bool { return c.name() == of.name() }))))
	sample := min(of.sample(), total)
	for i := range sample {
		from, to := total*i/sample, total*(i+1)/sample
		all = append(all, from+1+dice.IntN(to-from))
	}
	return all
}

// armed builds the program with its failpoints, once.
var armed = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "retake-armed")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "retake")
	build := exec.Command("go", "build", "-tags", "failpoint", "-o", path, "retake")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// TestSweep kills the program with SIGKILL before and after journal writes and
// changing requests, starts it again with the environment unchanged, and
// compares what the journal says with what the simulated account did.
func TestSweep(t *testing.T) {
	t.Parallel()
	program, err := armed()
	if err != nil {
		t.Fatal(err)
	}
	if *sweep != "all" {
		t.Logf("the places follow from -sweep-seed=%d", *sweepSeed)
	}
	for _, of := range courses {
		t.Run(of.name(), func(t *testing.T) {
			t.Parallel()
			of.began = time.Now()
			sweepCourse(t, program, of)
		})
	}
}

// course is a step that is interrupted, under circumstances that matter to it.
type course struct {
	step  string
	race  string // how the intruder answers
	mode  string // of geo-and-triggers, or which of the two plans of a graceful rotation
	began time.Time
}

// panicStep is the panic order, which is interrupted as a step is.
const panicStep = "panic"

var courses = []course{
	{step: "auth-tokens", race: "off"}, {step: "auth-tokens", race: "all"},
	{step: "auth-tokens", race: "all", mode: handOver}, {step: "auth-tokens", race: "off", mode: "promote"},
	{step: "auth-tokens", race: "off", mode: asleep},
	{step: "api-keys", race: "off"}, {step: "api-keys", race: "all"},
	{step: "caller-id", race: "off"}, {step: "caller-id", race: "all"},
	{step: geoStep, race: "off", mode: "keep"}, {step: geoStep, race: "off", mode: "lock"}, {step: geoStep, race: "off", mode: "restore"},
	{step: trafficStep, race: "off"},
	{step: panicStep, race: "off"}, {step: panicStep, race: "all"},
}

// handOver is the first plan of a graceful rotation: it ends with a person, and
// the second follows.
const handOver = "hand-over"

func (of course) name() string {
	if of.mode != "" {
		return of.step + "/mode=" + of.mode
	}
	return of.step + "/race=" + of.race
}

func sweepCourse(t *testing.T, program string, of course) {
	total, undisturbed := countPlaces(t, program, of)
	killed := 0
	var mu sync.Mutex
	t.Run("places", func(t *testing.T) {
		for _, n := range of.places(total) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				if (&crash{t: t, program: program, course: of, undisturbed: undisturbed}).at(n) {
					mu.Lock()
					killed++
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%s: %d places, killed at %d of them", of.name(), total, killed)
}

// countPlaces runs a step undisturbed and counts the places that it passes.
func countPlaces(t *testing.T, program string, of course) (int, ending) {
	c := &crash{t: t, program: program, course: of}
	c.open()
	log := filepath.Join(t.TempDir(), "places")
	status := c.apply("RETAKE_FAILPOINT_LOG=" + log)
	if of.mode == handOver && status == 3 {
		status = c.apply("")
	}
	if status != 0 && (of.step != geoStep && of.step != trafficStep && of.step != panicStep || status != 3) { // something is left to a person
		t.Fatalf("the undisturbed run ended with %d:\n%s", status, c.said)
	}
	c.undisturbed = ending{status, c.geoState()}
	c.check()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "\n"), c.undisturbed
}

// ending is what a step came to: its exit status, and where may be called and
// written to and which triggers there are.
type ending struct {
	status int
	geo    geoState
}

// crash is one run that is killed, and the runs that clean up after it.
type crash struct {
	t       *testing.T
	program string
	course
	undisturbed   ending
	world         *sim.World
	opening       sim.Opening
	server        *httptest.Server
	path          string
	said          string
	before        []sim.Act
	ours          []string // caller IDs from before the intruder
	accountTokens map[string]string
	geoBefore     geoState
	asleepBefore  map[string]string // the tokens of what is suspended at the beginning
	rogue         string            // the subaccount that stop-traffic suspends
}

func (c *crash) open() {
	o := sim.Options{Scenario: "leaked-token", Seed: 11, Switches: sim.Switches{Race: c.race}}
	switch c.step {
	case geoStep:
		c.shareHistory(&o)
	case trafficStep:
		o.Calls, o.Messages = 7, 7
	}
	w, err := sim.New(o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.world, c.opening = w, w.Opening()
	c.server = httptest.NewServer(w)
	c.t.Cleanup(c.server.Close)
	c.path = filepath.Join(c.t.TempDir(), "c.retake")
	c.accountTokens = c.tokens()
	c.asleepBefore = c.sleepers(c.opening.AuthToken)
	c.ours = c.callerIDs(func(created time.Time) bool { return time.Since(created) > 24*time.Hour })
	if status := c.run("", "new"); status != 0 {
		c.t.Fatalf("new: %d\n%s", status, c.said)
	}
	switch c.step {
	case "api-keys", "caller-id": // these steps come after the rotation
		if status := c.run("", "step", "auth-tokens", "--apply", "--account", c.opening.AccountSID, "--set", "propagation=1s"); status != 0 {
			c.t.Fatalf("auth-tokens: %d\n%s", status, c.said)
		}
	case geoStep:
		c.openGeo()
	case trafficStep:
		c.openTraffic()
	}
	if c.mode == "promote" {
		if status := c.apply(""); status != 3 {
			c.t.Fatalf("handing over: %d\n%s", status, c.said)
		}
	}
	c.before = w.Acts()
}

// at kills the program at place n and cleans up. It tells whether it was killed.
func (c *crash) at(n int) bool {
	c.open()
	status := c.apply(fmt.Sprintf("RETAKE_FAILPOINT=%d", n))
	if c.mode == asleep {
		c.checkLoud()
	}
	for range 4 { // a graceful rotation has a second plan
		if status = c.apply(""); status == c.undisturbed.status {
			break
		}
	}
	if status != c.undisturbed.status {
		c.t.Fatalf("after the kill at place %d the step ended with %d:\n%s", n, status, c.said)
	}
	c.check()
	return true
}

func (c *crash) apply(env string) int {
	args := []string{"step", c.step, "--apply", "--account", c.opening.AccountSID}
	switch c.step {
	case panicStep:
		args = []string{"panic", "--apply", "--account", c.opening.AccountSID, "--set", "auth-tokens.propagation=1s"}
	case "auth-tokens":
		args = append(args, "--set", "propagation=1s")
		switch c.mode {
		case "":
		case asleep:
			args = append(args, "--set", "suspended=rotate")
		default:
			args = append(args, "--set", "mode=graceful", "--set", "risk=accepted", "--set", "watch=0s",
				"--set", "handover=file", "--set", "handover_file="+filepath.Join(filepath.Dir(c.path), "{account}.token"))
		}
	case "caller-id":
		args = append(args, "--set", "allow="+strings.Join(c.ours, ","))
	case geoStep:
		args = append(args, c.geoParameters(c.mode)...)
	case trafficStep:
		args = append(args, "--set", "suspend="+c.rogue)
	}
	return c.run(env, args...)
}

// run runs the program and returns its exit status, 137 for a kill.
func (c *crash) run(env string, args ...string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.program, append(args, "--case", c.path)...)
	cmd.Env = append(os.Environ(), "RETAKE_API="+c.server.URL, "TWILIO_ACCOUNT_SID="+c.opening.AccountSID,
		"TWILIO_AUTH_TOKEN="+c.opening.AuthToken, "RETAKE_PASSPHRASE=correct horse", "RETAKE_RESPONDER=Robin")
	if env != "" {
		cmd.Env = append(cmd.Env, env)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	c.said = out.String()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled():
		return 137
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	c.t.Fatal(err)
	return -1
}

// check compares the account with what the step promises, and the journal with
// the account's own log.
func (c *crash) check() {
	c.t.Helper()
	c.checkJournal()
	switch c.step {
	case "auth-tokens":
		c.checkTokens()
		if c.mode == asleep {
			c.checkAsleep()
		}
	case "api-keys", panicStep:
		c.checkTokens()
		c.checkKeys()
	case "caller-id":
		c.checkTokens()
		c.checkCallerIDs()
	case geoStep:
		c.checkGeo()
	case trafficStep:
		c.checkTraffic()
	}
	r, err := store.Verify(c.path, store.VerifyOptions{})
	if err != nil || !r.OK {
		c.t.Fatalf("the case does not verify: %v %+v", err, r)
	}
}

// act is what the journal and the account's log are compared by.
type act struct{ account, verb string }

// verbOf names what a request of the account's log does, as the journal does.
func verbOf(a sim.Act) string {
	switch {
	case strings.HasSuffix(a.Path, "/Promote"):
		return "promote"
	case strings.HasSuffix(a.Path, "/Secondary") && a.Method == http.MethodPost:
		return "create-secondary"
	case strings.HasSuffix(a.Path, "/Secondary"):
		return "delete-secondary"
	case strings.Contains(a.Path, "/Keys/"):
		return "delete-key"
	case strings.Contains(a.Path, "/OutgoingCallerIds/"):
		return "delete-caller-id"
	case a.Method == http.MethodDelete && strings.Contains(a.Path, "/Usage/Triggers/"):
		return "delete-trigger"
	case trafficVerb(a) != "":
		return trafficVerb(a)
	case a.Method == http.MethodPost && strings.HasSuffix(a.Path, "/Usage/Triggers.json"):
		return "create-trigger"
	case geoVerbs[a.Method+" "+a.Host+a.Path] != "":
		return geoVerbs[a.Method+" "+a.Host+a.Path]
	}
	return a.Method + " " + a.Path
}

// checkJournal wants each executed act of ours once as made in the journal, and
// none that was not executed.
func (c *crash) checkJournal() {
	c.t.Helper()
	executed, journaled, handed := map[act]int{}, map[act]int{}, map[string]int{}
	for _, a := range c.world.Acts() {
		if a.Actor == "client" && a.Status < 300 {
			executed[act{a.Account, verbOf(a)}]++
		}
	}
	kase, err := store.OpenToRead(c.path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer kase.Close()
	acts, err := kase.Acts("")
	if err != nil {
		c.t.Fatal(err)
	}
	for _, d := range acts {
		if d.Open() {
			c.t.Errorf("act %d (%s %s) is still %q", d.N, d.Act.Verb, d.Act.Target, d.Outcome.Result)
		}
		switch {
		case d.Outcome.Result != store.Made:
		case d.Act.Verb == handOver: // which the account knows nothing of
			handed[d.Act.Account]++
		default:
			journaled[act{d.Act.Account, d.Act.Verb}]++
		}
	}
	for a, n := range executed {
		if journaled[a] != n {
			c.t.Errorf("%s %s: the account did it %d times, the journal says %d times", a.verb, a.account, n, journaled[a])
		}
	}
	for a, n := range journaled {
		if executed[a] == 0 {
			c.t.Errorf("%s %s: the journal says it was made %d times, the account never did it", a.verb, a.account, n)
		}
	}
	for a, n := range executed {
		if a.verb == "promote" && n != 1 {
			c.t.Errorf("%s was promoted %d times", a.account, n)
		}
	}
	for sid, n := range handed {
		if n != 1 {
			c.t.Errorf("the new token of %s was handed over %d times", sid, n)
		}
	}
	if (c.mode == handOver || c.mode == "promote") && len(handed) == 0 {
		c.t.Error("nothing was handed over")
	}
}

// checkTokens wants every old token of an active account dead and the sealed one
// alive.
func (c *crash) checkTokens() {
	c.t.Helper()
	for sid, old := range c.accountTokens {
		if status := c.get(sid, old, sid); status != http.StatusUnauthorized {
			c.t.Errorf("the old token of %s answers %d", sid, status)
		}
		if status := c.run("", "token", sid); status != 0 {
			c.t.Errorf("retake token %s: %d\n%s", sid, status, c.said)
			continue
		}
		if status := c.get(sid, strings.TrimSpace(c.said), sid); status != http.StatusOK {
			c.t.Errorf("the token that is printed for %s answers %d", sid, status)
		}
	}
}

func (c *crash) checkKeys() {
	c.t.Helper()
	c.run("", "token", c.opening.AccountSID)
	token := strings.TrimSpace(c.said)
	for _, a := range c.list("/2010-04-01/Accounts.json?PageSize=100", token, "accounts") {
		if keys := c.list("/2010-04-01/Accounts/"+a["sid"].(string)+"/Keys.json", token, "keys"); len(keys) > 0 {
			c.t.Errorf("%d keys are left on %s", len(keys), a["sid"])
		}
	}
}

// checkCallerIDs wants those of before the intruder, and no others.
func (c *crash) checkCallerIDs() {
	c.t.Helper()
	c.run("", "token", c.opening.AccountSID)
	c.opening.AuthToken = strings.TrimSpace(c.said)
	if left := c.callerIDs(func(time.Time) bool { return true }); !slices.Equal(left, c.ours) {
		c.t.Errorf("the caller IDs are %v and should be %v", left, c.ours)
	}
}

// callerIDs are the verified numbers of all accounts that came at a time that
// counts.
func (c *crash) callerIDs(counts func(time.Time) bool) []string {
	c.t.Helper()
	var all []string
	for _, a := range c.list("/2010-04-01/Accounts.json?PageSize=100", c.opening.AuthToken, "accounts") {
		for _, id := range c.list("/2010-04-01/Accounts/"+a["sid"].(string)+"/OutgoingCallerIds.json", c.opening.AuthToken, "outgoing_caller_ids") {
			created, err := time.Parse(time.RFC1123Z, id["date_created"].(string))
			if err != nil {
				c.t.Fatal(err)
			}
			if counts(created) {
				all = append(all, id["phone_number"].(string))
			}
		}
	}
	slices.Sort(all)
	return all
}

// tokens are the present tokens of the active accounts, as the leaked one shows.
func (c *crash) tokens() map[string]string {
	all := map[string]string{}
	for _, a := range c.list("/2010-04-01/Accounts.json?PageSize=100", c.opening.AuthToken, "accounts") {
		if a["status"] == "active" {
			all[a["sid"].(string)] = a["auth_token"].(string)
		}
	}
	return all
}

func (c *crash) list(path, token, key string) []map[string]any {
	c.t.Helper()
	var envelope map[string]json.RawMessage
	var records []map[string]any
	body := c.fetch("api.twilio.com", path, c.opening.AccountSID, token)
	if err := json.Unmarshal(body, &envelope); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal(envelope[key], &records); err != nil {
		c.t.Fatalf("%s: %v: %s", path, err, body)
	}
	return records
}

func (c *crash) get(user, token, sid string) int {
	r, _ := http.NewRequest(http.MethodGet, c.server.URL+"/api.twilio.com/2010-04-01/Accounts/"+sid+".json", nil)
	r.SetBasicAuth(user, token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func (c *crash) fetch(host, path, user, token string) []byte {
	r, _ := http.NewRequest(http.MethodGet, c.server.URL+"/"+host+path, nil)
	r.SetBasicAuth(user, token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return b.Bytes()
}
