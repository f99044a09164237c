package sim

import (
	"fmt"
	"net/http"
)

// fields is one JSON object; its members come out in alphabetical order.
type fields map[string]any

// reply is what a request is answered with before faults and headers.
type reply struct {
	status int
	body   any
	header http.Header // beside the usual ones; may be nil
	logged bool        // a refusal by the state of the account, which the act log keeps
}

func ok(body any) reply      { return reply{status: http.StatusOK, body: body} }
func created(body any) reply { return reply{status: http.StatusCreated, body: body} }
func gone() reply            { return reply{status: http.StatusNoContent} }

// refusal is an error in Twilio's form.
func refusal(status, code int, message string) reply {
	return reply{status: status, body: fields{
		"code": code, "message": message, "status": status,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	}}
}

// byState is a refusal that depends on how the account stands; a changing
// request that meets one is kept in the act log.
func byState(status, code int, message string) reply {
	out := refusal(status, code, message)
	out.logged = true
	return out
}

func unauthorised() reply {
	return refusal(http.StatusUnauthorized, 20003, "Authenticate")
}

func lacksPermission() reply {
	return refusal(http.StatusUnauthorized, 70051, "Authorization Error: the API key lacks the permission")
}

func forbidden() reply {
	return refusal(http.StatusForbidden, 20403, "Forbidden")
}

func invalid(format string, args ...any) reply {
	return refusal(http.StatusBadRequest, 20001, fmt.Sprintf(format, args...))
}

func tooMany() reply {
	return refusal(http.StatusTooManyRequests, 20429, "Too Many Requests")
}

func unavailable() reply {
	return refusal(http.StatusServiceUnavailable, 20503, "Service is unavailable. Please try again")
}

func (c *call) notFound() reply {
	return byState(http.StatusNotFound, 20404, fmt.Sprintf("The requested resource %s was not found", c.path))
}

func (c *call) unknown() reply {
	return refusal(http.StatusNotImplemented, 20501,
		fmt.Sprintf("the simulated account does not know %s https://%s%s", c.Method, c.host, c.path))
}
