package account

import "net/http"

// Outside is the line's way to a service that is not Twilio: over its own
// transport, and to the other API, with the true Host header, where that takes
// the place of all hosts. Only reading requests pass, and a redirect is not
// followed. It adds no credential, and checks, masks, records and repeats
// nothing: that is for whoever asks.
func (l *Line) Outside() http.RoundTripper { return outside{l} }

type outside struct{ line *Line }

// RoundTrip sends one request.
func (o outside) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return nil, notSent(ErrReadOnly, "%v", ErrReadOnly)
	}
	out := r.Clone(r.Context())
	out.Host = r.URL.Host
	if api := o.line.options.API; api != nil {
		out.URL.Scheme, out.URL.Host = api.Scheme, api.Host
	}
	return o.line.options.Transport.RoundTrip(out)
}
