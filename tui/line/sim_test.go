package line_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/moment"
	"retake/actions/sim"
)

// served is retake sim in a process of its own.
type served struct {
	t     *testing.T
	cmd   *exec.Cmd
	first map[string]any
}

func serve(t *testing.T, args ...string) *served {
	t.Helper()
	s := &served{t: t, cmd: exec.CommandContext(t.Context(), "retake", append([]string{"sim"}, args...)...)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(line), &s.first); err != nil {
		t.Fatalf("the first line is no JSON: %v: %s", err, line)
	}
	return s
}

// get asks for a path; host, if not empty, is the Host header.
func (s *served) get(host, path string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.first["api"].(string)+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = host
	r.SetBasicAuth(s.first["account_sid"].(string), s.first["auth_token"].(string))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (s *served) end(signal os.Signal) int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Wait() // the status is asked for
	return s.cmd.ProcessState.ExitCode()
}

// TestSim serves the simulated account: what is printed first, by which
// addresses it answers, and how it ends.
func TestSim(t *testing.T) {
	t.Parallel()
	s := serve(t, "clean", "--seed", "4", "--keys", "2")
	if diff := cmp.Diff(map[string]any{
		"api": s.first["api"], "account_sid": s.first["account_sid"], "auth_token": s.first["auth_token"],
		"sendgrid_api_key": s.first["sendgrid_api_key"], "github_token": s.first["github_token"], "regional_auth_tokens": s.first["regional_auth_tokens"],
		"org_sid": s.first["org_sid"], "org_client_id": s.first["org_client_id"], "org_client_secret": s.first["org_client_secret"], "scenario": "clean", "seed": 4.0,
	}, s.first); diff != "" {
		t.Errorf("the first line is another one: %s", diff)
	}
	api, sid := s.first["api"].(string), s.first["account_sid"].(string)
	if !strings.HasPrefix(api, "http://127.0.0.1:") || !strings.HasPrefix(sid, "AC") || len(s.first["auth_token"].(string)) != 32 || !strings.HasPrefix(s.first["sendgrid_api_key"].(string), "SG.") {
		t.Errorf("the first line is odd: %v", s.first)
	}
	path := "/2010-04-01/Accounts/" + sid + ".json"
	for _, c := range []struct {
		host, path string
		want       int
	}{
		{"api.twilio.com", path, 200}, {"", "/api.twilio.com" + path, 200}, {"api.twilio.com:443", path, 200},
		{"iam.twilio.com", "/v1/Keys?AccountSid=" + sid, 200}, {"", "/iam.twilio.com/v1/Keys?AccountSid=" + sid, 200},
		{"", path, 501}, {"example.com", path, 501}, {"", "/example.com" + path, 501},
	} {
		if status, body := s.get(c.host, c.path); status != c.want {
			t.Errorf("%s %s answers %d: %s", c.host, c.path, status, body)
		}
	}
	if status, body := s.get("", "/__sim/acts"); status != 200 || strings.TrimSpace(body) != "[]" {
		t.Errorf("the log of acts is %d %s", status, body)
	}
	if status := s.end(os.Interrupt); status != 0 {
		t.Errorf("it ends with %d after an interrupt", status)
	}
}

// TestSimTwice wants the same seed and clock to give the same account.
func TestSimTwice(t *testing.T) {
	t.Parallel()
	args := []string{"--seed", "9", "--now", "2026-03-01T03:00:00Z", "--subaccounts", "3", "--messages", "5", "--calls", "5"}
	one, two := serve(t, args...), serve(t, args...)
	other := serve(t, "--seed", "10", "--now", "2026-03-01T03:00:00Z", "--subaccounts", "3")
	for _, name := range []string{"account_sid", "auth_token", "sendgrid_api_key"} {
		if one.first[name] != two.first[name] || one.first[name] == other.first[name] {
			t.Errorf("%s: %v and %v; another seed: %v", name, one.first[name], two.first[name], other.first[name])
		}
	}
	base := "/api.twilio.com/2010-04-01/Accounts/" + one.first["account_sid"].(string)
	for _, path := range []string{base + ".json", "/api.twilio.com/2010-04-01/Accounts.json", base + "/Keys.json", base + "/Calls.json", base + "/Messages.json", "/monitor.twilio.com/v1/Events"} {
		status, first := one.get("", path)
		_, second := two.get("", path)
		if status != 200 || history(t, first) == "" || history(t, first) != history(t, second) {
			t.Errorf("%s: %d and they differ: %s", path, status, cmp.Diff(history(t, first), history(t, second)))
		}
	}
	if status := two.end(syscall.SIGTERM); status != 0 {
		t.Errorf("it ends with %d after SIGTERM", status)
	}
}

// history is a reply without what came after the clock began to run, or was under
// way then: it runs in each process by itself.
func history(t *testing.T, reply string) string {
	t.Helper()
	var body map[string]any
	must(t, json.Unmarshal([]byte(reply), &body))
	began := time.Date(2026, 3, 1, 2, 58, 0, 0, time.UTC)
	for name, value := range body {
		records, isList := value.([]any)
		if !isList {
			continue
		}
		delete(body, "end")
		body[name] = slices.DeleteFunc(records, func(r any) bool {
			made, _ := r.(map[string]any)["date_created"].(string)
			done, _ := r.(map[string]any)["event_date"].(string)
			return !moment.Of(made, done).Before(began)
		})
	}
	text, err := json.Marshal(body)
	must(t, err)
	return string(text)
}

