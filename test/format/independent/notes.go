package main

import (
	"fmt"
	"regexp"
	"strings"
)

// noteOf returns the note of a note document, and the vkey it carries (§4).
func noteOf(source []byte) (msg, vkey string) {
	if !validJSON(source) {
		return "", ""
	}
	parts := fields(fields(source, "auditseal")[0], "note", "vkey")
	msg, _ = unquote(parts[0])
	vkey, _ = unquote(parts[1])
	return msg, vkey
}

// readMarker returns the key that a start marker makes known, nil if it is not a valid one. A marker's
// vkey is bound by its _id, which holds the log id.
func readMarker(doc hit) *key {
	id := markerID.FindStringSubmatch(doc.id)
	if id == nil {
		return nil
	}
	msg, vkey := noteOf(doc.source)
	k, err := parseKey(vkey)
	if err != nil || k.logID != id[1] || !originForm.MatchString(k.origin) {
		return nil
	}
	text, err := k.open(msg)
	if err != nil || text != fmt.Sprintf("auditseal start v1\n%s\n%s\n", k.origin, id[2]) {
		return nil
	}
	return k
}

var refusalReason = regexp.MustCompile(`^[0-9]+ [^\n]+\n$`)

// refuses says whether a note document is the log's own word that it met a refusal at this index.
func (k *key) refuses(doc hit, index int64) bool {
	msg, _ := noteOf(doc.source)
	text, err := k.open(msg)
	if err != nil {
		return false
	}
	reason, ok := strings.CutPrefix(text, fmt.Sprintf("auditseal refused v1\n%s\n%d\n", k.origin, index))
	return ok && refusalReason.MatchString(reason)
}
