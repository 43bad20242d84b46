package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A hit is a document as the store returned it, its _source in the very bytes of the response.
type hit struct {
	id     string
	source []byte
}

// A dump is a folder of raw search responses (§8.6).
type dump struct {
	dir       string
	now       time.Time
	namespace string
	trust     *trustFile // nil if there is none
}

func openDump(dir string) (*dump, error) {
	d := &dump{dir: dir}
	now, err := readLine(filepath.Join(dir, "now"))
	if err != nil {
		return nil, err
	}
	if d.now, err = time.Parse(time.RFC3339, now); err != nil {
		return nil, err
	}
	if d.namespace, err = readLine(filepath.Join(dir, "namespace")); err != nil {
		return nil, err
	}
	d.trust, err = readTrust(filepath.Join(dir, "trust.json"))
	return d, err
}

func readLine(path string) (string, error) {
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// each calls fn with every hit of the files "<kind>-000000.json" and on, in reading order. A number
// left out would be a part of the answer that is lost, so it is an error. One file is held at a time.
func (d *dump) each(kind string, fn func(hit)) error {
	names, err := filepath.Glob(filepath.Join(d.dir, kind+"-*.json"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("no %s in the dump", kind)
	}
	for i := range names {
		name := fmt.Sprintf("%s-%06d.json", kind, i)
		body, err := os.ReadFile(filepath.Join(d.dir, name))
		if err != nil {
			return err
		}
		if err := eachHit(body, fn); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

var errPartial = errors.New("the search did not answer in full")

// eachHit walks a search response. An answer that says itself that it is partial is not an answer.
func eachHit(body []byte, fn func(hit)) error {
	top := fields(body, "timed_out", "_shards", "hits")
	if string(top[0]) == "true" {
		return errPartial
	}
	if failed := fields(top[1], "failed")[0]; failed != nil && string(failed) != "0" {
		return errPartial
	}
	list := fields(top[2], "hits")[0]
	if list == nil {
		return errors.New("not a search response")
	}
	return eachElement(list, func(value []byte) error {
		parts := fields(value, "_index", "_id", "_source")
		_, hasIndex := unquote(parts[0])
		id, hasID := unquote(parts[1])
		if !hasIndex || !hasID || parts[2] == nil {
			return errors.New("a hit without _index, _id or _source")
		}
		fn(hit{id: id, source: cut(parts[2])})
		return nil
	})
}
