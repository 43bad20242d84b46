package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// noteOf returns the note of a note document, and the vkey it carries (§4).
func noteOf(source []byte) (msg, vkey string) {
	if !isParsed(source) {
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
	if id == nil || !holdsHash(doc, id[3]) {
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

// holdsHash says whether the end of a note document's _id is that of its signed note (§5).
func holdsHash(doc hit, digits string) bool {
	msg, _ := noteOf(doc.source)
	sum := sha256.Sum256([]byte(msg))
	return hex.EncodeToString(sum[:8]) == digits
}

// The form, Elasticsearch's status and type, and the hash of the message.
var refusalText = regexp.MustCompile(`^(bodies|event)\n[0-9]+ [^\n]+\n([0-9a-f]{64})\n$`)

// refuses gives the form that a note document, by the log's own word, lets the event of an index have with this
// message, "" if none.
func (k *key) refuses(doc hit, index int64, message string) (form string) {
	msg, _ := noteOf(doc.source)
	text, err := k.open(msg)
	if err != nil {
		return ""
	}
	rest, ok := strings.CutPrefix(text, fmt.Sprintf("auditseal refused v1\n%s\n%d\n", k.origin, index))
	said := refusalText.FindStringSubmatch(rest)
	sum := sha256.Sum256([]byte(message))
	if !ok || said == nil || said[2] != hex.EncodeToString(sum[:]) {
		return ""
	}
	return said[1]
}
