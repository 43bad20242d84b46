package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A statement is what an operator has signed (§6).
type statement struct {
	kind, log   string
	after       string // of an unlinked epoch: the one before; else ""
	first, last int64  // unknown if it has none
	days        int64
	indexes     []interval
	at          time.Time
}

// An interval of leaf indexes, both included.
type interval struct{ first, last int64 }

var (
	statementID  = regexp.MustCompile(`^([0-9a-f]{16})-o([0-9a-f]{16})$`)
	operatorName = regexp.MustCompile(`^[A-Za-z0-9._@:/-]+$`)
)

// readStatement returns nil for what counts for nothing.
func (t *trustFile) readStatement(doc hit) *statement {
	id := statementID.FindStringSubmatch(doc.id)
	if t == nil || id == nil || !utf8.Valid(doc.source) {
		return nil
	}
	msg, _ := noteOf(doc.source)
	for _, k := range slices.Concat(t.operators, t.erasers) {
		if k.logID != id[1] {
			continue
		}
		text, err := k.open(msg)
		sum := sha256.Sum256([]byte(text))
		if err != nil || hex.EncodeToString(sum[:8]) != id[2] {
			continue
		}
		s := parseStatement(text)
		if s == nil {
			return nil
		}
		who := t.operators
		if s.kind == "retention" || s.kind == "erase" {
			who = t.erasers
		}
		if slices.ContainsFunc(who, func(one *key) bool { return one.vkey == k.vkey }) {
			return s
		}
	}
	return nil
}

const statementHead = "auditseal statement v1\n"

// parseStatement takes a statement apart, and writes it anew to see that it says nothing else.
func parseStatement(text string) *statement {
	line, ok := strings.CutPrefix(text, statementHead)
	if !ok || !validJSON([]byte(line)) {
		return nil
	}
	o, ok := parseObject([]byte(line))
	var at, why string
	s := &statement{first: unknown, last: unknown}
	if !ok || !o.text("kind", &s.kind, true) || !o.text("log", &s.log, true) || !o.text("at", &at, true) || !o.text("why", &why, true) {
		return nil
	}
	ok = originForm.MatchString(s.log) && (s.kind == "erase" || o.number("last", &s.last))
	members := ""
	switch _, isEpoch := o["after"]; {
	case s.kind == "retire":
		members = fmt.Sprintf(`"last":%d,`, s.last)
	case s.kind == "acknowledge" && isEpoch:
		ok = ok && o.text("after", &s.after, true) && isBefore(s.after, s.log)
		members = fmt.Sprintf(`"after":"%s","last":%d,`, s.after, s.last)
	case s.kind == "acknowledge":
		ok = ok && o.number("first", &s.first) && s.first <= s.last
		members = fmt.Sprintf(`"first":%d,"last":%d,`, s.first, s.last)
	case s.kind == "retention":
		ok = ok && o.number("first", &s.first) && s.first <= s.last && o.number("days", &s.days) && s.days >= 1
		members = fmt.Sprintf(`"first":%d,"last":%d,"days":%d,`, s.first, s.last, s.days)
	case s.kind == "erase":
		var text string
		ok = ok && o.text("indexes", &text, true) && s.readIndexes(text)
		members = fmt.Sprintf(`"indexes":"%s",`, text)
	default:
		ok = false
	}
	if !ok || why == "" || !sealedAtForm.MatchString(at) {
		return nil
	}
	var err error
	if s.at, err = time.Parse(time.RFC3339, at); err != nil {
		return nil
	}
	b := fmt.Appendf(nil, `%s{"kind":"%s","log":`, statementHead, s.kind)
	b = append(appendString(b, s.log), ","+members...)
	b = appendString(append(b, `"at":`...), at)
	b = appendString(append(b, `,"why":`...), why)
	if string(append(b, "}\n"...)) != text {
		return nil
	}
	return s
}

var indexForm = regexp.MustCompile(`^(0|[1-9][0-9]*)(?:-([1-9][0-9]*))?$`)

// readIndexes reads ascending indexes and intervals of them, such as have one spelling.
func (s *statement) readIndexes(text string) bool {
	before := int64(-2)
	for _, part := range strings.Split(text, ",") {
		m := indexForm.FindStringSubmatch(part)
		if m == nil {
			return false
		}
		first, ok := wholeNumber([]byte(m[1]))
		last := first
		if ok && m[2] != "" {
			last, ok = wholeNumber([]byte(m[2]))
			ok = ok && last > first
		}
		if !ok || first < before+2 {
			return false
		}
		s.indexes = append(s.indexes, interval{first, last})
		before = last
	}
	return true
}

// isBefore tells whether an origin is an earlier epoch of the place of another.
func isBefore(earlier, later string) bool {
	p, e := splitOrigin(earlier)
	q, f := splitOrigin(later)
	return e != "" && p == q && e < f
}

// The findings of batches that an acknowledgement excuses.
var ofBatches = []string{gapFound, silent, incoherent, clockBack}

// applyStatements marks the findings that operators excuse (§8.4).
func (v *verifier) applyStatements() {
	for f := range v.found {
		for _, s := range v.statements {
			if s.at.Sub(v.dump.now) <= tolerance && v.excuses(s, f) {
				v.excused[f] = map[string]string{"retire": "retired", "acknowledge": "acknowledged"}[s.kind]
			}
		}
	}
}

func (v *verifier) acknowledged(f finding) bool {
	return slices.ContainsFunc(v.statements, func(s *statement) bool {
		return s.at.Sub(v.dump.now) <= tolerance && v.excuses(s, f)
	})
}

func (v *verifier) excuses(s *statement, f finding) bool {
	l := v.logs[f.origin]
	if l == nil || s.log != f.origin {
		return false // also of every unjudged origin
	}
	batch := f.batch
	switch {
	case s.kind != "retire" && s.kind != "acknowledge":
		return false
	case s.kind == "retire":
		if f.name != endsEarly || f.batch != s.last {
			return false
		}
	case s.after != "":
		before := v.before(l)
		if f.name != unlinkedEpoch || before == nil || before.origin != s.after || before.newest().man.batch != s.last {
			return false
		}
		batch = l.records[0].man.batch
	case !slices.Contains(ofBatches, f.name) || batch < s.first || batch > s.last:
		return false
	}
	return l.byBatch[batch].man.sealedAt.Sub(s.at) <= tolerance
}

// before returns the newest earlier epoch of a log's place that has a valid record.
func (v *verifier) before(l *sealLog) (out *sealLog) {
	for _, e := range v.sortedLogs() {
		if isBefore(e.origin, l.origin) && e.newest() != nil {
			out = e
		}
	}
	return out
}
