package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// refused checks an error for its kind and for words in it and in its hint.
func refused(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("the error is %v and should be %v", err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error()+" | "+HintOf(err), w) {
			t.Errorf("%q is missing in: %v | %s", w, err, HintOf(err))
		}
	}
}

func TestPassphrase(t *testing.T) {
	c, err := Open(filledCase(t), ticking())
	must(t, err)
	defer c.Close()
	refused(t, c.Unlock("wrong"), ErrPassphrase, "try again")
	refused(t, c.Unlock(""), ErrLocked)
	if c.Unlocked() {
		t.Error("it is unlocked")
	}
	_, err = c.Unseal(2)
	refused(t, err, ErrLocked)
	_, err = c.World()
	refused(t, err, ErrLocked)
	refused(t, c.Checkpoint("end"), ErrLocked, "cannot sign the custody log")
	must(t, c.Seal(Secret{mainSID, RoleOld, "sealing needs no passphrase"}))
	must(t, c.Unlock(passphrase))
	value, err := c.Unseal(2)
	must(t, err)
	same(t, oldToken, value)
	o := opening()
	o.Passphrase = ""
	if _, err := Create(filepath.Join(t.TempDir(), "c"), o); err == nil || !strings.Contains(HintOf(err), "RETAKE_PASSPHRASE") {
		t.Errorf("%v", err)
	}
	o.Passphrase, o.Recipients = passphrase, []string{"ssh-rsa AAAA"}
	if _, err := Create(filepath.Join(t.TempDir(), "c"), o); err == nil || !strings.Contains(HintOf(err), "age1") {
		t.Errorf("%v", err)
	}
}

func TestHeldInThisProcess(t *testing.T) {
	c := newCase(t, opening())
	me := fmt.Sprintf("process %d on ", os.Getpid())
	_, err := Open(c.Path(), nil)
	refused(t, err, ErrHeld, me, "opened by Robin at ", "close that console")
	_, err = OpenToRead(c.Path())
	refused(t, err, ErrHeld, me)
	_, err = Verify(c.Path(), VerifyOptions{})
	refused(t, err, ErrHeld, me, "this case is open in another process")
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(c.Path(), link))
	_, err = Open(link, nil)
	refused(t, err, ErrHeld, me)
	must(t, c.Close())
	must(t, c.Close())
	if _, err := os.Lstat(c.Path() + ".holder"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the note is still there: %v", err)
	}
	again, err := Open(link, nil)
	must(t, err)
	must(t, c.Close()) // a second Close does not take away another one's note
	if _, err := os.Lstat(c.Path() + ".holder"); err != nil {
		t.Error(err)
	}
	must(t, again.Close())
}

func TestHeldByAnotherProcessUntilItIsKilled(t *testing.T) {
	path := filledCase(t)
	other := startChild(t, "hold", path)
	if line, err := other.out.ReadString('\n'); line != "holding\n" {
		t.Fatalf("%q %v", line, err)
	}
	host, _ := os.Hostname()
	_, err := Open(path, nil)
	refused(t, err, ErrHeld, fmt.Sprintf("process %d on %s, opened by Robin at 20", other.Process.Pid, printable(host)))
	must(t, other.Process.Kill())
	_ = other.Wait()
	if _, err := os.Stat(path + ".holder"); err != nil {
		t.Fatal("the killed process left no note")
	}
	reader, err := OpenToRead(path)
	must(t, err)
	_, err = Open(path, nil) // held by a reader: the stale note must not be believed
	refused(t, err, ErrHeld, "wait until the other command is done")
	if strings.Contains(err.Error(), "process ") && strings.Contains(err.Error(), "opened by") {
		t.Errorf("a dead process is named: %v", err)
	}
	must(t, reader.Close())
	c, err := Open(path, nil)
	must(t, err)
	must(t, c.Close())
}

func TestTwoReadersAtOnce(t *testing.T) {
	path := filledCase(t)
	c, err := OpenToRead(path)
	must(t, err)
	defer c.Close()
	mustVerify(t, path, VerifyOptions{})
	refused(t, c.AddNote("", "x"), ErrReadOnly, "cannot file a note")
	_, err = c.Intend(Act{Verb: "delete", Target: "SK1"})
	refused(t, err, ErrReadOnly)
}

func TestModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	c := newCase(t, opening())
	for _, path := range []string{c.Path(), c.Path() + ".holder"} {
		info, err := os.Stat(path)
		must(t, err)
		same(t, fs.FileMode(0o600), info.Mode())
	}
	others, err := os.ReadDir(filepath.Dir(c.Path()))
	must(t, err)
	same(t, 2, len(others)) // no working file is left
}

func TestHolderNoteWritesIntoNothingElse(t *testing.T) {
	path := filledCase(t)
	victim := filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("precious"), 0o644))
	must(t, os.Symlink(victim, path+".holder"))
	c, err := Open(path, nil)
	must(t, err)
	must(t, c.Close())
	body, err := os.ReadFile(victim)
	must(t, err)
	same(t, "precious", string(body))
}

func TestCreateTouchesNothingThatExists(t *testing.T) {
	folder := t.TempDir()
	for name, lay := range map[string]func(path string) error{
		"file":          func(path string) error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"dangling link": func(path string) error { return os.Symlink("/nowhere/at all", path) },
	} {
		path := filepath.Join(folder, name)
		must(t, lay(path))
		_, err := Create(path, opening())
		refused(t, err, ErrExists, "there is a file of that name already", "choose another name")
	}
	if body, _ := os.ReadFile(filepath.Join(folder, "file")); string(body) != "precious" {
		t.Errorf("the file was changed: %q", body)
	}
	_, err := Create(filepath.Join(folder, "none", "c"), opening())
	if err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Error(err)
	}
	stale, fresh := filepath.Join(folder, ".c.1.new"), filepath.Join(folder, ".c.2.new")
	must(t, firstOf(os.WriteFile(stale, nil, 0o600), os.WriteFile(fresh, nil, 0o600), os.Chtimes(stale, time.Time{}, time.Now().Add(-2*leftover))))
	c, err := Create(filepath.Join(folder, "c"), opening())
	must(t, err)
	must(t, c.Close())
	if _, err := os.Stat(stale); err == nil {
		t.Error("the working file of a process that died is still there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("the working file of another process was taken away")
	}
}

func TestManyCreateOneCase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c*?[.retake")
	var group sync.WaitGroup
	var mu sync.Mutex
	var made []*Case
	for range 12 {
		group.Go(func() {
			c, err := Create(path, opening())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made = append(made, c)
			} else if !errors.Is(err, ErrExists) && !errors.Is(err, ErrHeld) {
				t.Errorf("%v", err)
			}
		})
	}
	group.Wait()
	if len(made) != 1 {
		t.Fatalf("%d of them made the case", len(made))
	}
	must(t, made[0].Close())
	mustVerify(t, path, VerifyOptions{Key: made[0].Header.PublicKey})
}

func TestClaimWhereThereAreNoLinks(t *testing.T) {
	folder := t.TempDir()
	working, path := filepath.Join(folder, "w"), filepath.Join(folder, "c")
	must(t, os.WriteFile(working, []byte("whole"), 0o600))
	must(t, claim(working, path))
	must(t, os.WriteFile(working, []byte("second"), 0o600))
	if err := claim(working, path); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	body, err := os.ReadFile(path)
	must(t, err)
	same(t, "whole", string(body))
}
