package actions

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	textunicode "golang.org/x/text/encoding/unicode"
)

// The same staff list as it comes out of different programs.
func TestStaffLists(t *testing.T) {
	plain := "Name,E-Mail,Role\n\"Nair, Priya\",priya@example.com,dispatch\nJörg Müller,jörg@example.com,\n"
	utf16, err := textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM).NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	old, err := charmap.Windows1252.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"plain":        plain,
		"with a mark":  "\ufeff" + plain,
		"windows":      strings.ReplaceAll(plain, "\n", "\r\n"),
		"UTF-16":       utf16,
		"Windows-1252": old,
		"semicolons":   "name;EMAIL;job title\nNair, Priya;priya@example.com;dispatch\n\nJörg Müller;jörg@example.com;\n",
		"tabs":         "email\tfull_name\trole\npriya@example.com\tNair, Priya\tdispatch\njörg@example.com\tJörg Müller\n",
		"two names":    "Last Name,First Name,Mail,Position\nPriya,\"Nair,\",priya@example.com,dispatch\nMüller,Jörg,jörg@example.com,\n",
		"no last line": strings.TrimSuffix(plain, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadSubjects(Person, []byte(file))
			if err != nil {
				t.Fatal(err)
			}
			all := got.Subjects
			if len(all) != 2 || all[0].Name != "Nair, Priya" || all[0].Facts["role"] != "dispatch" || all[1].Name != "Jörg Müller" || all[1].Facts["email"] != "jörg@example.com" {
				t.Errorf("%+v", all)
			}
		})
	}
}

// What is not needed is not read, and that is said.
func TestColumnsThatAreLeft(t *testing.T) {
	got, err := ReadSubjects(Person, []byte("email,Password,salary,Email\na@example.com,hunter2,12,b@example.com\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Subjects[0]; s.Name != "a@example.com" || s.Facts["email"] != s.Name || len(s.Facts) != 1 || strings.Join(got.Left, " ") != "Password salary Email" {
		t.Errorf("%+v", got)
	}
}

// A formula is a text, and hidden signs in a cell that is no text are told.
func TestFormulasAreTexts(t *testing.T) {
	got, err := ReadSubjects(Person, []byte("name,email\n\"=HYPERLINK(\"\"http://203.0.113.80\"\")\",x@example.com\n"))
	if err != nil || got.Subjects[0].Name != `=HYPERLINK("http://203.0.113.80")` {
		t.Errorf("%+v %v", got, err)
	}
}

// A file with bad rows names each by its line and gives nothing.
func TestBadRows(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"no name":        {"name,email\n,\nAda,ada@example.com\n,bo@\n", `line 4: "bo@" is no e-mail address`},
		"no address":     {"name,email\nAda,ada at example.com\n", `line 2: "ada at example.com" is no e-mail`},
		"twice":          {"name,email\nAda,a@example.com\nAda,b@example.com\n", "line 3: it has the same name as line 2"},
		"same mail":      {"name,email\nAda,a@example.com\nBo,A@example.com\n", "line 3: it has the same address as line 2"},
		"wider":          {"name,email\nAda,a@example.com,x\n", "line 2: it has 3 cells"},
		"control signs":  {"name,email\nA\x1b[2Jda,a@example.com\n", "line 2: the name is longer"},
		"quotes":         {"name,email\n\"Ada,a@example.com\nBo,b@example.com\n", "line 2: the quotes do not fit"},
		"several":        {"name,email\nAda,a\nBo,b\nCy,c@example.com\n", "2 rows cannot be read: line 2:"},
		"over lines":     {"name,email\n\"Ada\nL\",a@example.com\nBo,b\n", "line 4"},
		"no header":      {"Ada,ada@example.com\nBo,bo@example.com\n", "names no column that is known"},
		"empty":          {"", "no first row"},
		"nobody":         {"name,email\n", "no rows but the first"},
		"a spreadsheet":  {"PK\x03\x04\x00\x00\x81\x8d\x8f\x90\x9d", "no text that can be read"},
		"no text at all": {"\xff\xfe\x00\xd8\x00\xd8", "no text that can be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadSubjects(Person, []byte(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
}

func FuzzReadSubjects(f *testing.F) {
	f.Add([]byte("name;email\n\"x\";y@z\n"))
	f.Add([]byte("\xff\xfen\x00a\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := ReadSubjects(Person, file)
		if err != nil {
			return
		}
		names := map[string]bool{}
		for _, s := range got.Subjects {
			if s.Kind != Person || s.Name == "" || names[s.Name] {
				t.Fatalf("%+v", s)
			}
			names[s.Name] = true
		}
	})
}
