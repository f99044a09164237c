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

	bolt "go.etcd.io/bbolt"
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

func TestForeignFiles(t *testing.T) {
	folder := t.TempDir()
	other := filepath.Join(folder, "other.db")
	db, err := bolt.Open(other, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("etcd")); return err }))
	must(t, db.Close())
	for name, lay := range map[string]func(path string) error{
		"empty":          func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"short":          func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
		"random":         func(path string) error { return os.WriteFile(path, []byte(bigNoise()), 0o600) },
		"other bbolt":    func(path string) error { return os.Rename(other, path) },
		"folder":         func(path string) error { return os.Mkdir(path, 0o700) },
		"named pipe":     func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"link to folder": func(path string) error { return os.Symlink(folder, path) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(folder, name)
			must(t, lay(path))
			before := content(path)
			for _, try := range []func() error{
				func() error { _, err := Open(path, nil); return err },
				func() error { _, err := OpenToRead(path); return err },
				func() error { _, err := Verify(path, VerifyOptions{}); return err },
			} {
				refused(t, try(), ErrNotACase, "cannot open "+path+": this file is not a Retake case", "nothing in this file was changed")
			}
			same(t, before, content(path))
			if _, err := os.Lstat(path + ".holder"); err == nil {
				t.Error("a note was left beside it")
			}
		})
	}
	_, err = Open(filepath.Join(folder, "missing"), nil)
	refused(t, err, ErrMissing, "retake new --case")
}

// content is what an ordinary file holds.
func content(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	body, _ := os.ReadFile(path)
	return string(body)
}

func TestPathsThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	under := filepath.Join(file, "c.retake")
	if _, err := Open(under, nil); err == nil || !strings.Contains(err.Error(), "cannot open "+under) {
		t.Errorf("%v", err)
	}
	if _, err := Create(under, opening()); err == nil || !strings.Contains(err.Error(), "cannot make the case "+under) {
		t.Errorf("%v", err)
	}
	if _, err := Create("/proc/c.retake", opening()); err == nil || !strings.Contains(err.Error(), "cannot make the case /proc/c.retake") {
		t.Errorf("%v", err)
	}
}

