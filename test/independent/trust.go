package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// A trustFile is what an auditor keeps outside the store (§6). Operator keys are out of scope here.
type trustFile struct {
	places []string // "<cluster>/<node>/<source>", as listed
	keys   []*key
}

// readTrust returns nil, without an error, if there is no such file.
func readTrust(path string) (*trustFile, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var f struct {
		V    int `json:"v"`
		Logs []struct {
			Cluster string `json:"cluster"`
			Node    string `json:"node"`
			Source  string `json:"source"`
			VKey    string `json:"vkey"`
		} `json:"logs"`
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("trust file: %w", err)
	}
	if f.V != 1 {
		return nil, fmt.Errorf("trust file: version %d is not known", f.V)
	}
	t := &trustFile{}
	for _, l := range f.Logs {
		k, err := parseKey(l.VKey)
		if err != nil {
			return nil, fmt.Errorf("trust file: %w", err)
		}
		place := l.Cluster + "/" + l.Node + "/" + l.Source
		if p, epoch := splitOrigin(k.origin); p != place || epoch == "" {
			return nil, fmt.Errorf("trust file: the key of %q is listed for %q", k.origin, place)
		}
		t.places = append(t.places, place)
		t.keys = append(t.keys, k)
	}
	return t, nil
}
