package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

const formType = "application/x-www-form-urlencoded"

// newer are names that Twilio documents and its own library sends, but which
// the descriptions do not have yet.
var newer = map[string][]string{
	"/v1/AuthTokens/Secondary": {"SuppressEmailNotification"},
	"/v1/AuthTokens/Promote":   {"SuppressEmailNotification"},
}

// undescribed are the hosts of which no description is kept. The shapes of
// Twilio's come from the models of twilio-go; webhooks.twilio.com has neither. Of
// messaging.twilio.com one version has none.
var undescribed = map[string]bool{
	"api.github.com": true, "oauth.twilio.com": true, "chat.twilio.com": true, "flex-api.twilio.com": true, "intelligence.twilio.com": true, "notify.twilio.com": true,
	"video.twilio.com": true, "numbers.twilio.com": true, "marketplace.twilio.com": true, "wireless.twilio.com": true,
	"supersim.twilio.com": true, "trusthub.twilio.com": true, "webhooks.twilio.com": true, "content.twilio.com": true, "insights.twilio.com": true,
	"messaging.twilio.com/v2": true,
}

// check reports everything that is wrong with one exchange.
func (c *Contract) check(r *http.Request, sent []byte, answer *http.Response, got []byte) {
	c.t.Helper()
	version, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if undescribed[hostOf(r)] || undescribed[hostOf(r)+"/"+version] {
		return
	}
	if err := c.exchange(r, sent, answer, got); err != nil {
		c.t.Errorf("breach of contract: %s https://%s%s -> %d: %v", r.Method, hostOf(r), r.URL.RequestURI(), answer.StatusCode, err)
	}
}

func hostOf(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}

func (c *Contract) exchange(r *http.Request, sent []byte, answer *http.Response, got []byte) error {
	route, vars, err := c.route(r)
	if err != nil {
		return err
	}
	if err := checkNames(r, sent, route); err != nil {
		return err
	}
	in := &openapi3filter.RequestValidationInput{Request: copyOf(r, sent), PathParams: vars, Route: route, Options: optionsWith(asked)}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	return checkAnswer(in, answer, got)
}

func optionsWith(formats map[string]openapi3.StringFormatValidator) *openapi3filter.Options {
	return &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{
			openapi3.EnableFormatValidation(), openapi3.WithStringFormatValidators(formats),
		},
	}
}

// route finds the operation. What it does not find nobody described.
func (c *Contract) route(r *http.Request) (*routers.Route, map[string]string, error) {
	all, err := routersFor(c.dir, hostOf(r))
	if err != nil {
		return nil, nil, err
	}
	for _, router := range all {
		if route, vars, err := router.FindRoute(copyOf(r, nil)); err == nil {
			return route, vars, nil
		}
	}
	return nil, nil, fmt.Errorf("no description has this operation")
}

// copyOf is the request as the library wants it: a body that can be read, and
// no content type where there is none.
func copyOf(r *http.Request, sent []byte) *http.Request {
	out := r.Clone(context.Background())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(sent)), int64(len(sent))
	out.GetBody = nil
	if len(sent) == 0 {
		out.Body = http.NoBody
		out.Header.Del("Content-Type")
	}
	return out
}

// checkNames refuses query names and form fields that no description has.
func checkNames(r *http.Request, sent []byte, route *routers.Route) error {
	allowed := append(openapi3.Parameters{}, route.PathItem.Parameters...)
	allowed = append(allowed, route.Operation.Parameters...)
	for name := range r.URL.Query() {
		if allowed.GetByInAndName(openapi3.ParameterInQuery, name) == nil && !slices.Contains(newer[route.Path], name) {
			return fmt.Errorf("the request has the unknown query parameter %q", name)
		}
	}
	if len(sent) == 0 || !strings.HasPrefix(r.Header.Get("Content-Type"), formType) {
		return nil
	}
	form, err := url.ParseQuery(string(sent))
	if err != nil {
		return fmt.Errorf("the form cannot be read: %w", err)
	}
	known := formFields(route.Operation)
	for name := range form {
		if !slices.Contains(known, name) && !slices.Contains(newer[route.Path], name) {
			return fmt.Errorf("the request has the unknown form field %q", name)
		}
	}
	return nil
}

