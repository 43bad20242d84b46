package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// A trustFile is what an auditor keeps outside the store (§6).
type trustFile struct {
	places []string // "<cluster>/<node>/<source>", as listed
	keys   []*key

	operators []*key
	erasers   []*key
}

var errTrust = errors.New("trust file: malformed")

// readTrust returns nil, without an error, if there is no such file.
func readTrust(path string) (*trustFile, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, ok := parseObject(text)
	if !ok || !validJSON(text) || !f.only("v", "logs", "operators", "erasers") {
		return nil, errTrust
	}
	if v, ok := wholeNumber(f["v"]); !ok || v != 1 {
		return nil, errors.New("trust file: of a version that is not known")
	}
	logs, ok := f.objects("logs")
	if !ok {
		return nil, errTrust
	}
	t := &trustFile{}
	for name, to := range map[string]*[]*key{"operators": &t.operators, "erasers": &t.erasers} {
		if list, ok := f[name]; ok {
			if err := eachElement(list, func(value []byte) error { return addPerson(to, value) }); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range logs {
		if err := t.add(l); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *trustFile) add(l object) error {
	var cluster, node, source, vkey string
	ok := l.only("cluster", "node", "source", "vkey") && l.text("cluster", &cluster, true) &&
		l.text("node", &node, true) && l.text("source", &source, true) && l.text("vkey", &vkey, true)
	if !ok {
		return errTrust
	}
	k, err := parseKey(vkey)
	if err != nil {
		return fmt.Errorf("trust file: %w", err)
	}
	place := cluster + "/" + node + "/" + source
	if p, epoch := splitOrigin(k.origin); p != place || epoch == "" {
		return fmt.Errorf("trust file: the key of %q is listed for %q", k.origin, place)
	}
	t.places = append(t.places, place)
	t.keys = append(t.keys, k)
	return nil
}

// only says whether the object has no members but these.
func (o object) only(names ...string) bool {
	for name := range o {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

func addPerson(to *[]*key, value []byte) error {
	vkey, ok := unquote(value)
	if !ok {
		return errTrust
	}
	k, err := parseKey(vkey)
	if err != nil {
		return fmt.Errorf("trust file: %w", err)
	}
	if !operatorName.MatchString(k.origin) || originForm.MatchString(k.origin) {
		return fmt.Errorf("trust file: an operator cannot be called %q", k.origin)
	}
	*to = append(*to, k)
	return nil
}
