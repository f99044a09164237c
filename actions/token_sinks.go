package actions

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"retake/actions/account"
)

// placeholder stands for the SID of the account in a file name or an argument.
const placeholder = "{account}"

// filled puts the SID where the placeholder is.
func filled(text, sid string) string { return strings.ReplaceAll(text, placeholder, sid) }

// argvOf reads a command: a JSON array of a program and its arguments.
func argvOf(text string) ([]string, error) {
	var argv []string
	if err := json.Unmarshal([]byte(text), &argv); err != nil || len(argv) == 0 || argv[0] == "" {
		return nil, errors.New(`handover_command is a JSON array of a program and its arguments, such as ["vault", "kv", "put", "secret/twilio", "token=-"]; no shell reads it`)
	}
	return argv, nil
}

// halfWritten is where a token is written before it stands under its own name:
// beside it, and always the same, so that the next try finds what a killed one
// left, and takes it away.
func halfWritten(path string) string {
	return filepath.Join(filepath.Dir(path), ".retake-"+filepath.Base(path))
}

// pourFile writes a token to a new file that only its owner can read. It is
// there whole or not at all, and never in the place of another.
func pourFile(path string, token account.Secret) (proof string, err error) {
	half := halfWritten(path)
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // follows no link
	if err != nil {
		return "", err
	}
	defer os.Remove(half)
	_, err = f.WriteString(token.Reveal())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	if err := os.Link(half, path); errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("%s is there already and is not written over: move it away", path)
	} else if err != nil {
		return "", err
	}
	return "written to " + path + ", readable by its owner only", syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Bounds of what a command may print: so much is listened to, and so much is
// kept.
const (
	mostHeard = 64 << 10
	mostKept  = 1000
)

// pourCommand runs a program with the token, and nothing else, on its standard
// input. It fails unless the program ends with 0 within the time and keeps the
// token to itself.
func pourCommand(ctx context.Context, argv, env []string, k known, timeout time.Duration) (proof string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	heard := &hearing{}
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Env, c.Stdin, c.Stdout, c.Stderr = env, strings.NewReader(k.token.Reveal()), heard, heard
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it starts ends with it
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
	err = c.Run()
	said := heard.tell(k)
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("the command did not end within %s and was killed; it may have taken the token%s", timeout, said)
	case err != nil:
		return "", fmt.Errorf("the command failed (%s)%s", k.hide(err.Error()), said)
	case heard.told(k.token):
		return "", errors.New("the command printed the token: what it printed is not kept here, but look whether it stands in a log of its own")
	}
	return "the command ended with exit status 0" + said, nil
}

// hearing keeps the beginning of what a command prints.
type hearing struct {
	mu   sync.Mutex
	text []byte
	more bool
}

func (h *hearing) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	room := mostHeard - len(h.text)
	h.text, h.more = append(h.text, p[:min(len(p), room)]...), h.more || len(p) > room
	return len(p), nil
}

// tell is what was heard, masked and cut short; nothing of it where the token
// is in it.
func (h *hearing) tell(k known) string {
	h.mu.Lock()
	text := string(h.text)
	h.mu.Unlock()
	switch {
	case strings.TrimSpace(text) == "":
		return ""
	case h.told(k.token):
		return "; what it printed held the token and is not kept"
	}
	text = strings.ToValidUTF8(k.hide(text), "?")
	if cut := []rune(text); len(cut) > mostKept || h.more {
		text = string(cut[:min(len(cut), mostKept)]) + " …"
	}
	return "; it printed: " + strings.TrimSpace(text)
}

// told tells whether the token, or a good part of it, was printed, however it
// was broken over lines or written.
func (h *hearing) told(token account.Secret) bool {
	h.mu.Lock()
	heard := dense(h.text)
	h.mu.Unlock()
	for _, form := range forms(token.Reveal()) {
		const part = 12 // letters: nobody prints as many of a token by chance
		for i := 0; i+part <= len(form); i++ {
			if bytes.Contains(heard, []byte(form[i:i+part])) {
				return true
			}
		}
	}
	return false
}

// dense leaves letters and digits only, in lower case.
func dense(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// forms are the ways in which a token may be printed.
func forms(token string) []string {
	backward := []rune(token)
	slices.Reverse(backward)
	all := []string{token, string(backward), hex.EncodeToString([]byte(token))}
	for shift := range 3 { // base64 of a text that the token stands in
		all = append(all, base64.StdEncoding.EncodeToString([]byte(token)[shift:]))
	}
	for i := range all {
		all[i] = string(dense([]byte(all[i])))
	}
	return all
}

// known is the token that is handed over and how all other secrets are masked.
type known struct {
	token account.Secret
	mask  func(string) string
}

func (k known) hide(text string) string { return k.mask(text) }

// environment is what a command may see of ours: no variable that is there for
// Retake, and none that holds one of its secrets.
func environment(all, secrets []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(pair string) bool {
		name, value, _ := strings.Cut(pair, "=")
		for _, prefix := range []string{"TWILIO_", "RETAKE_", "SENDGRID_", "GITHUB_TOKEN"} {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		return slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(value, s) })
	})
}
