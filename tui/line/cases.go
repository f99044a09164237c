package line

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"retake/actions"
	"retake/actions/account"
	"retake/store"
)

// extension is how the names of case files end.
const extension = ".retake"

// folder is where case files lie that nobody named: XDG_DATA_HOME/retake.
func folder() (string, error) {
	xdg.Reload() // the environment may have been set after the program began
	path := filepath.Join(xdg.DataHome, "retake")
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", store.WithHint(fmt.Errorf("cannot make the folder for case files: %w", err), "name a file with --case FILE, or set XDG_DATA_HOME")
	}
	return path, nil
}

// newPath is the name of a new case file.
func newPath(kind store.CaseKind, sid string, now time.Time) (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, fmt.Sprintf("%s-%s-%s%s", strings.ToLower(string(kind)), sid, stamp(now), extension)), nil
}

// newestPath is the newest case file of a kind, for one account if sid is given;
// "" if there is none.
func newestPath(kind store.CaseKind, sid string) (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	pattern := strings.ToLower(string(kind)) + "-*" + extension
	if sid != "" {
		pattern = strings.ToLower(string(kind)) + "-" + sid + "-*" + extension
	}
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) == 0 {
		return "", err
	}
	// The name ends with the time of creation, which sorts as text.
	slices.SortFunc(found, func(x, y string) int { return strings.Compare(stampOf(x), stampOf(y)) })
	return found[len(found)-1], nil
}

func stampOf(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), extension)
	return name[strings.LastIndexByte(name, '-')+1:]
}

// wire is where calls go by the environment.
func (a *app) wire() (actions.Wire, error) {
	if api := a.getenv("RETAKE_API"); api != "" {
		return actions.LabWire(api)
	}
	return actions.LiveWire(), nil
}

// credential is the one in the environment; zero if there is none.
func (a *app) credential() account.Credential {
	return account.Credential{
		SID:    strings.TrimSpace(a.getenv("TWILIO_ACCOUNT_SID")),
		Secret: account.NewSecret(strings.TrimSpace(a.getenv("TWILIO_AUTH_TOKEN"))),
	}
}

// findCase is the path of the case to be worked on.
func (a *app) findCase() (string, error) {
	if a.casePath != "" {
		return a.casePath, nil
	}
	w, err := a.wire()
	if err != nil {
		return "", err
	}
	path, err := newestPath(w.Kind, a.getenv("TWILIO_ACCOUNT_SID"))
	if err == nil && path == "" {
		path, err = newestPath(w.Kind, "")
	}
	if err == nil && path == "" {
		err = store.WithHint(fmt.Errorf("there is no %s case yet", w.Kind), "make one with: retake new; or name one with --case FILE")
	}
	return path, err
}
