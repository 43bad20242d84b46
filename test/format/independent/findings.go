package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
)

// The findings by name; which verdict each brings is §8.5.
const (
	changed       = "changed"
	missing       = "missing"
	inserted      = "inserted"
	fork          = "fork"
	badSignature  = "bad signature"
	changedRecord = "changed record"
	missingRecord = "missing record"
	brokenChain   = "broken chain"
	epochMissing  = "epoch missing"
	logMissing    = "log missing"

	gapFound       = "gap"
	incoherent     = "incoherent"
	clockBack      = "clock back"
	endsEarly      = "ends early"
	silent         = "silent"
	sealedInFuture = "sealed in the future"
	notYetRecorded = "not yet recorded"
	unlinkedEpoch  = "unlinked epoch"
	unknownLog     = "unknown log"
	unproven       = "unproven"
	notErased      = "not erased"
)

var tampering = []string{changed, missing, inserted, fork, badSignature, changedRecord, missingRecord,
	brokenChain, epochMissing, logMissing}

// A finding names a place in a log: an index, a batch, or neither; unknown (-1) where it has none.
type finding struct {
	name   string
	origin string
	index  int64
	batch  int64
}

// A named finding is one as it is reported, with what excuses it.
type named struct {
	finding
	excuse string // "", retired or acknowledged
}

func (f named) MarshalJSON() ([]byte, error) {
	out := struct {
		Finding string `json:"finding"`
		Origin  string `json:"origin"`
		Index   *int64 `json:"index,omitempty"`
		Batch   *int64 `json:"batch,omitempty"`
		Excuse  string `json:"excuse,omitempty"`
	}{Finding: f.name, Origin: f.origin, Excuse: f.excuse}
	if f.index != unknown {
		out.Index = &f.index
	}
	if f.batch != unknown {
		out.Batch = &f.batch
	}
	return plainJSON(out)
}

// findings is a set: a place is named once, however many documents say so.
type findings map[finding]bool

func (s findings) add(name, origin string) {
	s[finding{name, origin, unknown, unknown}] = true
}

func (s findings) atIndex(name, origin string, index int64) {
	s[finding{name, origin, index, unknown}] = true
}

func (s findings) atBatch(name, origin string, batch int64) {
	s[finding{name, origin, unknown, batch}] = true
}

func (s findings) tampered() bool {
	for f := range s {
		if slices.Contains(tampering, f.name) {
			return true
		}
	}
	return false
}

func (s findings) sorted() []finding {
	out := make([]finding, 0, len(s))
	for f := range s {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.origin, b.origin),
			cmp.Compare(a.batch, b.batch), cmp.Compare(a.index, b.index))
	})
	return out
}

// A verdict is the last line of the report.
type verdict struct {
	Verdict string `json:"verdict"`
	Exit    int    `json:"exit"`
	Records int    `json:"records"` // valid records, one a batch
	Events  int    `json:"events"`  // indexes whose document is as it was sealed
	Copies  int    `json:"copies"`  // the same document again, event or record
	Expired int    `json:"expired"` // indexes whose document went by retention
	Erased  int    `json:"erased"`  // and those that somebody who may has signed away
	Pending int    `json:"pending"` // documents not yet recorded
	Later   int    `json:"later"`   // what only a later version has a meaning for: documents, notices
}

type report struct {
	findings []finding
	excused  map[finding]string
	verdict  verdict
}

func (r report) named() []named {
	out := make([]named, len(r.findings))
	for i, f := range r.findings {
		out[i] = named{f, r.excused[f]}
	}
	return out
}

func (r report) write(w io.Writer) error {
	for _, f := range r.named() {
		line, err := f.MarshalJSON()
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	line, err := plainJSON(r.verdict)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// plainJSON is json.Marshal without its escapes for HTML.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
