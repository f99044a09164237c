package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"retake/actions/account"
)

// Reply is what a host answered to one request.
type Reply struct {
	URL    string
	Status int
	Header http.Header
	Body   []byte // not masked: to be looked at, never kept
	Cut    bool   // it was longer
}

// ErrNoWeb says that no web server answers.
var ErrNoWeb = errors.New("no web server answers")

// Base finds out how the web server is spoken to: https before http.
func (s *Site) Base(ctx context.Context) (string, error) {
	if s.base != "" {
		return s.base, nil
	}
	candidates := []string{"https://" + hostPort(s.Host.Name, 443), "http://" + hostPort(s.Host.Name, 80)}
	if s.Host.Port != 0 {
		candidates = []string{"https://" + s.Host.String(), "http://" + s.Host.String()}
	}
	for _, base := range candidates {
		_, err := s.Get(ctx, base+"/")
		if err == nil {
			s.base = base
			return base, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if failed := (*filingError)(nil); errors.As(err, &failed) {
			return "", err
		}
	}
	return "", ErrNoWeb
}

// At is the address of a path, as the web server is spoken to.
func (s *Site) At(path string) string { return s.base + path }

func hostPort(name string, port int) string {
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == 443 || port == 80 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, port)
}

// filingError says that an exchange could not be filed.
type filingError struct{ error }

func (f *filingError) Unwrap() error { return f.error }

// Get asks for an address of this very host. A redirect is not followed.
func (s *Site) Get(ctx context.Context, address string) (Reply, error) {
	return s.Send(ctx, http.MethodGet, address, nil, nil)
}

// Send sends one request to this very host, without any credential of ours, at
// the pace of the site, and files the exchange.
func (s *Site) Send(ctx context.Context, method, address string, header http.Header, body []byte) (Reply, error) {
	if s.begun {
		if err := s.Sleep(ctx, s.Pause); err != nil {
			return Reply{}, err
		}
	}
	s.begun = true
	limited, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, method, address, bytes.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	if request.URL.Hostname() != s.Host.Name {
		return Reply{}, fmt.Errorf("not sent: %s is another host than %s", request.URL.Hostname(), s.Host.Name)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "retake (check of an own host)")
	began := s.Now()
	reply, err := s.exchange(request)
	x := account.Exchange{At: began, Took: s.Now().Sub(began), As: s.As, Account: s.As, Method: method, URL: s.Mask(address), Sent: s.Mask(string(body)), Status: reply.Status, Attempts: 1, Body: s.filed(reply)}
	if err != nil {
		x.Problem = s.Mask(err.Error())
	}
	if failed := s.Record(x); failed != nil {
		return Reply{}, &filingError{failed}
	}
	return reply, err
}

func (s *Site) exchange(request *http.Request) (Reply, error) {
	way := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig: &tls.Config{ServerName: s.Host.Name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}, // judged apart, see TLS
		DialContext: func(ctx context.Context, _, to string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(to)
			if err != nil {
				return nil, err
			}
			at, err := netip.ParseAddrPort(net.JoinHostPort(s.Addr.String(), port))
			if err != nil {
				return nil, err
			}
			return s.Net.Dial(ctx, at)
		},
	}
	defer way.CloseIdleConnections()
	answer, err := way.RoundTrip(request)
	if err != nil {
		return Reply{URL: request.URL.String()}, err
	}
	defer answer.Body.Close()
	r := Reply{URL: request.URL.String(), Status: answer.StatusCode, Header: answer.Header}
	r.Body, err = io.ReadAll(io.LimitReader(answer.Body, mostBody+1))
	if len(r.Body) > mostBody {
		r.Body, r.Cut = r.Body[:mostBody], true
	}
	return r, err
}

// filed is the part of a reply that becomes evidence: its headers and the
// beginning of its body, without anything that could be a secret.
func (s *Site) filed(r Reply) []byte {
	if r.Status == 0 {
		return nil
	}
	var b bytes.Buffer
	for _, name := range headerNames(r.Header) {
		value := strings.Join(r.Header[name], ", ")
		if name == "Set-Cookie" {
			value = "[masked]"
		}
		fmt.Fprintf(&b, "%s: %s\n", name, s.Mask(value))
	}
	text := hide(s.Mask(strings.ToValidUTF8(string(r.Body), "?"))) // whole, so that the cut splits no secret
	if len(text) > mostFiled {
		text = strings.ToValidUTF8(text[:mostFiled], "") + fmt.Sprintf("\n[%d bytes more]", len(text)-mostFiled)
	}
	b.WriteString("\n" + text)
	return b.Bytes()
}

func headerNames(h http.Header) []string {
	var all []string
	for name := range h {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
