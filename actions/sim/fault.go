package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// Fault is what goes wrong with one request.
type Fault int

const (
	NoFault          Fault = iota
	LoseReply              // executed, then the connection breaks
	LoseRequest            // the connection breaks before anything is executed
	CutBody                // executed, half of the answer arrives
	GarbageBody            // executed, the status is right and the body is not JSON
	Throttle               // not executed, 429
	Unavailable            // not executed, 503
	UnavailableAfter       // executed, and yet 503
)

// Refuse is the fault by which a request is not executed, and refused with one
// of Twilio's codes.
func Refuse(code int) Fault { return Fault(code) }

// leastCode is the smallest of Twilio's codes; below it are the other faults.
const leastCode = 10000

// refusedWith are the statuses of the codes that do not come with a 400.
var refusedWith = map[int]int{
	20003: http.StatusUnauthorized, 70051: http.StatusUnauthorized, 10001: http.StatusForbidden, 20005: http.StatusForbidden,
	20403: http.StatusForbidden, 20404: http.StatusNotFound, 20429: http.StatusTooManyRequests, 90010: http.StatusForbidden,
}

func refused(code int) reply {
	status := refusedWith[code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	return refusal(status, code, "Refused by a fault of the simulated account")
}

var faultWords = map[string]Fault{
	"lost-after": LoseReply, "lost-before": LoseRequest, "cut": CutBody, "garbage": GarbageBody,
	"429": Throttle, "503": Unavailable, "503-after": UnavailableAfter,
}

// plannedFault is one entry of Switches.Fault.
type plannedFault struct {
	kind         Fault
	method, part string
	turn         int64
	seen         atomic.Int64
}

func parseFaults(list string) ([]*plannedFault, error) {
	var out []*plannedFault
	for one := range strings.SplitSeq(list, ";") {
		if strings.TrimSpace(one) == "" {
			continue
		}
		f, err := parseFault(strings.TrimSpace(one))
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func parseFault(one string) (*plannedFault, error) {
	kind, rest, _ := strings.Cut(one, ":")
	target, turn, _ := strings.Cut(rest, ":")
	method, part, _ := strings.Cut(target, " ")
	n, err := strconv.ParseInt(turn, 10, 64)
	fault := faultWords[kind]
	if code, is := strings.CutPrefix(kind, "refuse-"); is {
		if c, bad := strconv.Atoi(code); bad == nil && c >= leastCode && c < 100000 {
			fault = Refuse(c)
		}
	}
	if fault == NoFault || err != nil || n < 1 || method == "" || part == "" {
		return nil, fmt.Errorf("the fault %q is not understood: write KIND:METHOD PATH-PART:N, where KIND is lost-after, lost-before, cut, garbage, 429, 503, 503-after or refuse-CODE", one)
	}
	return &plannedFault{kind: fault, method: method, part: part, turn: n}, nil
}

// fault decides what goes wrong with the n-th request.
func (w *World) fault(q request, n int) Fault {
	found := NoFault
	for _, f := range w.faults {
		if f.method == q.Method && strings.Contains(q.path, f.part) && f.seen.Add(1) == f.turn {
			found = f.kind
		}
	}
	if found == NoFault && w.options.Faults != nil {
		found = w.options.Faults(q.Request, n)
	}
	return found
}

// spoil executes the request, or not, as the fault wants.
func (w *World) spoil(q request, f Fault) answer {
	if f >= leastCode {
		return w.finish(q, refused(int(f)))
	}
	switch f {
	case LoseRequest:
		return answer{lost: true}
	case Throttle:
		return w.finish(q, tooMany())
	case Unavailable:
		return w.finish(q, unavailable())
	}
	a := w.finish(q, w.execute(q))
	switch f {
	case LoseReply:
		a.lost = true
	case CutBody:
		a.half = true
	case GarbageBody:
		a.body = []byte("<html><body>Bad Gateway</body></html>")
		a.header.Set("Content-Type", "text/html")
	case UnavailableAfter:
		a = w.finish(q, unavailable())
	}
	if a.status == http.StatusNoContent {
		a.body, a.half = nil, false
	}
	return a
}
