package actions

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	textunicode "golang.org/x/text/encoding/unicode"

	"retake/store"
)

// MostRows is how many subjects one file may hold.
const MostRows = 5000

// columns are the names that a column may have, in lower case, by the fact that
// it holds. Only these are read: a staff list holds more than a case needs.
var columns = map[string][]string{
	"name":    {"name", "full name", "fullname", "display name", "displayname", "person", "employee", "user", "nombre", "nom", "mitarbeiter"},
	"first":   {"first name", "firstname", "given name", "givenname", "vorname"},
	"last":    {"last name", "lastname", "surname", "family name", "familyname", "nachname"},
	"email":   {"email", "e-mail", "mail", "email address", "e-mail address", "emailaddress", "username", "user name", "login", "primary email", "work email"},
	"role":    {"role", "roles", "title", "job title", "position", "function", "team", "department", "rolle"},
	"owner":   {"owner", "used by", "responsible", "contact"},
	"system":  {"system", "os", "operating system", "platform"},
	"address": {"address", "ip", "ip address", "hostname", "host", "url"},
	"note":    {"note", "notes", "comment", "remark"},
}

// Listing is what a file of subjects came to.
type Listing struct {
	Subjects []store.Subject
	Left     []string // columns that were not read
}

// ReadSubjects reads a table as spreadsheets write it: commas, semicolons or
// tabs; UTF-8 with or without a mark, UTF-16 with one, or Windows-1252; a first
// row that names the columns. Rows that make no sense are told by their lines,
// and then nothing is read. Cells are texts: a formula is a name like another.
func ReadSubjects(kind string, file []byte) (Listing, error) {
	text, err := decoded(file)
	if err != nil {
		return Listing{}, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = separator(text), -1, true
	head, err := r.Read()
	if err != nil {
		return Listing{}, store.WithHint(fmt.Errorf("the file has no first row that can be read: %w", plainCSV(err)), "save it as CSV, with a row of names such as name,email,role on top")
	}
	t := table{kind: kind, width: len(head), at: map[string]int{}, lines: map[string]int{}}
	if err := t.name(head); err != nil {
		return Listing{}, err
	}
	if err := t.read(r); err != nil {
		return Listing{}, err
	}
	return t.out, t.trouble()
}

// table is a file while it is read.
type table struct {
	kind  string
	width int
	at    map[string]int // place of each fact
	lines map[string]int // where each name and address stood
	out   Listing
	bad   []string
}

// name finds out what the columns are.
func (t *table) name(head []string) error {
	for i, cell := range head {
		title := strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(cell, "_", " ")), " "))
		fact := ""
		for known, names := range columns {
			if slices.Contains(names, title) {
				fact = known
			}
		}
		if _, twice := t.at[fact]; fact == "" || twice {
			if title != "" {
				t.out.Left = append(t.out.Left, fmt.Sprintf("%.40s", strings.TrimSpace(cell)))
			}
			continue
		}
		t.at[fact] = i
	}
	for _, enough := range []string{"name", "email", "last", "address"} {
		if _, there := t.at[enough]; there {
			return nil
		}
	}
	return store.WithHint(errors.New("the first row names no column that is known"), "it needs name or email, and may have role, owner, system, address and note; nothing was put on the list")
}

func (t *table) read(r *csv.Reader) error {
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil { // quotes that do not close: what follows means nothing
			t.bad = append(t.bad, plainCSV(err).Error())
			return nil
		}
		line, _ := r.FieldPos(0)
		if blank(row) {
			continue
		}
		if len(t.out.Subjects) == MostRows {
			return fmt.Errorf("the file has more than %d rows", MostRows)
		}
		s, why := t.subject(row, line)
		if why != "" {
			t.bad = append(t.bad, fmt.Sprintf("line %d: %s", line, why))
			continue
		}
		t.out.Subjects = append(t.out.Subjects, s)
	}
}

