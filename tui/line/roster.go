package line

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

func (a *app) rosterCommand() *cobra.Command {
	kind := ""
	c := &cobra.Command{
		Use: "roster [--kind KIND]", Short: "The people, machines and programs that steps go through one by one", Args: cobra.NoArgs,
		Long: "List who and what steps go through one by one, and how far each is. The kinds\nare " + strings.Join(actions.SubjectKinds, ", ") + ". A check is marked with\nretake attest STEP --subject NAME --check ID.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if kind != "" {
				if err := actions.CheckKind(kind); err != nil {
					return usage("%w", err)
				}
			}
			return a.with(cmd.Context(), "roster", false, func(s *session) error { return a.tellRoster(s, kind) })
		},
	}
	c.Flags().StringVar(&kind, "kind", "", "only lists of this `KIND`")
	a.jsonFlag(c)
	c.AddCommand(a.rosterImportCommand(), a.rosterAddCommand(), a.rosterDropCommand())
	return c
}

func (a *app) rosterImportCommand() *cobra.Command {
	kind := ""
	c := &cobra.Command{
		Use: "import FILE [--kind KIND]", Short: "Put on the list what a CSV file holds", Args: cobra.ExactArgs(1),
		Long: "Put on the list what a CSV file holds, for instance the staff list. The first row\nnames the columns: name, email, role, owner, system, address, note; others are\nnot read. Commas, semicolons or tabs; UTF-8, UTF-16 or Windows-1252. Where a row\nmakes no sense its line is told and nothing is imported.",
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := readTable(args[0])
			if err != nil {
				return err
			}
			return a.onRoster(cmd.Context(), "roster import", kind, func(s *session) error {
				read, err := s.desk.Import(kind, file)
				if err != nil {
					return fmt.Errorf("cannot import %s: %w", args[0], err)
				}
				return a.tellImported(s, kind, read)
			})
		},
	}
	kindFlag(c, &kind)
	a.jsonFlag(c)
	return c
}

func (a *app) rosterAddCommand() *cobra.Command {
	kind, facts := "", map[string]*string{"email": new(string), "role": new(string), "owner": new(string)}
	c := &cobra.Command{
		Use: "add NAME [--kind KIND]", Short: "Put somebody or something on the list", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s := store.Subject{Kind: kind, Name: args[0], Facts: map[string]string{}}
			for name, value := range facts {
				if *value != "" {
					s.Facts[name] = *value
				}
			}
			return a.onRoster(cmd.Context(), "roster add", kind, func(on *session) error {
				if err := on.desk.AddSubjects(s); err != nil {
					return err
				}
				return a.tellRoster(on, kind)
			})
		},
	}
	kindFlag(c, &kind)
	c.Flags().StringVar(facts["email"], "email", "", "of a person: the `ADDRESS` to sign in with")
	c.Flags().StringVar(facts["role"], "role", "", "what a person or a program is there for")
	c.Flags().StringVar(facts["owner"], "owner", "", "of a machine or a program: whose it is")
	a.jsonFlag(c)
	return c
}

func (a *app) rosterDropCommand() *cobra.Command {
	var kind, why string
	c := &cobra.Command{
		Use: "drop NAME --why TEXT [--kind KIND]", Short: "Take somebody or something off the list", Args: cobra.ExactArgs(1),
		Long: "Take somebody or something off the list. What was marked stays in the journal.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(why) == "" {
				return store.WithHint(usage("say with --why for what reason it leaves the list"), "for instance: left the company in 2024, the login is removed; nothing was recorded")
			}
			return a.onRoster(cmd.Context(), "roster drop", kind, func(s *session) error {
				if err := s.desk.DropSubject(kind, args[0], why); err != nil {
					return err
				}
				return a.tellRoster(s, kind)
			})
		},
	}
	kindFlag(c, &kind)
	c.Flags().StringVar(&why, "why", "", "the reason, in a `TEXT`")
	a.jsonFlag(c)
	return c
}

func kindFlag(c *cobra.Command, kind *string) {
	c.Flags().StringVar(kind, "kind", actions.Person, "which list: `KIND`")
}

// onRoster refuses a wrong kind before anything is opened.
func (a *app) onRoster(ctx context.Context, command, kind string, fn func(*session) error) error {
	if err := actions.CheckKind(kind); err != nil {
		return usage("%w", err)
	}
	return a.with(ctx, command, false, fn)
}

