package probe

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// nginx starts the web server on the loopback with the folder as its site, and
// returns its address.
func nginx(t *testing.T, site string) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not on the PATH")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at, dir := free.Addr().String(), t.TempDir()
	_ = free.Close()
	conf := fmt.Sprintf("daemon off; worker_processes 1; pid %[1]s/pid; error_log stderr; events {} http { access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s; server { listen %[2]s; root %[3]s; location /files/ { autoindex on; } } }", dir, at, site)
	write(t, dir, "nginx.conf", conf)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	c := exec.Command(program, "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() { _ = c.Process.Signal(os.Interrupt); <-ended })
	for deadline := time.Now().Add(10 * time.Second); ; {
		if c, err := net.Dial("tcp", at); err == nil {
			_ = c.Close()
			return at
		}
		select {
		case err := <-ended:
			ended <- err
			t.Skipf("nginx does not start here: %v: %s", err, said.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("nginx does not answer")
		}
	}
}

// A real web server as many are: it hands out what lies in its folder.
func TestNginxGivesAway(t *testing.T) {
	site := plant(t, map[string]string{"index.html": "hello", ".git/HEAD": "ref: refs/heads/main\n", ".env": "TWILIO=" + fakeSID + ":" + otherHex + "\n", "files/x.txt": "x"})
	for at := site; at != os.TempDir() && at != "/"; at = filepath.Dir(at) { // its worker is another user
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l := lookAt(t, newLocal(nil), "www.example.com", address(t, "http://"+nginx(t, site)))
	hits := 0
	open, err := l.Files(context.Background(), Seeker{}, func(string, Hit) { hits++ })
	if got := idsOf(open); err != nil || hits != 1 || !slices.Equal(got, []string{"file /.env", "file /.git/HEAD", "listing /files/"}) {
		t.Errorf("%q, %d credentials, %v", got, hits, err)
	}
	headers, err := l.Headers(context.Background())
	if err != nil || !slices.Contains(idsOf(headers), "banner Server") {
		t.Errorf("%q, %v", idsOf(headers), err)
	}
}
