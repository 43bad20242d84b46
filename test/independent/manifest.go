package main

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"time"
	"unicode/utf8"
)

// A manifest is what a verifier uses of one (§2). Members that no check needs are not demanded, and
// members that the format does not name are passed over: the log's key signed them either way.
type manifest struct {
	origin           string
	batch            int64
	first, count     int64
	sealedAtText     string
	sealedAt         time.Time
	heartbeatSeconds float64
	retentionDays    float64
	sources          []stretch
	gaps             []gap
	read, pieces     int64
	dropped          int64 // the sum over the rules
	notices          []notice
}

type stretch struct {
	file       string
	start, end int64
	lines      int64
	after      string
	ended      bool
}

type position struct {
	file   string
	offset int64
}

type gap struct{ before, after *position }

type notice struct {
	kind     string
	vkey     string // of next
	reason   string // of epoch
	previous string // of epoch
}

var (
	errManifest  = errors.New("malformed manifest")
	sealedAtForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`)
)

// object is a JSON object by exact member names; a Go struct would also take "Origin" for "origin".
type object map[string]json.RawMessage

func (o object) text(name string, to *string, need bool) bool {
	raw, ok := o[name]
	if !ok {
		return !need
	}
	return len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, to) == nil
}

func (o object) number(name string, to *int64) (ok bool) {
	*to, ok = wholeNumber(o[name])
	return ok
}

func (o object) amount(name string, to *float64) bool {
	raw, ok := o[name]
	return ok && raw[0] != 'n' && json.Unmarshal(raw, to) == nil && *to >= 0 && !math.IsInf(*to, 0)
}

func (o object) objects(name string) ([]object, bool) {
	raw, ok := o[name]
	if !ok || raw[0] != '[' {
		return nil, false
	}
	var out []object
	if json.Unmarshal(raw, &out) != nil {
		return nil, false
	}
	for _, x := range out {
		if x == nil {
			return nil, false
		}
	}
	return out, true
}

func parseManifest(text string) (*manifest, error) {
	var o object
	// encoding/json would silently replace what is not UTF-8.
	if !utf8.ValidString(text) || json.Unmarshal([]byte(text), &o) != nil || o == nil {
		return nil, errManifest
	}
	m := &manifest{}
	var v int64
	if !o.number("v", &v) || v != 1 {
		return nil, errors.New("manifest of an unknown version")
	}
	ok := o.text("origin", &m.origin, true) && originForm.MatchString(m.origin) &&
		o.number("batch", &m.batch) && o.number("first", &m.first) && o.number("count", &m.count) &&
		o.text("sealedAt", &m.sealedAtText, true) && sealedAtForm.MatchString(m.sealedAtText) &&
		o.amount("heartbeatSeconds", &m.heartbeatSeconds) && o.amount("retentionDays", &m.retentionDays) &&
		o.number("read", &m.read) && o.number("pieces", &m.pieces)
	if !ok {
		return nil, errManifest
	}
	var err error
	if m.sealedAt, err = time.Parse(time.RFC3339, m.sealedAtText); err != nil {
		return nil, errManifest
	}
	if m.dropped, ok = sumOf(o["dropped"]); !ok {
		return nil, errManifest
	}
	if m.sources, ok = parseSources(o); !ok {
		return nil, errManifest
	}
	if m.gaps, ok = parseGaps(o); !ok {
		return nil, errManifest
	}
	if m.notices, ok = parseNotices(o); !ok {
		return nil, errManifest
	}
	return m, nil
}

func sumOf(raw json.RawMessage) (sum int64, ok bool) {
	if len(raw) == 0 || raw[0] != '{' {
		return 0, false
	}
	var rules object
	if json.Unmarshal(raw, &rules) != nil {
		return 0, false
	}
	for name := range rules {
		var n int64
		if !rules.number(name, &n) {
			return 0, false
		}
		if sum += n; sum > maxInt {
			return 0, false
		}
	}
	return sum, true
}

func parseSources(o object) ([]stretch, bool) {
	list, ok := o.objects("sources")
	out := make([]stretch, len(list))
	var ignored string
	for i, x := range list {
		s := &out[i]
		ok = ok && x.text("path", &ignored, true) && x.text("file", &s.file, true) &&
			x.text("mac", &ignored, true) && x.number("start", &s.start) && x.number("end", &s.end) &&
			x.number("lines", &s.lines) && x.text("after", &s.after, false)
		s.ended = string(x["ended"]) == "true"
	}
	return out, ok
}

func parseGaps(o object) ([]gap, bool) {
	list, ok := o.objects("gaps")
	out := make([]gap, len(list))
	for i, x := range list {
		var okBefore, okAfter bool
		out[i].before, okBefore = parsePosition(x["before"])
		out[i].after, okAfter = parsePosition(x["after"])
		var ignored string
		ok = ok && okBefore && okAfter && x.text("reason", &ignored, true)
	}
	return out, ok
}

func parsePosition(raw json.RawMessage) (*position, bool) {
	if raw == nil {
		return nil, true
	}
	var o object
	p := &position{}
	if json.Unmarshal(raw, &o) != nil || o == nil {
		return nil, false
	}
	var ignored string
	return p, o.text("path", &ignored, true) && o.text("file", &p.file, true) && o.number("offset", &p.offset)
}

func parseNotices(o object) ([]notice, bool) {
	list, ok := o.objects("notices")
	out := make([]notice, len(list))
	for i, x := range list {
		n := &out[i]
		ok = ok && x.text("kind", &n.kind, true)
		switch n.kind {
		case "next":
			ok = ok && x.text("vkey", &n.vkey, true)
		case "epoch":
			ok = ok && x.text("reason", &n.reason, true) && x.text("previous", &n.previous, false)
		}
	}
	return out, ok
}

func (m *manifest) has(kind string) bool {
	for _, n := range m.notices {
		if n.kind == kind {
			return true
		}
	}
	return false
}

// twoHeartbeats is how long a log may be quiet.
func (m *manifest) twoHeartbeats() time.Duration {
	return seconds(2 * m.heartbeatSeconds)
}

// seconds turns an amount of seconds into a duration, the greatest one where it would not fit.
func seconds(s float64) time.Duration {
	if s >= math.MaxInt64/float64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(s * float64(time.Second))
}
