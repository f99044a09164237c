package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Net is the network over which hosts are reached: the real one, or that of a
// training.
type Net interface {
	// Resolve returns the addresses of a name.
	Resolve(ctx context.Context, host string) ([]netip.Addr, error)
	// Dial opens a TCP connection to an address.
	Dial(ctx context.Context, at netip.AddrPort) (net.Conn, error)
	// Roots are the certificates that are trusted; nil: those of the system.
	Roots() *x509.CertPool
}

// Internet is the real network. A proxy is not used: what the public sees is to
// be seen, at the very address that was looked at.
type Internet struct{}

// Resolve asks the system's resolver.
func (Internet) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// Dial connects.
func (Internet) Dial(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", at.String())
}

// Roots are those of the system.
func (Internet) Roots() *x509.CertPool { return nil }

// Host is a host that may be contacted: a name or an address, and the port at
// which its web server answers, 0 for 443 and 80.
type Host struct {
	Name string
	Port int
}

var hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$`)

// ParseHost reads NAME, NAME:PORT, an address or an address with a port. The
// name is brought to its one form: lower case, without a final dot, and in
// ASCII.
func ParseHost(text string) (Host, error) {
	wrong := fmt.Errorf("%q is no host: write a name such as www.example.com, with :PORT where it is not 443 or 80", text)
	name, port, err := text, "", error(nil)
	if strings.Count(text, ":") == 1 || strings.HasPrefix(text, "[") {
		if name, port, err = net.SplitHostPort(text); err != nil {
			return Host{}, wrong
		}
	}
	h := Host{Name: strings.TrimSuffix(strings.ToLower(name), ".")}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return Host{}, wrong
		}
		h.Port = int(n)
	}
	if a, err := netip.ParseAddr(h.Name); err == nil && a.Zone() == "" {
		h.Name = a.Unmap().String()
		return h, nil
	}
	if h.Name, err = idna.Lookup.ToASCII(h.Name); err != nil || !hostName.MatchString(h.Name) || len(h.Name) > 253 || numeric(h.Name) {
		return Host{}, wrong
	}
	return h, nil
}

// numeric tells an odd way to write an address, such as 0x7f.1 or 2130706433.
func numeric(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil
}

// String is the host as ParseHost reads it.
func (h Host) String() string {
	if h.Port == 0 {
		return h.Name
	}
	return net.JoinHostPort(h.Name, strconv.Itoa(h.Port))
}

// ErrPrivate says that a name leads into a network that is not public.
var ErrPrivate = errors.New("leads to an address that is not public")

// special are networks beyond those that netip tells: carrier NAT, protocol
// assignments, benchmarks, documentation, reserved, and two ways to write IPv4
// addresses in IPv6.
var special = func() (all []netip.Prefix) {
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16"} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// Public tells whether an address is on the public Internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Settle finds the one address at which a host is looked at; everything that
// follows goes there, whatever its name leads to by then. A name of which any
// address is not public is refused, unless private ones are allowed: then it is
// the address that is looked at.
func Settle(ctx context.Context, n Net, h Host, private bool) (netip.Addr, error) {
	addresses, err := []netip.Addr(nil), error(nil)
	if a, bad := netip.ParseAddr(h.Name); bad == nil {
		addresses = []netip.Addr{a}
	} else if addresses, err = n.Resolve(ctx, h.Name); err != nil {
		return netip.Addr{}, fmt.Errorf("cannot find the address of %s: %w", h.Name, err)
	}
	if len(addresses) == 0 {
		return netip.Addr{}, fmt.Errorf("%s has no address", h.Name)
	}
	for _, a := range addresses {
		if !private && !Public(a) {
			return netip.Addr{}, fmt.Errorf("%s %w (%s)", h.Name, ErrPrivate, a)
		}
	}
	for _, a := range addresses { // many networks have no IPv6, and would see nothing
		if a.Unmap().Is4() {
			return a.Unmap(), nil
		}
	}
	return addresses[0], nil
}
