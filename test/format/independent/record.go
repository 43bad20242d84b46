package main

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// A record is a document of the record stream that is taken for a batch record. What can be judged of it
// alone is judged when it is read; the steps are those of §8.2.
type record struct {
	doc hit

	checkpoint, vkey string
	manifestText     string
	leafText         string
	frontierText     string

	man     *manifest
	leaves  []tlog.Hash // of the events and, last, of the manifest
	from    int64       // the first index that it holds, once its chain is judged
	until   int64       // the greatest size of the chain up to it
	reached time.Time   // when it was sealed, or a later time from before a step back of the clock
	key     *key
	root    tlog.Hash
	before  tlog.Hash // the root of the tree before the batch, from the frontier

	formed bool // step 1
	signed bool // step 2, under the vkey it carries
	sound  bool // step 3

	wholeLeaves bool // the leaf hashes are a whole number of hashes
	reformatted bool // the rebuilt form as a value, but not in bytes: judged on by the value
}

func (r *record) size() int64 { return r.man.first + r.man.count + 1 }

func readRecord(doc hit, namespace string) *record {
	r := &record{doc: doc}
	r.formed = r.checkForm(namespace)
	r.signed = r.formed && r.checkSignature()
	r.sound = r.signed && r.checkTree()
	return r
}

// valid says that the record stands under its own vkey; whether that is the log's key is another question.
func (r *record) valid() bool { return r.formed && r.signed && r.sound }

func (r *record) checkForm(namespace string) bool {
	var ok bool
	if !isParsed(r.doc.source) {
		return false
	}
	body := fields(r.doc.source, "auditseal")[0]
	parts := fields(body, "manifest", "checkpoint", "vkey", "leaf_hashes", "frontier")
	for i, to := range []*string{&r.manifestText, &r.checkpoint, &r.vkey, &r.leafText, &r.frontierText} {
		if *to, ok = unquote(parts[i]); !ok {
			return false
		}
	}
	man, err := parseManifest(r.manifestText)
	if err != nil {
		return false
	}
	r.man = man
	leafBytes, leavesOK := decode64(r.leafText)
	_, frontierOK := decode64(r.frontierText)
	if !leavesOK || !frontierOK {
		return false
	}
	rebuilt := r.rebuild(namespace)
	if !utf8.Valid(r.doc.source) {
		return false
	}
	if string(rebuilt) != string(r.doc.source) {
		if r.reformatted = sameValue(rebuilt, r.doc.source); !r.reformatted {
			return false
		}
	}
	leaves, whole := splitHashes(leafBytes)
	r.wholeLeaves = whole
	r.leaves = append(leaves, tlog.RecordHash([]byte(r.manifestText)))
	return true
}

// rebuild writes the record anew from its parts (§4).
func (r *record) rebuild(namespace string) []byte {
	m := r.man
	b := appendString([]byte(`{"@timestamp":`), m.sealedAtText)
	b = append(b, `,"data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":`...)
	b = appendString(b, namespace)
	b = append(b, `},"auditseal":{"v":1,"origin":`...)
	b = appendString(b, m.origin)
	b = fmt.Appendf(b, `,"batch":%d,"size":%d,"first":%d,"count":%d,"read":%d,"dropped":%d,"dropped_by":{`,
		m.batch, r.size(), m.first, m.count, m.read, m.dropped)
	for i, rule := range slices.Sorted(maps.Keys(m.droppedBy)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(appendString(b, rule), ":%d", m.droppedBy[rule])
	}
	b = fmt.Appendf(b, `},"gaps":%d,"manifest":`, len(m.gaps))
	b = appendString(b, r.manifestText)
	b = appendString(append(b, `,"checkpoint":`...), r.checkpoint)
	b = appendString(append(b, `,"vkey":`...), r.vkey)
	b = appendString(append(b, `,"leaf_hashes":`...), r.leafText)
	b = appendString(append(b, `,"frontier":`...), r.frontierText)
	return append(b, "}}"...)
}