// readOnlyFolder is a folder that even root cannot write into.
func readOnlyFolder(t *testing.T, path string) string {
	t.Helper()
	folder := filepath.Dir(path)
	if os.Geteuid() != 0 {
		must(t, os.Chmod(path, 0o400))
		must(t, os.Chmod(folder, 0o500))
		t.Cleanup(func() { _ = os.Chmod(folder, 0o700) })
		return path
	}
	mustMount(t, syscall.Mount(folder, folder, "", syscall.MS_BIND, ""))
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	mustMount(t, syscall.Mount("", folder, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	return path
}

// mustMount skips where a container may not mount, but never in CI.
func mustMount(t *testing.T, err error) {
	t.Helper()
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("this needs a mount, which is not allowed here: %v", err)
	}
	must(t, err)
}

func TestReadOnlyFolder(t *testing.T) {
	path := readOnlyFolder(t, filledCase(t))
	_, err := Open(path, nil)
	refused(t, err, ErrUnwritable, "permission denied", "make the folder and the file writable")
	_, err = Create(filepath.Join(filepath.Dir(path), "another"), opening())
	refused(t, err, ErrUnwritable, "cannot make the case")
	_, err = lookAt(path)
	must(t, err)
	mustVerify(t, path, VerifyOptions{})
}

func setSchema(t *testing.T, path, level string) {
	t.Helper()
	tamper(t, path, func(tx *bolt.Tx) error { return tx.Bucket(bucketCase).Put(keySchema, []byte(level)) })
}

func TestNewerSchema(t *testing.T) {
	path := filledCase(t)
	setSchema(t, path, "7")
	for _, try := range []func() error{
		func() error { _, err := Open(path, nil); return err },
		func() error { _, err := Verify(path, VerifyOptions{}); return err },
	} {
		refused(t, try(), ErrNewer, "level 7, this one knows 1", "use the Retake that wrote it")
	}
}

// withUpgrades registers patches for the length of a test.
func withUpgrades(t *testing.T, patches map[int]func(*bolt.Tx) error) {
	level, before := schemaLevel, upgrades
	schemaLevel, upgrades = 1+len(patches), patches
	t.Cleanup(func() { schemaLevel, upgrades = level, before })
}

func TestUpgrade(t *testing.T) {
	path := filledCase(t)
	var ran []int
	fail := errors.New("it does not fit")
	patch := func(level int) func(tx *bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			ran = append(ran, level)
			if level == 2 && fail != nil {
				return fail
			}
			return tx.Bucket(bucketCase).Put([]byte(fmt.Sprintf("patched-%d", level)), []byte("yes"))
		}
	}
	withUpgrades(t, map[int]func(*bolt.Tx) error{1: patch(1), 2: patch(2), 3: patch(3)})
	before, err := os.ReadFile(path)
	must(t, err)
	if _, err := Open(path, nil); !errors.Is(err, fail) || !strings.Contains(err.Error(), "cannot bring the case from schema level 1 to 4") {
		t.Errorf("%v", err)
	}
	after, err := os.ReadFile(path)
	must(t, err)
	same(t, before, after)
	if _, err := OpenToRead(path); err == nil || !strings.Contains(HintOf(err), "open it once for work") {
		t.Errorf("%v", err)
	}
	ran, fail = nil, nil
	for range 2 {
		c, err := Open(path, nil)
		must(t, err)
		level, err := c.level()
		must(t, err)
		same(t, 4, level)
		must(t, c.Close())
	}
	same(t, []int{1, 2, 3}, ran)
}

func TestUpgradeThatIsMissing(t *testing.T) {
	path := filledCase(t)
	withUpgrades(t, map[int]func(*bolt.Tx) error{5: nil})
	_, err := Open(path, nil)
	refused(t, err, ErrDamaged, "there is no way from schema level 1 to 2")
}

func TestHeaderCheck(t *testing.T) {
	live := Header{Kind: Live, Wire: "https://api.twilio.com", Account: mainSID}
	lab := Header{Kind: Lab, Wire: "http://127.0.0.1:8080", Account: mainSID}
	training := Header{Kind: Training, Wire: "training", Account: mainSID}
	for _, tt := range []struct {
		name             string
		h                Header
		kind             CaseKind
		wire, account    string
		want, wantedHint string
	}{
		{"all the same", live, Live, "https://api.twilio.com", mainSID, "", ""},
		{"nothing to compare", lab, "", "", "", "", ""},
		{"live over the lab's wire", live, Lab, "", "", "this is a LIVE case and the present wire is LAB", "unset RETAKE_API"},
		{"lab over the live wire", lab, Live, "", "", "this is a LAB case and the present wire is LIVE", "set RETAKE_API"},
		{"training over the live wire", training, Live, "", "", "this is a TRAINING case", "retake train"},
		{"live in training", live, Training, "", "", "this is a LIVE case and the present wire is TRAINING", "--case FILE"},
		{"another lab", lab, Lab, "http://127.0.0.1:9", "", "this case belongs to http://127.0.0.1:8080 and the present wire goes to http://127.0.0.1:9", "set RETAKE_API to http://127.0.0.1:8080"},
		{"another scenario", training, Training, "clean", "", "this case belongs to training", "--case FILE"},
		{"another account", live, Live, "", subSID, "this case is about account " + mainSID, "TWILIO_ACCOUNT_SID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.h.Check(tt.kind, tt.wire, tt.account)
			if tt.want == "" {
				must(t, err)
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(HintOf(err), tt.wantedHint) {
				t.Errorf("%v | %s", err, HintOf(err))
			}
		})
	}
}
