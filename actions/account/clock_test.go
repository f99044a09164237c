package account

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// heard is a reply with a Date, to a request that took 80 ms.
type heard struct {
	at   time.Duration // when it was sent, since the beginning
	date any           // a text as it is, or how far Twilio's clock is ahead
	age  string
	took time.Duration
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 250e6, time.UTC)

func (h heard) tell(k *dates) {
	took := max(h.took, 80*time.Millisecond)
	if h.took < 0 {
		took = h.took
	}
	header, sent := http.Header{}, noon.Add(h.at)
	switch d := h.date.(type) {
	case string:
		header.Set("Date", d)
	case []string:
		header["Date"] = d
	case time.Duration:
		header.Set("Date", sent.Add(d+took/2).UTC().Format(http.TimeFormat))
	}
	if h.age != "" {
		header.Set("Age", h.age)
	}
	k.hear(header, sent, sent.Add(took))
}

func ahead(by time.Duration, at ...time.Duration) (all []heard) {
	for _, t := range at {
		all = append(all, heard{at: t, date: by})
	}
	return all
}

func TestSkew(t *testing.T) {
	s, frozen := time.Second, noon.Add(time.Hour).Format(http.TimeFormat)
	still := func(n int) (all []heard) {
		for i := range n {
			all = append(all, heard{at: time.Duration(i) * 2 * s, date: frozen})
		}
		return all
	}
	for _, row := range []struct {
		name  string
		heard []heard
		want  time.Duration
		known bool
	}{
		{"nothing was heard", nil, 0, false},
		{"one reply alone", ahead(time.Hour, 0), 0, false},
		{"the same", ahead(0, 0, s), 0, true},
		{"so near that it may be the same", ahead(1500*time.Millisecond, 0, s), 0, true},
		{"ahead", ahead(423*s, 0, 300*time.Millisecond, 1900*time.Millisecond), 423 * s, true},
		{"behind by two hours", ahead(-2*time.Hour, 0, s), -2 * time.Hour, true},
		{"a year behind", ahead(-365*24*time.Hour, 0, s), -365 * 24 * time.Hour, true},
		{"servers that are two seconds apart", append(ahead(90*s, 0, s), ahead(92*s, 2*s, 3*s)...), 91 * s, true},
		{"further than TLS would bear", ahead(400*24*time.Hour, 0, s), 0, false},
		{"no Date", []heard{{}, {}}, 0, false},
		{"garbage", []heard{{date: "yesterday"}, {date: "9"}, {date: "Wed, 31 Feb 2026 12:00:00 GMT"}}, 0, false},
		{"absurd", []heard{{date: "Mon, 01 Jan 0001 00:00:00 GMT"}, {date: "Fri, 31 Dec 9999 23:59:59 GMT"}, {date: "Mon, 01 Jan 0001 00:00:00 GMT"}}, 0, false},
		{"two Dates", []heard{{date: []string{frozen, frozen}}, {date: []string{frozen, frozen}}}, 0, false},
		{"a cache kept it", []heard{{date: time.Hour, age: "3600"}, {date: time.Hour, age: "3601"}}, 0, false},
		{"fresh from a cache", []heard{{date: time.Hour, age: "0"}, {date: time.Hour, age: "0"}}, time.Hour, true},
		{"too slow", []heard{{date: time.Hour, took: time.Minute}, {date: time.Hour, took: time.Minute}}, 0, false},
		{"the clock was set back on the way", []heard{{date: time.Hour, took: -s}, {date: time.Hour, took: -s}}, 0, false},
		{"one that is off moves nothing", append(append(ahead(0, 0, s), ahead(time.Hour, 2*s)...), ahead(0, 3*s)...), 0, true},
		{"nor do several, one by one", append(append(append(ahead(0, 0), ahead(time.Hour, s)...), ahead(0, 2*s)...), ahead(-time.Hour, 3*s)...), 0, true},
		{"the first was off", append(ahead(time.Hour, 0), ahead(0, s, 2*s)...), 0, true},
		{"the local clock was set right", append(ahead(time.Hour, 0, s), ahead(0, 2*s, 3*s)...), 0, true},
		{"a clock that stands still", still(40), 0, false},
		{"a clock that jumps", append(append(append(append(ahead(0, 0, s), ahead(time.Hour, 2*s, 3*s)...), ahead(0, 4*s, 5*s)...), ahead(time.Hour, 6*s, 7*s)...), ahead(0, 8*s, 9*s)...), 0, false},
	} {
		k := &dates{}
		for _, h := range row.heard {
			h.tell(k)
		}
		got, known := k.skew()
		if known != row.known || (got-row.want).Abs() > time.Second || row.want == 0 && got != 0 {
			t.Errorf("%s: %v, known %v, not %v, %v", row.name, got, known, row.want, row.known)
		}
	}
}

// A clock that drifts is followed for as long as anybody watches: 100 ppm are
// nine seconds a day.
func TestSkewFollowsADrift(t *testing.T) {
	k := &dates{}
	for at := time.Duration(0); at < 20*24*time.Hour; at += 10 * time.Minute {
		drift := time.Minute + at/10000
		heard{at: at, date: drift}.tell(k)
		if got, known := k.skew(); at > 0 && (!known || (got-drift).Abs() > time.Second) {
			t.Fatalf("after %v: %v, known %v, not %v", at, got, known, drift)
		}
	}
}

// The Date that net/http's server sets is heard over the loopback, by every copy
// of the line; that of another service is not Twilio's.
func TestSkewOverTheLine(t *testing.T) {
	behind := func() time.Time { return time.Now().Add(-2 * time.Hour) }
	s := newStub(t, says(200, `{"sid":"`+parent+`"}`), func(o *Options) { o.Clock = behind })
	ask := s.Beside(Service{Hosts: []string{"api.sendgrid.com"}, Limit: 1}, "key", NewSecret("SG.invented"))
	for range 3 {
		if _, err := ask.Send(t.Context(), s.tape, Ask{Method: http.MethodGet, Host: "api.sendgrid.com", Path: []string{"v3", "scopes"}}); err != nil {
			t.Fatal(err)
		}
	}
	if by, known := s.Skew(); known {
		t.Errorf("another service's clock was taken for Twilio's: %v", by)
	}
	for range 2 {
		if _, err := s.ops().FetchAccount(parent); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []*Line{s.Line, s.ReadOnly(), s.Patient()} {
		if by, known := l.Skew(); !known || (by-2*time.Hour).Abs() > 2*time.Second {
			t.Errorf("%v, known %v", by, known)
		}
	}
}

// A Retry-After that is a date is by the clock of the server, not by ours.
func TestRetryAfterIsByTheirClock(t *testing.T) {
	w := httptest.NewRecorder()
	w.Header().Set("Date", noon.Add(2*time.Hour).Format(http.TimeFormat))
	w.Header().Set("Retry-After", noon.Add(2*time.Hour+7*time.Second).Format(http.TimeFormat))
	if got := retryAfter(w.Header(), noon); got != 7*time.Second {
		t.Errorf("%v", got)
	}
}
