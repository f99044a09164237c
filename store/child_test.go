package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// The tests run their own binary again as another process that holds a case,
// writes into it until it is killed, or runs against a limit.
const (
	childRole = "RETAKE_STORE_TEST_ROLE"
	childCase = "RETAKE_STORE_TEST_CASE"
)

func TestMain(m *testing.M) {
	role := map[string]func(path string) error{"hold": holdCase, "write": writeForEver, "limited": writeUnderLimit}[os.Getenv(childRole)]
	if role == nil {
		os.Exit(m.Run())
	}
	if err := role(os.Getenv(childCase)); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is the test binary in another role.
type child struct {
	*exec.Cmd
	out *bufio.Reader
}

func startChild(t *testing.T, role, path string) child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childCase+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return child{cmd, bufio.NewReader(out)}
}

// holdCase opens a case, says so and keeps it until it is killed.
func holdCase(path string) error {
	c, err := Open(path, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Println("holding")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the pipe is closed
	return nil
}

// writeForEver writes from several goroutines and prints the number of each act
// that was journaled.
func writeForEver(path string) error {
	c, err := Open(path, nil)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	fmt.Println("start")
	for range 8 {
		go func() {
			for {
				n, err := c.Intend(Act{Step: "stop-traffic", Verb: "end", Target: "CA1"})
				if err != nil {
					panic(err)
				}
				mu.Lock()
				fmt.Println(n)
				mu.Unlock()
				_, err = c.Conclude(n, Outcome{Result: Made, Exhibits: []Exhibit{exchange(listBody, "keys")}, Secrets: []Secret{{mainSID, RolePrimary, freshToken}}})
				if err != nil {
					panic(err)
				}
				mu.Lock()
				fmt.Printf("done %d\n", n)
				mu.Unlock()
			}
		}()
	}
	select {}
}

// writeUnderLimit writes until the file must not grow any more.
func writeUnderLimit(path string) error {
	c, err := Open(path, nil)
	if err != nil {
		return err
	}
	limit := syscall.Rlimit{Cur: 300 << 10, Max: 300 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := c.AddNote("sweep", fmt.Sprintf("%d %s", i, strings.Repeat("x", 4000))); err != nil {
			fmt.Printf("failed: %v | %s\n", err, HintOf(err))
			break
		}
		fmt.Printf("noted %d\n", i)
	}
	again := c.AddNote("sweep", "once more")
	size, err := c.Size()
	fmt.Printf("after: %v, reading %d entries: %v\n", again, size, err)
	return c.Close()
}