// TestSimRefuses wants flags that make no sense to be wrong usage.
func TestSimRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--listen", "0.0.0.0:0"}, {"--listen", "192.0.2.1:80"}, {"--listen", ":8080"}, {"--listen", "nonsense"}, {"--listen", "127.0.0.1"}, {"--listen", "example.com:80"},
		{"--now", "yesterday"}, {"--seed", "x"}, {"--seed", "-1"}, {"--race", "sometimes"}, {"--second-secondary", "maybe"}, {"--promote-lag", "slow"},
		{"--promote-lag", "-1s"}, {"--latency", "-1s"}, {"--subaccounts", "-1"}, {"--concurrency", "-1"}, {"--fault", "nonsense"}, {"--fault", "lost-after:POST /x:0"},
		{"leaked-token", "twice"}, {"nowhere"}, {"--key-limit", "-1"}, {"--no-such-switch"},
	} {
		s := command(t, os.Environ(), "retake", append([]string{"sim"}, args...)...)
		if s.status != 2 || s.out != "" || !advice.MatchString(s.errs) {
			t.Errorf("sim %v: %d\n%s%s", args, s.status, s.out, s.errs)
		}
	}
	s := serve(t)
	taken := strings.TrimPrefix(s.first["api"].(string), "http://")
	if again := command(t, os.Environ(), "retake", "sim", "--listen", taken); again.status != 1 || !advice.MatchString(again.errs) {
		t.Errorf("an address that is taken: %d %s", again.status, again.errs)
	}
	if live := command(t, append(os.Environ(), "RETAKE_API="+s.first["api"].(string)), "retake", "sim", "--listen", "localhost:0", "--race", "x"); live.status != 2 {
		t.Errorf("%+v", live)
	}
}

// TestClosedPipe wants no crash where nobody reads what is printed.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 13})
	for _, args := range [][]string{
		{"--help"}, {"--version"}, {"train", "--help"}, {"sim", "--seed", "1"}, {"verify", path}, {"status", "--case", path}, {"step", "auth-tokens", "--plan", "--json", "--case", path},
		{"step", "auth-tokens", "--apply", "--account", l.opening.AccountSID, "--case", path}, {"token", l.opening.AccountSID, "--case", path},
	} {
		for _, both := range []bool{false, true} {
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			_ = out.Close()
			cmd := exec.CommandContext(t.Context(), "retake", args...)
			var errs strings.Builder
			cmd.Env = append(os.Environ(), l.environment()...)
			cmd.Stdout, cmd.Stderr = in, &errs
			if both {
				cmd.Stderr = in
			}
			watch := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			_ = cmd.Run() // it may end in any way but these
			watch.Stop()
			_ = in.Close()
			if text := errs.String(); strings.Contains(text, "panic") || strings.Contains(text, "goroutine") || strings.Contains(text, "fault of its own") || cmd.ProcessState.ExitCode() == 2 {
				t.Errorf("%v: %s\n%s", args, cmd.ProcessState, text)
			}
		}
	}
	if err := errors.Join(verified(path), l.journaled(path, false)); err != nil {
		t.Error(err)
	}
	if s := l.retake(t, "step", "auth-tokens", "--apply", "--account", l.opening.AccountSID, "--case", path); s.status != 0 {
		t.Errorf("gone on with: %+v", s)
	}
}

// TestInterrupt stops a rotation with Ctrl-C in the middle: what is in flight
// ends and is journaled, and the same command goes on.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	s := serve(t, "--seed", "12", "--latency", "30ms")
	dir := t.TempDir()
	env := append(os.Environ(), "RETAKE_API="+s.first["api"].(string), "TWILIO_ACCOUNT_SID="+s.first["account_sid"].(string),
		"TWILIO_AUTH_TOKEN="+s.first["auth_token"].(string), "RETAKE_PASSPHRASE="+passphrase, "RETAKE_RESPONDER=Robin", "XDG_DATA_HOME="+dir)
	if made := command(t, env, "retake", "new"); made.status != 0 {
		t.Fatal(made)
	}
	args := []string{"step", "auth-tokens", "--apply", "--account", s.first["account_sid"].(string)}
	cmd := exec.CommandContext(t.Context(), "retake", args...)
	cmd.Env = env
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		if _, acts := s.get("", "/__sim/acts"); strings.Contains(acts, "/Secondary") {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 3 || !advice.MatchString(errs.String()) {
		t.Errorf("interrupted: %d\n%s%s", status, out.String(), errs.String())
	}
	if next := command(t, env, "retake", args...); next.status != 0 {
		t.Errorf("gone on with: %+v", next)
	}
	if token := command(t, env, "retake", "token", s.first["account_sid"].(string)); token.status != 0 {
		t.Errorf("%+v", token)
	}
}