// readTable reads a file that may be a list.
func readTable(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, store.WithHint(fmt.Errorf("cannot read %s: %w", path, err), "check the name of the file; nothing was recorded")
	}
	if !info.Mode().IsRegular() || info.Size() > store.MaxFile {
		return nil, store.WithHint(fmt.Errorf("cannot read %s: it is no plain file of at most %d MiB", path, store.MaxFile>>20), "save the list as CSV; nothing was recorded")
	}
	return os.ReadFile(path)
}

func (a *app) tellImported(s *session, kind string, read actions.Listing) error {
	if a.asJSON {
		return a.printJSON(map[string]any{"kind": s.c.Header.Kind, "list": kind, "imported": len(read.Subjects), "columns_left_out": append([]string{}, read.Left...)})
	}
	fmt.Fprintf(a.out, "%d on the list of kind %s\n", len(read.Subjects), kind)
	if len(read.Left) > 0 {
		fmt.Fprintf(a.out, "columns that were not read: %s\n", clean.Show(strings.Join(read.Left, ", ")))
	}
	return nil
}

// rosterLine is a subject as retake roster --json prints it.
type rosterLine struct {
	Kind  string            `json:"kind"`
	Name  string            `json:"name"`
	Facts map[string]string `json:"facts"`
	Steps []rosterStep      `json:"steps"`
}

// rosterStep is how far a subject is in one step.
type rosterStep struct {
	Step  string       `json:"step"`
	Open  []string     `json:"open"` // IDs of checks
	Marks []rosterMark `json:"marks"`
}

type rosterMark struct {
	Check  string       `json:"check"`
	Answer store.Answer `json:"answer"`
	By     string       `json:"by"`
	At     time.Time    `json:"at"`
	Note   string       `json:"note"`
}

// rosterLines are the subjects of a kind, of all kinds where it is "".
func rosterLines(s *session, kind string) ([]rosterLine, error) {
	all := []rosterLine{}
	for _, k := range actions.SubjectKinds {
		if kind != "" && k != kind {
			continue
		}
		subjects, err := s.desk.Subjects(k)
		if err != nil {
			return nil, err
		}
		for _, one := range subjects {
			l := rosterLine{k, one.Name, one.Facts, []rosterStep{}}
			if l.Facts == nil {
				l.Facts = map[string]string{}
			}
			if err := l.ask(s, one); err != nil {
				return nil, err
			}
			all = append(all, l)
		}
	}
	return all, nil
}

// ask adds how far the subject is in each step that goes through its list.
func (l *rosterLine) ask(s *session, one store.Subject) error {
	for _, step := range s.desk.Asking(one.Kind) {
		listed, err := s.desk.Roster(step.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(listed, func(x actions.Listed) bool { return x.Name == one.Name && x.Kind == one.Kind })
		if i < 0 {
			continue
		}
		r := rosterStep{step.ID, []string{}, []rosterMark{}}
		for _, check := range step.List(one.Kind).Checks {
			if listed[i].Answer(check.ID) == store.AnswerOpen {
				r.Open = append(r.Open, check.ID)
			}
			if m, marked := listed[i].Marks[check.ID]; marked {
				r.Marks = append(r.Marks, rosterMark{check.ID, m.Answer, m.Entry.By, m.Entry.At.UTC(), m.Note})
			}
		}
		l.Steps = append(l.Steps, r)
	}
	return nil
}

func (a *app) tellRoster(s *session, kind string) error {
	all, err := rosterLines(s, kind)
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.printJSON(map[string]any{"kind": s.c.Header.Kind, "subjects": all})
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(a.out, "nobody and nothing is on the list: retake roster import FILE, or retake roster add NAME")
		return err
	}
	for _, l := range all {
		fmt.Fprintf(a.out, "%s: %s%s\n", l.Kind, clean.Show(l.Name), clean.Show(factWords(l.Facts)))
		for _, r := range l.Steps {
			open := "nothing is open"
			if len(r.Open) > 0 {
				open = "open: " + strings.Join(r.Open, ", ")
			}
			fmt.Fprintf(a.out, "  %s: %s\n", r.Step, open)
		}
	}
	return nil
}

func factWords(facts map[string]string) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		text += ", " + name + " " + facts[name]
	}
	return text
}