// sameValue compares JSON values that have no arrays: of repeated members the last counts, numbers are doubles.
func sameValue(a, b []byte) bool {
	switch {
	case a[0] != b[0] && a[0] != '-' && b[0] != '-' && (a[0] < '0' || b[0] < '0' || a[0] > '9' || b[0] > '9'):
		return false
	case a[0] == '{':
		x, okX := parseObject(a)
		y, okY := parseObject(b)
		if !okX || !okY || len(x) != len(y) {
			return false
		}
		for name := range x {
			if y[name] == nil || !sameValue(x[name], y[name]) {
				return false
			}
		}
		return true
	case a[0] == '"':
		x, okX := decodeString(a, true)
		y, okY := decodeString(b, true)
		return okX && okY && x == y
	}
	x, okX := number(a)
	y, okY := number(b)
	return okX && okY && x == y
}

func (r *record) checkSignature() bool {
	k, err := parseKey(r.vkey)
	if err != nil || k.origin != r.man.origin {
		return false
	}
	r.key = k
	_, err = k.open(r.checkpoint)
	return err == nil
}

func (r *record) checkTree() bool {
	m := r.man
	text, err := r.key.open(r.checkpoint)
	if err != nil {
		return false
	}
	c, ok := parseCheckpoint(text)
	if !ok || c.origin != m.origin || c.size != r.size() || !r.wholeLeaves || int64(len(r.leaves)) != m.count+1 {
		return false
	}
	frontierBytes, _ := decode64(r.frontierText)
	frontier, ok := splitHashes(frontierBytes)
	if !ok {
		return false
	}
	before, after, err := batchRoots(m.first, frontier, r.leaves)
	if err != nil || after != c.root {
		return false
	}
	r.before, r.root = before, after
	return r.doc.id == fmt.Sprintf("%s-b%08d-%s", r.key.logID, m.batch, hex.EncodeToString(after[:8]))
}

// eventID is the _id of the event with this index in the log.
func (k *key) eventID(index int64, leaf tlog.Hash) string {
	return fmt.Sprintf("%s-%012d-%s", k.logID, index, hex.EncodeToString(leaf[:8]))
}

var (
	kindOfID  = regexp.MustCompile(`^[0-9a-f]{16}-([a-z])`)
	markerID  = regexp.MustCompile(`^([0-9a-f]{16})-s([0-9]+)-([0-9a-f]{16})$`)
	refusalID = regexp.MustCompile(`^([0-9a-f]{16})-r([0-9]{12})-([0-9a-f]{16})$`)
	batchID   = regexp.MustCompile(`^([0-9a-f]{16})-b([0-9]{8})-`)
	indexID   = regexp.MustCompile(`^([0-9a-f]{16})-([0-9]{12})-`)
)

// idNumber reads the number in an _id, which the expressions above have bounded to a few digits.
func idNumber(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

// unknown is a number that a document does not give.
const unknown = -1

// bytesClaim is what the bytes of a document say of where it belongs. An origin that is not of the form of
// §1 is none, and neither is a value that is longer than valueMax.
type bytesClaim struct {
	origin   string
	batch    int64 // unknown if absent
	sequence int64 // unknown if absent
}

func readClaim(source []byte, valueMax int) bytesClaim {
	c := bytesClaim{batch: unknown, sequence: unknown}
	if !validJSON(source) {
		return c
	}
	top := fields(source, "auditseal", "event")
	own := fields(top[0], "origin", "batch")
	sequence := fields(top[1], "sequence")[0]
	for _, value := range []*[]byte{&own[0], &own[1], &sequence} {
		if len(*value) > valueMax {
			*value = nil
		}
	}
	if origin, ok := unquote(own[0]); ok && originForm.MatchString(origin) {
		c.origin = origin
	}
	if n, ok := wholeNumber(own[1]); ok {
		c.batch = n
	}
	if n, ok := wholeNumber(sequence); ok {
		c.sequence = n
	}
	return c
}
