package actions

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"retake/actions/probe"
)

// folderParameter names folders on this computer.
func folderParameter(name, help string) Parameter {
	return Parameter{Name: name, Type: List, Valid: validFolders(name), Help: help}
}

// validFolders wants whole paths, so that a plan means the same wherever it is
// carried out from.
func validFolders(name string) func(string) error {
	return func(value string) error {
		for _, word := range words(value) {
			if !filepath.IsAbs(word) || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' }) {
				return fmt.Errorf("%s cannot hold %q: write whole paths such as /srv/app, with commas", name, word)
			}
		}
		return nil
	}
}

// folderChanges are one change for each folder of a parameter. A folder that is
// not there is an error: whoever misspells it must not think that it was
// searched.
func folderChanges(r *Run, parameter, what string) ([]Change, error) {
	var all []Change
	for _, word := range r.Params.List(parameter) {
		folder, err := probe.Absolute(word)
		if err != nil {
			return nil, fmt.Errorf("cannot look through %s: %w", word, err)
		}
		if slices.ContainsFunc(all, func(c Change) bool { return c.Object == folder }) {
			continue
		}
		all = append(all, Change{ID: verbScan + "/" + folder, Account: r.Main(), Verb: verbScan, Target: folder + " on this computer: " + what, Object: folder, Reversible: true})
	}
	return all, r.seenAll(all, func(c Change) string { return folderAddress(c.Object) })
}
