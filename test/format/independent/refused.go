package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// maxEntry bounds what a refused form may unpack to. The agent's own limit is 8 MiB unless configured
// otherwise, and no bulk request can carry more than this.
const maxEntry = 128 << 20

var (
	auditMember = []byte(`,"kubernetes":{"audit":`)
	kindEvent   = []byte(`"event":{"kind":"event"`)
	kindError   = []byte(`"event":{"kind":"pipeline_error"`)
)

// A refusedEvent is a document that has the parts of a refused form (§4). Whether it is one, a signed note says.
type refusedEvent struct {
	message, packed string
	entry           []byte
}

// readRefused takes a refused form of the entry with this leaf hash apart.
func readRefused(source []byte, leaf tlog.Hash) (*refusedEvent, bool) {
	if !validJSON(source) {
		return nil, false
	}
	parts := fields(source, "error", "auditseal.refused")
	r := &refusedEvent{}
	var ok bool
	if r.message, ok = unquote(fields(parts[0], "message")[0]); !ok || !utf8.ValidString(r.message) {
		return nil, false
	}
	if r.packed, ok = unquote(parts[1]); !ok {
		return nil, false
	}
	zipped, ok := decode64(r.packed)
	if !ok {
		return nil, false
	}
	r.entry, ok = gunzip(zipped)
	return r, ok && tlog.RecordHash(r.entry) == leaf
}

// form writes the refused form anew; nil where the entry has none without its bodies.
func (r *refusedEvent) form(name string) []byte {
	cut := bytes.Index(r.entry, auditMember)
	var b []byte
	switch {
	case name == "event" && cut < 0:
		b = refusedHead(r.entry[:max(len(r.entry)-1, 0)])
	case name == "event":
		b = refusedHead(r.entry[:cut])
	case cut < 0 || !bytes.HasSuffix(r.entry, []byte("}}")):
		return nil
	default:
		event, ok := cutMembers(r.entry[cut+len(auditMember):len(r.entry)-2], "requestObject", "responseObject")
		if !ok {
			return nil
		}
		b = append(append(append(refusedHead(r.entry[:cut]), auditMember...), event...), '}')
	}
	b = appendString(append(b, `,"error":{"message":`...), r.message)
	b = appendString(append(b, `},"auditseal.refused":`...), r.packed)
	return append(b, '}')
}

func refusedHead(head []byte) []byte {
	return bytes.Replace(head[:len(head):len(head)], kindEvent, kindError, 1)
}

// cutMembers leaves the members with these names out of an object (§4): the comma before one goes with it, or, where
// no member is kept before it, all up to the next name. What is no object has none.
func cutMembers(object []byte, names ...string) (left []byte, ok bool) {
	i := skipSpace(object, 0)
	if !validJSON(object) || i == len(object) || object[i] != '{' {
		return nil, false
	}
	i++
	kept := false
	from := 0     // what is before is written or cut
	comma := i    // the one before the member at hand
	cutting := -1 // where the cut at hand begins
	for {
		start := skipSpace(object, i)
		if object[start] == '}' {
			break // only in an empty object
		}
		end, _ := skipString(object, start)
		name, _ := decodeString(object[start:end], true)
		i = skipSpace(object, skipSpace(object, end)+1)
		i, _ = skipValue(object, i)
		i = skipSpace(object, i)
		first := start
		if kept {
			first = comma
		}
		switch isCut := slices.Contains(names, name); {
		case isCut && cutting < 0:
			left = append(left, object[from:first]...)
			cutting = first
		case !isCut && cutting >= 0:
			from, cutting = first, -1
			kept = true
		case !isCut:
			kept = true
		}
		comma = i
		if object[i] == '}' {
			break
		}
		i++
	}
	if cutting >= 0 {
		from = comma
	}
	return append(left, object[from:]...), true
}

func gunzip(b []byte) ([]byte, bool) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	// RFC 1952 has reserved flags refused; Go's reader does not look at them.
	if err != nil || b[3]&0xe0 != 0 {
		return nil, false
	}
	out, err := io.ReadAll(io.LimitReader(z, maxEntry+1))
	return out, err == nil && len(out) <= maxEntry
}