func blank(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// subject reads one row, or says why it cannot be read.
func (t *table) subject(row []string, line int) (s store.Subject, why string) {
	if len(row) > t.width {
		return s, fmt.Sprintf("it has %d cells, and the first row has %d", len(row), t.width)
	}
	cell := func(fact string) string {
		if i, there := t.at[fact]; there && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	s = store.Subject{Kind: t.kind, Facts: map[string]string{}}
	for _, name := range []string{cell("name"), strings.TrimSpace(cell("first") + " " + cell("last")), cell("email"), cell("address")} {
		if s.Name == "" {
			s.Name = name
		}
	}
	for _, fact := range []string{"email", "role", "owner", "system", "address", "note"} {
		if value := cell(fact); value != "" && value != s.Name {
			s.Facts[fact] = value
		}
	}
	if t.kind == Person && s.Facts["email"] == "" && strings.Contains(s.Name, "@") {
		s.Facts["email"] = s.Name
	}
	return s, t.check(s, line)
}

// check says what is wrong with a row, "" if nothing is.
func (t *table) check(s store.Subject, line int) string {
	for what, value := range s.Facts {
		if len(value) > 200 || strings.ContainsFunc(value, unicode.IsControl) {
			return fmt.Sprintf("the %s is longer than 200 signs or has signs that are no text", what)
		}
	}
	mail := s.Facts["email"]
	switch {
	case s.Name == "":
		return "it has no name"
	case len(s.Name) > 200 || strings.ContainsFunc(s.Name, unicode.IsControl):
		return "the name is longer than 200 signs or has signs that are no text"
	case mail != "" && !looksLikeMail(mail):
		return fmt.Sprintf("%.60q is no e-mail address", mail)
	}
	for _, key := range []string{"name " + s.Name, "address " + strings.ToLower(mail)} {
		if before := t.lines[key]; before > 0 && key != "address " {
			return fmt.Sprintf("it has the same %s as line %d", strings.SplitN(key, " ", 2)[0], before)
		}
		t.lines[key] = line
	}
	return ""
}

// looksLikeMail tells a mail address from what is surely none.
func looksLikeMail(text string) bool {
	name, domain, found := strings.Cut(text, "@")
	return found && name != "" && domain != "" && !strings.ContainsAny(text, " \t<>,;\"()") && !strings.Contains(domain, "@")
}

// trouble says which rows are wrong, if any is.
func (t *table) trouble() error {
	if len(t.bad) > 0 {
		return store.WithHint(fmt.Errorf("%d rows cannot be read: %s", len(t.bad), fewer(t.bad, "; ")), "mend them and import the file again; nothing was put on the list")
	}
	if len(t.out.Subjects) == 0 {
		return errors.New("the file holds no rows but the first")
	}
	return nil
}

// fewer joins what there is, or the first of it.
func fewer(all []string, between string) string {
	const most = 8
	if len(all) <= most {
		return strings.Join(all, between)
	}
	return fmt.Sprintf("%s%sand %d more", strings.Join(all[:most], between), between, len(all)-most)
}

// plainCSV is an error of the reader in our words.
func plainCSV(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d: the quotes do not fit", parse.StartLine)
	}
	return err
}

// decoded is the file as UTF-8.
func decoded(file []byte) (string, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(file, []byte{0xff, 0xfe}), bytes.HasPrefix(file, []byte{0xfe, 0xff}):
		from = textunicode.UTF16(textunicode.LittleEndian, textunicode.ExpectBOM)
	case !utf8.Valid(file):
		from = charmap.Windows1252
	default:
		return strings.TrimPrefix(string(file), "\ufeff"), nil
	}
	out, err := from.NewDecoder().Bytes(file)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) || bytes.IndexByte(out, 0) >= 0 {
		return "", store.WithHint(errors.New("the file is no text that can be read"), "save it as CSV in UTF-8; a spreadsheet itself (.xlsx) cannot be read")
	}
	return string(out), nil
}

// separator is the sign between the cells of the first row.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, sign := range []rune{',', ';', '\t'} {
		if n := strings.Count(first, string(sign)); n > most {
			best, most = sign, n
		}
	}
	return best
}
