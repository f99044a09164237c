package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"
)

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
	freeze(t, folder)
	return path
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
		refused(t, try(), ErrNewer, fmt.Sprintf("level 7, this one knows %d", schemaLevel), "use the Retake that wrote it")
	}
}

// withUpgrades registers patches for the length of a test.
func withUpgrades(t *testing.T, patches map[int]func(*bolt.Tx) error) {
	level, before := schemaLevel, upgrades
	schemaLevel, upgrades = 1+len(patches), patches
	t.Cleanup(func() { schemaLevel, upgrades = level, before })
}

// TestUpgradeFromTheFirstLevel takes a case as the first level drew it.
func TestUpgradeFromTheFirstLevel(t *testing.T) {
	c := newCase(t, opening())
	_, err := c.AddExhibit(exchange(listBody, "keys"))
	must(t, err)
	must(t, c.Close())
	tamper(t, c.Path(), func(tx *bolt.Tx) error {
		views := tx.Bucket(bucketViews)
		return errors.Join(views.DeleteBucket(viewCaptures), views.DeleteBucket(viewFigures), views.DeleteBucket(viewSubjects), views.DeleteBucket(viewMarks), tx.Bucket(bucketCase).Put(keySchema, []byte("1")))
	})
	c, err = Open(c.Path(), nil)
	must(t, err)
	must(t, c.AddFigures(Figures{Status: "active"}))
	must(t, c.AddSubjects(Subject{Kind: "person", Name: "Ada"}))
	must(t, c.AddMarks("emails", Mark{Kind: "person", Subject: "Ada", Check: "confirmed", Answer: AnswerDone}))
	must(t, c.Close())
	mustVerify(t, c.Path(), VerifyOptions{})
}

func TestUpgrade(t *testing.T) {
	path := filledCase(t)
	setSchema(t, path, "1")
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
	setSchema(t, path, "1")
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
