package line_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"retake/actions/sim"
)

// TestFileSizeLimit lets the case grow to a limit and no further, so that a step
// is cut off somewhere in the middle: nothing is sent that is not in the
// journal, and with room again the same command ends well.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	cut := 0
	for _, kib := range []int{64, 128, 192, 256, 384, 512, 1024} {
		l, path := begin(t, sim.Options{Seed: 61, Subaccounts: 12})
		limited := fmt.Sprintf("ulimit -f %d && exec retake step auth-tokens --apply --account %s --case %s", kib*2, l.opening.AccountSID, path)
		s := command(t, append(os.Environ(), l.environment()...), "sh", "-c", limited)
		if s.status != 0 {
			cut++
		}
		t.Logf("%d KiB: %d, %d acts of ours", kib, s.status, len(l.ours()))
		recovers(t, l, path, s)
	}
	if cut < 3 {
		t.Errorf("only %d of the limits cut the step off", cut)
	}
}

// TestFullDisk fills the disk that the case lies on before the step begins, up
// to a few pages more each time.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		skip(t, "a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	cut, after := 0, 0
	for pages := 0; pages < 160; pages = pages*3/2 + 1 {
		path, ballast := filepath.Join(dir, fmt.Sprintf("%d.retake", pages)), filepath.Join(dir, "ballast")
		l, err := newLab(sim.Options{Seed: 62, Subaccounts: 6})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.newCase(path); err != nil {
			t.Fatal(err)
		}
		fill(t, dir, ballast, pages)
		s := l.retake(t, "step", "auth-tokens", "--apply", "--account", l.opening.AccountSID, "--case", path)
		t.Logf("%d pages: %d, %d acts of ours", pages, s.status, len(l.ours()))
		if s.status != 0 {
			cut++
			if len(l.ours()) > 0 {
				after++
			}
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		recovers(t, l, path, s)
		l.server.Close()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if cut < 3 || after < 1 {
		t.Errorf("the disk was full %d times, %d of them in the middle", cut, after)
	}
}

// fill leaves a number of free pages on a disk.
func fill(t *testing.T, dir, ballast string, pages int) {
	t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	size := int(fs.Bavail)*int(fs.Bsize) - pages*4096
	if err := os.WriteFile(ballast, bytes.Repeat([]byte{1}, size), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fullSteps are the steps that are cut off, each with what gives it something to
// do.
func fullSteps(t *testing.T, l *lab) map[string][]string {
	allow, _ := l.callerIDs(t)
	return map[string][]string{
		"auth-tokens": nil, "api-keys": nil, "geo-and-triggers": {"mode=lock", "callback_url=" + sweepHook}, "caller-id": {"allow=" + strings.Split(allow, ",")[0]},
	}
}

// applied are the arguments that carry a step out.
func applied(l *lab, step, path string, set []string) []string {
	args := []string{"step", step, "--apply", "--account", l.opening.AccountSID, "--case", path}
	for _, pair := range set {
		args = append(args, "--set", pair)
	}
	return args
}

// diskFaults are how a disk fails, and at which of the program's calls: it is
// broken or full; it was mounted anew for reading only, as a file system does by
// itself when it is damaged (a write to a file that is open already gets EROFS);
// or a server of files takes the right to write away (EACCES). That the folder
// alone loses its rights touches no file that is open.
var diskFaults = []struct {
	fault string
	at    []int
}{
	{"fdatasync:error=EIO:when=%d+", []int{12, 40, 75}}, {"pwrite64:error=ENOSPC:when=%d+", []int{12, 40, 75}},
	{"pwrite64:error=EROFS:when=%d+", []int{75}}, {"fdatasync:error=EACCES:when=%d+", []int{20}},
}

// TestFailingWrites has the disk fail in the middle of each step, at a write or
// when what was written is to reach it: nothing is sent that is not in the
// journal, and with a sound disk the same command ends.
func TestFailingWrites(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		skip(t, "strace is not there: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), strace, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody trace, so that no disk can be made to fail: %v %s", err, out)
	}
	var after atomic.Int32 // how many were cut off after something was sent, of all steps: strace counts by thread
	t.Cleanup(func() {
		if after.Load() < 1 {
			t.Error("no step was cut off in its middle")
		}
	})
	for _, step := range []string{"auth-tokens", "api-keys", geoStep, "caller-id"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			cut := 0
			for _, f := range diskFaults {
				for _, n := range f.at {
					s, acts := failing(t, strace, step, fmt.Sprintf(f.fault, n))
					if s.status == 0 {
						continue
					}
					if cut++; acts > 0 {
						after.Add(1)
					}
				}
			}
			if cut < 2 {
				t.Errorf("cut off %d times", cut)
			}
		})
	}
}

