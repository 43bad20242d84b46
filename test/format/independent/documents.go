package main

import (
	"fmt"
	"math"

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
		claim = readClaim(doc.source)
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
	limit := int64(1)
	if newest != nil {
		limit = newest.man.batch + 2
	}
	if batch := readClaim(doc.source).batch; batch == unknown || batch > limit {
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
	switch matches := v.matchesLeaf(r, index, hash, doc); {
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
	if !isRefusedForm(doc.source, leaf) {
		return false
	}
	for _, n := range v.notes[fmt.Sprintf("%s-r%012d", r.key.logID, index)] {
		if r.key.refuses(n, index) {
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
	keep := v.leastRetention()
	for _, l := range v.sortedLogs() {
		for _, r := range l.records {
			for index := r.from; index < r.man.first+r.man.count; index++ {
				switch s := v.matches[l][index]; {
				case s == nil && v.hasExpired(r, keep[r]):
					v.total.Expired++
				case s == nil:
					v.found.atIndex(missing, l.origin, index)
				case !s.matched:
					v.found.atIndex(changed, l.origin, index)
				default:
					v.total.Events++
					if s.others {
						v.found.atIndex(inserted, l.origin, index)
					}
				}
			}
		}
	}
}

// leastRetention gives, for each record, the shortest retention in days that it, any later one of its
// epoch or any of a later linked epoch says. An epoch that nothing
// links has no say: a forged one must not turn deletions into expiry.
func (v *verifier) leastRetention() map[*record]float64 {
	out := map[*record]float64{}
	later := map[string]float64{} // by place, of the later linked epochs
	logs := v.sortedLogs()
	for i := len(logs) - 1; i >= 0; i-- {
		l := logs[i]
		least, limited := later[l.place]
		if !limited {
			least = math.Inf(1)
		}
		for j := len(l.records) - 1; j >= 0; j-- {
			r := l.records[j]
			least = min(least, r.man.retentionDays)
			out[r] = least
		}
		if l.linked {
			later[l.place] = least
		}
	}
	return out
}

func (v *verifier) hasExpired(r *record, days float64) bool {
	return v.dump.now.Add(tolerance).Sub(r.man.sealedAt) >= seconds(days*24*3600)
}

// quietTooLong says whether a record is older than two heartbeats.
func (v *verifier) quietTooLong(r *record) bool {
	age := v.dump.now.Sub(r.man.sealedAt)
	return age > tolerance && age-tolerance > r.man.twoHeartbeats()
}
