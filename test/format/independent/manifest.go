package main

import (
	"errors"
	"math"
	"regexp"
	"slices"
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
	retentionDays    int64
	sources          []stretch
	gaps             []gap
	read, pieces     int64
	joined           int64
	dropped          int64 // the sum over the rules
	droppedBy        map[string]int64
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

	hasPrevious bool
}

var (
	errManifest  = errors.New("malformed manifest")
	ruleName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	sealedAtForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`)
)

// object is a JSON object by exact member names, in raw values; a Go struct would also take "Origin" for "origin".
type object map[string][]byte

func parseObject(raw []byte) (object, bool) {
	o := object{}
	err := eachMember(raw, func(name string, value []byte) error {
		o[name] = value
		return nil
	})
	return o, err == nil
}

func (o object) text(name string, to *string, need bool) (ok bool) {
	raw, there := o[name]
	if !there {
		return !need
	}
	*to, ok = decodeString(raw, true)
	return ok
}

func (o object) has(names ...string) bool {
	var ignored string
	for _, name := range names {
		if !o.text(name, &ignored, true) {
			return false
		}
	}
	return true
}

func (o object) number(name string, to *int64) (ok bool) {
	*to, ok = wholeNumber(o[name])
	return ok
}

func (o object) amount(name string, to *float64) (ok bool) {
	*to, ok = number(o[name])
	return ok && *to > 0
}

func (o object) objects(name string) (out []object, ok bool) {
	err := eachElement(o[name], func(value []byte) error {
		x, ok := parseObject(value)
		if !ok {
			return errManifest
		}
		out = append(out, x)
		return nil
	})
	return out, err == nil
}

func parseManifest(text string) (*manifest, error) {
	o, ok := parseObject([]byte(text))
	if !ok || !utf8.ValidString(text) || !isParsed([]byte(text)) {
		return nil, errManifest
	}
	m := &manifest{}
	var v int64
	if !o.number("v", &v) || v != 1 {
		return nil, errors.New("manifest of an unknown version")
	}
	ok = o.text("origin", &m.origin, true) && originForm.MatchString(m.origin) &&
		o.number("batch", &m.batch) && o.number("first", &m.first) && o.number("count", &m.count) &&
		o.text("sealedAt", &m.sealedAtText, true) && sealedAtForm.MatchString(m.sealedAtText) &&
		o.amount("heartbeatSeconds", &m.heartbeatSeconds) && o.number("retentionDays", &m.retentionDays) && m.retentionDays >= 1 &&
		o.number("read", &m.read) && o.number("pieces", &m.pieces) && o.number("joined", &m.joined)
	if !ok {
		return nil, errManifest
	}
	var err error
	if m.sealedAt, err = time.Parse(time.RFC3339, m.sealedAtText); err != nil {
		return nil, errManifest
	}
	if m.droppedBy, m.dropped, ok = parseCounts(o["dropped"]); !ok {
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
	if m.first+m.count+1 > maxInt || m.read+m.pieces > maxInt || m.count+m.dropped+m.joined > maxInt {
		return nil, errManifest
	}
	return m, nil
}

// parseCounts reads counts by the names of rules, and their sum.
func parseCounts(raw []byte) (counts map[string]int64, sum int64, ok bool) {
	rules, ok := parseObject(raw)
	counts = map[string]int64{}
	for name := range rules {
		var n int64
		if !ruleName.MatchString(name) || !rules.number(name, &n) {
			return nil, 0, false
		}
		counts[name] = n
		if sum += n; sum > maxInt {
			return nil, 0, false
		}
	}
	return counts, sum, ok
}

func parseSources(o object) ([]stretch, bool) {
	list, ok := o.objects("sources")
	out := make([]stretch, len(list))
	for i, x := range list {
		s := &out[i]
		ok = ok && x.has("path", "mac") && x.text("file", &s.file, true) && x.number("start", &s.start) && x.number("end", &s.end) &&
			x.number("lines", &s.lines) && x.text("after", &s.after, false)
		ended, there := x["ended"]
		s.ended = string(ended) == "true"
		ok = ok && s.ended == there
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
		ok = ok && okBefore && okAfter && x.has("reason")
	}
	return out, ok
}

func parsePosition(raw []byte) (*position, bool) {
	if raw == nil {
		return nil, true
	}
	p := &position{}
	o, ok := parseObject(raw)
	return p, ok && o.has("path") && o.text("file", &p.file, true) && o.number("offset", &p.offset)
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
			_, n.hasPrevious = x["previous"]
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

// noticeKinds are those of §2. Others may be a later version's: they are counted, and no finding.
var noticeKinds = []string{"start", "stop", "paused", "epoch", "next", "policy", "config", "refused", "copies", "clock",
	"drift", "detect", "notify"}

func (m *manifest) laterNotices() (n int) {
	for _, one := range m.notices {
		if !slices.Contains(noticeKinds, one.kind) {
			n++
		}
	}
	return n
}