// failing carries a step out on a disk that fails, and then on a sound one.
func failing(t *testing.T, strace, step, fault string) (s said, acts int) {
	t.Helper()
	l, path := begin(t, sim.Options{Seed: 64, Messages: 20, Calls: 20})
	set := fullSteps(t, l)[step]
	call, _, _ := strings.Cut(fault, ":")
	args := append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", "inject=" + fault, "retake"}, applied(l, step, path, set)...)
	s = command(t, append(os.Environ(), l.environment()...), strace, args...)
	acts = len(l.ours())
	t.Logf("%s: %d, %d acts of ours", fault, s.status, acts)
	told := advice.MatchString(s.errs) || strings.Contains(s.out, "failed") // the run, or one change of it
	if s.status == 1 && !told {
		t.Errorf("%s: %s%s", fault, s.out, s.errs)
	}
	if err := errors.Join(verified(path), l.journaled(path, false)); err != nil {
		t.Errorf("%s: %v", fault, err)
	}
	next := l.retake(t, applied(l, step, path, set)...)
	if next.status != 0 && !(step == geoStep && next.status == 3) { // countries that are set by hand
		t.Errorf("%s: gone on with: %d\n%s%s", fault, next.status, next.out, next.errs)
	}
	if err := errors.Join(verified(path), l.journaled(path, true)); err != nil {
		t.Errorf("%s, gone on with: %v", fault, err)
	}
	return s, acts
}

// recovers wants a run that was cut off to have said so and to have sent nothing
// unannounced, and the next one to end well.
func recovers(t *testing.T, l *lab, path string, s said) {
	t.Helper()
	if s.status != 0 && (s.status != 1 || !advice.MatchString(s.errs) || !strings.Contains(s.errs, "the disk is full") || !strings.Contains(s.errs, "free some space")) {
		t.Errorf("cut off with %d\n%s%s", s.status, s.out, s.errs)
	}
	if err := verified(path); err != nil {
		t.Error(err)
	}
	if err := l.journaled(path, false); err != nil {
		t.Error(err)
	}
	next := l.retake(t, "step", "auth-tokens", "--apply", "--account", l.opening.AccountSID, "--case", path)
	if next.status != 0 {
		t.Errorf("gone on with: %d\n%s%s", next.status, next.out, next.errs)
	}
	if err := l.oldTokensDead(); err != nil {
		t.Error(err)
	}
	if token := l.retake(t, "token", l.opening.AccountSID, "--case", path); strings.TrimSpace(token.out) != l.account(l.opening.AccountSID).Primary {
		t.Errorf("the token in force was lost: %d %s", token.status, token.errs)
	}
	if err := l.journaled(path, true); err != nil {
		t.Error(err)
	}
	if err := verified(path); err != nil {
		t.Error(err)
	}
}

// TestReadOnlyFolder makes and opens cases where nothing can be written, as
// somebody who is not root.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 63})
	dir := filepath.Dir(path)
	program, who := asNobody(t, path)
	for _, mode := range []struct{ folder, file os.FileMode }{{0o555, 0o600}, {0o555, 0o400}, {0o755, 0o400}} {
		if err := errors.Join(os.Chmod(path, mode.file), os.Chmod(dir, mode.folder)); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			works bool
			args  []string
		}{
			{mode.folder == 0o755, []string{"new", "--case", filepath.Join(dir, "other.retake")}},
			{mode.file == 0o600, []string{"step", "auth-tokens", "--plan", "--case", path}},
			{mode.file == 0o600, []string{"attest", "website", "--note", "x", "--case", path}},
			{true, []string{"verify", path}},
			{true, []string{"status", "--case", path}},
		} {
			cmd := exec.CommandContext(t.Context(), program, c.args...)
			cmd.Env, cmd.Dir, cmd.SysProcAttr = append(os.Environ(), l.environment()...), dir, who
			var errs strings.Builder
			cmd.Stderr = &errs
			_ = cmd.Run() // the status is looked at
			status, what := cmd.ProcessState.ExitCode(), fmt.Sprintf("folder %o, file %o: %v", mode.folder, mode.file, c.args)
			if c.works && status != 0 || !c.works && (status != 1 || !advice.MatchString(errs.String()) || !strings.Contains(errs.String(), "make the folder and the file writable")) {
				t.Errorf("%s: %d %s", what, status, errs.String())
			}
		}
	}
	if err := errors.Join(os.Chmod(dir, 0o755), verified(path)); err != nil {
		t.Error(err)
	}
	if len(l.Acts()) > 0 {
		t.Errorf("something was changed: %v", l.Acts())
	}
}

// asNobody gives a case and its folder to somebody who is not root, and returns
// the program where he may run it. Who is not root stays who he is.
func asNobody(t *testing.T, path string) (program string, who *syscall.SysProcAttr) {
	t.Helper()
	program, err := exec.LookPath("retake")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		return program, nil
	}
	const nobody = 65534
	bin := t.TempDir()
	for _, dir := range []string{bin, filepath.Dir(path)} {
		for ; dir != filepath.Clean(os.TempDir()); dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(bin, "retake")
	if err := errors.Join(os.WriteFile(program, text, 0o755), os.Chown(path, nobody, nobody), os.Chown(filepath.Dir(path), nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	return program, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}