func formFields(o *openapi3.Operation) []string {
	if o.RequestBody == nil || o.RequestBody.Value == nil || o.RequestBody.Value.Content[formType] == nil {
		return nil
	}
	var out []string
	for name := range o.RequestBody.Value.Content[formType].Schema.Value.Properties {
		out = append(out, name)
	}
	return out
}

func checkAnswer(in *openapi3filter.RequestValidationInput, answer *http.Response, got []byte) error {
	if answer.StatusCode >= 300 {
		return checkRefusal(in.Request, answer, got)
	}
	described := in.Route.Operation.Responses.Status(answer.StatusCode)
	if described == nil {
		return fmt.Errorf("no description has the status %d of this answer", answer.StatusCode)
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: answer.StatusCode, Header: answer.Header.Clone(), Options: optionsWith(formats),
	}
	out.SetBodyBytes(got)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	return checkMembers(described.Value, got)
}

// checkMembers refuses members of a JSON answer that the schema does not name,
// and in a single record also the lack of any that it names.
func checkMembers(described *openapi3.Response, got []byte) error {
	media := described.Content["application/json"]
	if media == nil || len(bytes.TrimSpace(got)) == 0 {
		return nil
	}
	var value any
	if err := json.Unmarshal(got, &value); err != nil {
		return err
	}
	return sameMembers("", media.Schema, value)
}

func sameMembers(at string, ref *openapi3.SchemaRef, value any) error {
	if ref == nil || ref.Value == nil {
		return nil
	}
	schema := ref.Value
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			if err := sameMembers(at+"[]", schema.Items, one); err != nil {
				return err
			}
		}
	case map[string]any:
		if len(schema.Properties) == 0 {
			return nil
		}
		for name, one := range v {
			if schema.Properties[name] == nil {
				return fmt.Errorf("the answer has the unknown member %s.%s", at, name)
			}
			if err := sameMembers(at+"."+name, schema.Properties[name], one); err != nil {
				return err
			}
		}
		for name := range schema.Properties {
			if _, ok := v[name]; !ok {
				return fmt.Errorf("the answer lacks the member %s.%s", at, name)
			}
		}
	}
	return nil
}

// checkRefusal holds Twilio's errors, which are not described, to their usual form.
func checkRefusal(r *http.Request, answer *http.Response, got []byte) error {
	if !strings.HasSuffix(hostOf(r), ".twilio.com") || !strings.Contains(answer.Header.Get("Content-Type"), "json") {
		return nil
	}
	if strings.Contains(r.URL.Path, "/scim/") {
		return checkSCIM(answer, got)
	}
	var body struct {
		Code, Status *int
		Message      *string
	}
	if err := json.Unmarshal(got, &body); err != nil {
		return fmt.Errorf("the refusal is not JSON: %w", err)
	}
	if body.Code == nil || body.Message == nil || body.Status == nil || *body.Status != answer.StatusCode {
		return fmt.Errorf("the refusal is not in Twilio's form: %s", got)
	}
	return nil
}

// checkSCIM holds the errors of an organization's users to the form of RFC 7644.
func checkSCIM(answer *http.Response, got []byte) error {
	var body struct {
		Schemas        []string
		Detail, Status *string
	}
	if err := json.Unmarshal(got, &body); err != nil {
		return fmt.Errorf("the refusal is not JSON: %w", err)
	}
	if len(body.Schemas) == 0 || body.Detail == nil || body.Status == nil || *body.Status != fmt.Sprint(answer.StatusCode) {
		return fmt.Errorf("the refusal is not in the form of SCIM: %s", got)
	}
	return nil
}
