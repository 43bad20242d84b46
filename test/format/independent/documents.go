package main

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// A slot gathers what claims one covered index. Only hashes are kept: the documents are many and large.
type slot struct {
	matched bool
	hash    tlog.Hash // of the matching document's bytes
	others  bool      // something else claims the index too
}

// readEvent judges one document of the events stream by where it claims to be (§8.3).
func (v *verifier) readEvent(doc hit) {
	var l *sealLog
	var index int64 = unknown
	var claim bytesClaim
	if m := indexID.FindStringSubmatch(doc.id); m != nil && v.byID[m[1]] != nil {
		l, index = v.byID[m[1]], idNumber(m[2])
	} else {
		claim = readClaim(doc.source, valueMax)
		l, index = v.logs[claim.origin], claim.sequence
	}
	if l == nil || index == unknown {
		if _, ok := v.unjudged[claim.origin]; ok {
			v.unjudged[claim.origin]++
		} else {
			v.found.add(inserted, claim.origin)
		}
		return
	}
	r := l.holding(index)
	switch newest := l.newest(); {
	case r == nil && (newest == nil || index >= newest.size()):
		v.aboveNewest(l, index, doc)
	case r == nil:
		v.found.atIndex(unproven, l.origin, l.runStart(index))
	case index == r.man.first+r.man.count:
		v.found.atIndex(inserted, l.origin, index)
	default:
		v.claimSlot(l, r, index, doc)
	}
}

// aboveNewest judges a document that no record can cover yet.
func (v *verifier) aboveNewest(l *sealLog, index int64, doc hit) {
	newest := l.newest()
	last, size := int64(-1), int64(0)
	if newest != nil {
		last, size = newest.man.batch, newest.size()
	}
	// Two full batches and their manifests may be under way.
	if batch := readClaim(doc.source, valueMax).batch; batch <= last || batch > last+2 || index >= size+20_002 {
		v.found.atIndex(inserted, l.origin, index)
		return
	}
	v.total.Pending++
	if newest != nil && v.quietTooLong(newest) {
		v.found.atIndex(notYetRecorded, l.origin, index)
	}
}

func (v *verifier) claimSlot(l *sealLog, r *record, index int64, doc hit) {
	slots := v.matches[l]
	if slots == nil {
		slots = map[int64]*slot{}
		v.matches[l] = slots
	}
	s := slots[index]
	if s == nil {
		s = &slot{}
		slots[index] = s
	}
	hash := tlog.RecordHash(doc.source)
	matches := v.matchesLeaf(r, index, hash, doc)
	if matches {
		v.matched++
	}
	switch {
	case matches && !s.matched:
		s.matched, s.hash = true, hash
	case matches && s.hash == hash:
		v.total.Copies++ // the _id is the right one both times, so it is the same
	default:
		s.others = true
	}
}

// matchesLeaf says whether a document is what the log has at this index.
func (v *verifier) matchesLeaf(r *record, index int64, hash tlog.Hash, doc hit) bool {
	leaf := r.leaves[index-r.man.first]
	if doc.id != r.key.eventID(index, leaf) {
		return false
	}
	if hash == leaf {
		return true
	}
	refused, ok := readRefused(doc.source, leaf)
	if !ok {
		return false
	}
	for _, n := range v.notes[fmt.Sprintf("%s%012d", r.key.logID, index)] {
		if form := r.key.refuses(n, index, refused.message); form != "" && bytes.Equal(refused.form(form), doc.source) {
			return true
		}
	}
	return false
}

// judgeDocuments names, once all documents are read, what is wrong at each covered index.
func (v *verifier) judgeDocuments() {
	for origin, n := range v.unjudged {
		if n > 0 {
			v.found.add(unproven, origin)
		}
	}
	for _, l := range v.sortedLogs() {
		for _, r := range l.records {
			for index := r.from; index < r.man.first+r.man.count; index++ {
				switch s := v.matches[l][index]; {
				case s == nil && v.erased(l, r, index):
					v.total.Erased++
				case s == nil && v.hasExpired(l, r):
					v.total.Expired++
				case s == nil:
					v.found.atIndex(missing, l.origin, index)
				case !s.matched:
					if !v.reprinted {
						v.found.atIndex(changed, l.origin, index)
					}
				default:
					v.total.Events++
					if s.others {
						v.found.atIndex(inserted, l.origin, index)
					}
					if v.erased(l, r, index) {
						v.found.atIndex(notErased, l.origin, index)
					}
				}
			}
		}
	}
}

// hasExpired says whether the documents of a batch may be gone: by its own retention, or by a shorter one that
// somebody who may has signed.
func (v *verifier) hasExpired(l *sealLog, r *record) bool {
	days := r.man.retentionDays
	for _, s := range v.statements {
		if s.kind == "retention" && v.reaches(s, l, r) && s.first <= r.man.batch && r.man.batch <= s.last {
			days = min(days, s.days)
		}
	}
	return v.dump.now.Add(tolerance).Sub(r.reached) >= seconds(float64(days)*24*3600)
}

// erased says whether somebody who may has signed that the document of an index is taken away.
func (v *verifier) erased(l *sealLog, r *record, index int64) bool {
	return slices.ContainsFunc(v.statements, func(s *statement) bool {
		return s.kind == "erase" && v.reaches(s, l, r) && slices.ContainsFunc(s.indexes, func(i interval) bool {
			return i.first <= index && index <= i.last
		})
	})
}

// reaches says whether a statement is about a log and not older than the batch.
func (v *verifier) reaches(s *statement, l *sealLog, r *record) bool {
	return s.log == l.origin && s.at.Sub(v.dump.now) <= tolerance && r.man.sealedAt.Sub(s.at) <= tolerance
}

// quietTooLong says whether a record is older than two heartbeats.
func (v *verifier) quietTooLong(r *record) bool {
	age := v.dump.now.Sub(r.man.sealedAt)
	return age > tolerance && age-tolerance > r.man.twoHeartbeats()
}
