package line

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"retake/actions/sim"
)

func (a *app) simCommand() *cobra.Command {
	o := sim.Options{}
	var listen, now string
	c := &cobra.Command{
		Use: "sim [SCENARIO]", Short: "Serve the simulated account over HTTP, for other tools and tests", Args: cobra.MaximumNArgs(1),
		Long: "Serve the simulated account over HTTP on this machine. The first line that is\nprinted is JSON: where it is and what opens it. GET /__sim/acts returns its log\nof every changing request that it executed. It serves until interrupted.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Scenario = args[0]
			}
			if now != "" {
				t, err := time.Parse(time.RFC3339, now)
				if err != nil {
					return usage("--now cannot be %q: it is a time such as 2026-03-01T03:00:00Z", now)
				}
				o.Now = t
			}
			return a.serveSim(cmd.Context(), listen, o)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "the `ADDRESS` to listen on: a loopback one")
	c.Flags().StringVar(&now, "now", "", "where the simulated clock starts (RFC 3339); default: the real `TIME`; any other is as if this machine's clock were wrong")
	simFlags(c, &o)
	return c
}

// simFlags are the sizes of the simulated family and its switches: one for each
// fact about Twilio that is not verified.
func simFlags(c *cobra.Command, o *sim.Options) {
	f, s := c.Flags(), &o.Switches
	f.Uint64Var(&o.Seed, "seed", 0, "everything invented follows from it")
	f.DurationVar(&o.Latency, "latency", 0, "how long each request takes")
	f.IntVar(&o.Concurrency, "concurrency", 0, "most requests in progress over the whole family, beyond it 429; 0: no limit")
	f.IntVar(&o.Subaccounts, "subaccounts", 0, "active subaccounts; 0: the scenario's own")
	f.IntVar(&o.Keys, "keys", 0, "API keys of each account; 0: the scenario's own, -1: none")
	f.IntVar(&o.Messages, "messages", 0, "messages of each account; 0: the scenario's own, -1: none")
	f.IntVar(&o.Calls, "calls", 0, "calls of each account; 0: the scenario's own, -1: none")
	for _, c := range s.Choices() {
		f.StringVar(c.Value, c.Flag, "", strings.Join(c.Values, "|")+": "+c.About)
	}
	f.DurationVar(&s.PromoteLag, "promote-lag", 0, "how long the old token goes on being accepted after a promotion")
	f.BoolVar(&s.Strange, "strange", false, "end each list with records that make no sense")
	f.IntVar(&s.KeyLimit, "key-limit", 0, "most API keys of one account; 0: no limit")
	f.IntVar(&s.OrgUsers, "org-users", 0, "users whom the organization manages; 0: the scenario's own")
	f.IntVar(&s.RetryAfter, "retry-after", 0, "seconds in the Retry-After of a 429; 0: no such header")
	f.StringVar(&s.Fault, "fault", "", "spoil chosen replies, `KIND:METHOD PATH-PART:N` with semicolons; KIND is lost-after, lost-before, cut, garbage, 429, 503, 503-after, refuse-CODE (one of Twilio's error codes)")
}

func (a *app) serveSim(ctx context.Context, listen string, o sim.Options) error {
	host, _, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("--listen cannot be %q: it is an address of this machine such as 127.0.0.1:8080", listen)
	}
	w, err := sim.New(o)
	if err != nil {
		return usage("%w", err)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", listen, err)
	}
	opening := w.Opening()
	opening.API = "http://" + l.Addr().String()
	if err := json.NewEncoder(a.out).Encode(opening); err != nil {
		return err
	}
	server := &http.Server{Handler: w, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
