package sim

// KeyOf finds a key of the kind: no answer tells a Main key from another.
func KeyOf(w *World, account, kind string) (sid, secret string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range w.state.account(account).Keys {
		if k.Kind == kind {
			return k.Sid, k.Secret
		}
	}
	return "", ""
}

// RouteOf names the operation that a request is for; empty when there is none.
func RouteOf(method, host, path string) string {
	for _, r := range routes() {
		if _, ok := r.match(path); ok && r.method == method && r.host == host {
			return r.method + " " + r.host + r.pattern
		}
	}
	return ""
}

// RouteNames lists all operations.
func RouteNames() []string {
	var out []string
	for _, r := range routes() {
		out = append(out, r.method+" "+r.host+r.pattern)
	}
	return out
}
