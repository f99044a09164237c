package actions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// listed is a package as go list sees it: what it imports itself, and
// everything that is linked with it.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// packages lists the module. A package that is missing or does not compile
// today is no wrong arrow, so -e passes it over.
func packages(t *testing.T) []listed {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not on the PATH")
	}
	var errs bytes.Buffer
	list := exec.Command("go", "list", "-deps", "-e", "-json=ImportPath,Imports,Deps", "./...")
	list.Dir, list.Stderr = "..", &errs
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errs.String())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// within tells whether a package is the one at path or lies below it.
func within(pkg, path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }

// The arrows run one way: main to tui to actions to store.
func TestArrows(t *testing.T) {
	forbidden := []struct{ from, to string }{
		{"retake/store", "retake/actions"},
		{"retake/store", "retake/tui"},
		{"retake/store", "github.com/twilio/twilio-go"},
		{"retake/store", "github.com/charmbracelet"},
		{"retake/actions", "retake/tui"},
		{"retake/actions", "github.com/charmbracelet"},
		{"retake/actions/account", "retake/actions/sim"},
		{"retake/actions/sim", "retake/actions/account"},
		{"retake/actions/sim", "retake/store"},
	}
	seen := map[string]bool{}
	for _, p := range packages(t) {
		for _, f := range forbidden {
			if !within(p.ImportPath, f.from) {
				continue
			}
			seen[f.from] = true
			if i := slices.IndexFunc(p.Deps, func(d string) bool { return within(d, f.to) }); i >= 0 {
				t.Errorf("%s is linked with %s", p.ImportPath, p.Deps[i])
			}
		}
	}
	for _, f := range forbidden {
		if !seen[f.from] {
			t.Errorf("go list shows no package %s", f.from)
		}
	}
}

// Some libraries have one door each.
func TestOneDoor(t *testing.T) {
	doors := []struct{ library, door string }{
		{"github.com/twilio/twilio-go", "retake/actions/account"},
		{"go.etcd.io/bbolt", "retake/store"},
		{"filippo.io/age", "retake/store"},
		{"github.com/charmbracelet", "retake/tui"},
		{"github.com/spf13/cobra", "retake/tui/line"},
	}
	for _, p := range packages(t) {
		for _, d := range doors {
			if !within(p.ImportPath, "retake") || within(p.ImportPath, d.door) {
				continue
			}
			if i := slices.IndexFunc(p.Imports, func(i string) bool { return within(i, d.library) }); i >= 0 {
				t.Errorf("%s imports %s, which only %s may", p.ImportPath, p.Imports[i], d.door)
			}
		}
	}
}

// What the tests lean on does not travel with the program.
func TestNothingOfTheTestsIsLinked(t *testing.T) {
	found := false
	for _, p := range packages(t) {
		if p.ImportPath != "retake" {
			continue
		}
		found = true
		for _, library := range []string{"github.com/getkin/kin-openapi", "github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "github.com/creack/pty", "testing"} {
			if i := slices.IndexFunc(p.Deps, func(d string) bool { return within(d, library) }); i >= 0 {
				t.Errorf("the program is linked with %s", p.Deps[i])
			}
		}
	}
	if !found {
		t.Error("go list shows no main package")
	}
}
