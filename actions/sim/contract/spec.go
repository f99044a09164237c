package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// files are the descriptions of each host.
var files = map[string][]string{
	"api.twilio.com":           {"twilio/api_v2010.json"},
	"accounts.twilio.com":      {"twilio/accounts_v1.json"},
	"bulkexports.twilio.com":   {"twilio/bulkexports_v1.json"},
	"conversations.twilio.com": {"twilio/conversations_v1.json"},
	"events.twilio.com":        {"twilio/events_v1.json"},
	"iam.twilio.com":           {"twilio/iam_v1.json"},
	"preview-iam.twilio.com":   {"twilio/iam_organizations.json"},
	"messaging.twilio.com":     {"twilio/messaging_v1.json"},
	"monitor.twilio.com":       {"twilio/monitor_v1.json"},
	"proxy.twilio.com":         {"twilio/proxy_v1.json"},
	"serverless.twilio.com":    {"twilio/serverless_v1.json"},
	"studio.twilio.com":        {"twilio/studio_v2.json"},
	"sync.twilio.com":          {"twilio/sync_v1.json"},
	"taskrouter.twilio.com":    {"twilio/taskrouter_v1.json"},
	"trunking.twilio.com":      {"twilio/trunking_v1.json"},
	"verify.twilio.com":        {"twilio/verify_v2.json"},
	"voice.twilio.com":         {"twilio/voice_v1.json"},
	"api.sendgrid.com":         {"sendgrid/*.json"},
	"api.eu.sendgrid.com":      {"sendgrid/*.json"},
}

// loaded keeps what was read, for the whole process: the largest description
// has a megabyte.
var loaded = struct {
	sync.Mutex
	routers map[string][]routers.Router
}{routers: map[string][]routers.Router{}}

// routersFor loads the descriptions of a host once.
func routersFor(dir, host string) ([]routers.Router, error) {
	loaded.Lock()
	defer loaded.Unlock()
	key := dir + " " + host
	if out, ok := loaded.routers[key]; ok {
		return out, nil
	}
	var out []routers.Router
	for _, pattern := range files[host] {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("there is no description %s in %s", pattern, dir)
		}
		for _, path := range paths {
			r, err := load(path)
			if err != nil {
				return nil, fmt.Errorf("cannot load %s: %w", path, err)
			}
			out = append(out, r)
		}
	}
	loaded.routers[key] = out
	return out, nil
}

// load reads one description. Its servers go, because requests may come to
// another address; the headers of its answers go, because the library cannot
// read them.
func load(path string) (routers.Router, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(b, &tree); err != nil {
		return nil, err
	}
	prune(tree)
	amend(tree)
	if b, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(b)
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
}

// prune removes what is in the way, at any depth.
func prune(node any) {
	switch n := node.(type) {
	case []any:
		for _, v := range n {
			prune(v)
		}
	case map[string]any:
		_, isOperation := n["responses"]
		_, isPaths := n["paths"]
		_, isPathItem := n["x-twilio"]
		if isOperation || isPaths || isPathItem {
			delete(n, "servers")
		}
		if _, isAnswer := n["content"]; isAnswer {
			delete(n, "headers")
		}
		if answers, ok := n["responses"].(map[string]any); ok {
			for _, a := range answers {
				if a, ok := a.(map[string]any); ok {
					delete(a, "headers")
				}
			}
		}
		if body, ok := n["requestBody"].(map[string]any); ok {
			giveTypes(body)
		}
		for name, v := range n {
			if name == "examples" || name == "example" {
				delete(n, name)
				continue
			}
			prune(v)
		}
	}
}

// amend mends the places where a description contradicts its own words: the
// actor of an event need not be a user, and a conference that goes on has not
// ended for any reason.
func amend(tree map[string]any) {
	if actor := property(tree, "monitor.v1.event", "actor_sid"); actor != nil {
		actor["pattern"] = "^(US|AC|SK)[0-9a-fA-F]{32}$"
	}
	if reason := property(tree, "api.v2010.account.conference", "reason_conference_ended"); reason != nil {
		clear(reason)
		reason["type"], reason["nullable"] = "string", true
	}
}

// property finds a property of a schema; nil when it is not there.
func property(tree map[string]any, schema, name string) map[string]any {
	node := any(tree)
	for _, name := range []string{"components", "schemas", schema, "properties", name} {
		n, _ := node.(map[string]any)
		node = n[name]
	}
	out, _ := node.(map[string]any)
	return out
}

// giveTypes makes a form field of any type a string, which on the wire it is,
// and a repeated one many.
func giveTypes(body map[string]any) {
	content, _ := body["content"].(map[string]any)
	form, _ := content["application/x-www-form-urlencoded"].(map[string]any)
	schema, _ := form["schema"].(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	for _, p := range properties {
		p, ok := p.(map[string]any)
		if !ok {
			continue
		}
		if items, ok := p["items"].(map[string]any); ok && len(items) == 0 {
			items["type"] = "string"
		}
		if _, typed := p["type"]; !typed && p["$ref"] == nil && p["anyOf"] == nil && p["oneOf"] == nil && p["allOf"] == nil {
			p["type"] = "string"
		}
	}
}

// formats are the formats of strings that the library does not know.
var formats = map[string]openapi3.StringFormatValidator{
	"date-time-rfc-2822": parses(time.RFC1123Z),
	"date-time":          parses(time.RFC3339),
	"date":               parses(time.DateOnly),
	"uri": openapi3.NewCallbackValidator(func(s string) error {
		_, err := url.Parse(s)
		return err
	}),
	"http-method": openapi3.NewCallbackValidator(func(s string) error {
		if !slices.Contains([]string{"GET", "POST"}, s) {
			return fmt.Errorf("%q is no method", s)
		}
		return nil
	}),
	"currency": openapi3.NewCallbackValidator(func(s string) error {
		if len(s) != 3 {
			return fmt.Errorf("%q is no currency", s)
		}
		return nil
	}),
	"phone-number": openapi3.NewCallbackValidator(func(s string) error {
		if strings.TrimSpace(s) != s {
			return fmt.Errorf("%q is no phone number", s)
		}
		return nil
	}),
}

// asked are the formats in a request, where the documentation allows a date
// alone for a time.
var asked = func() map[string]openapi3.StringFormatValidator {
	out := maps.Clone(formats)
	out["date-time"] = parses(time.RFC3339, time.DateOnly)
	return out
}()

// parses accepts what fits one of the layouts.
func parses(layouts ...string) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(func(s string) (err error) {
		for _, layout := range layouts {
			if _, err = time.Parse(layout, s); err == nil {
				return nil
			}
		}
		return err
	})
}
