package main

import (
	"cmp"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// claimOf says which log and batch a record claims: by its _id if that names a known log, else by its bytes.
func (v *verifier) claimOf(r *record) (origin string, batch int64) {
	if m := batchID.FindStringSubmatch(r.doc.id); m != nil && v.byID[m[1]] != nil {
		return v.byID[m[1]].origin, idNumber(m[2])
	}
	c := readClaim(r.doc.source)
	if c.origin == "" {
		return "", unknown
	}
	return c.origin, c.batch
}

// judgeRecords names what is wrong with each record, the first step that fails, and gives the valid ones
// to their logs.
func (v *verifier) judgeRecords() {
	for _, r := range v.records {
		origin, batch := v.claimOf(r)
		v.hasRecords[origin] = true
		l := v.logs[origin]
		if l == nil && v.dump.trust != nil && origin != "" {
			v.unjudged[origin] += 0
			if r.valid() {
				v.strangers = append(v.strangers, r)
			}
			continue
		}
		switch {
		case !r.formed:
			v.found.atBatch(changedRecord, origin, batch)
		case !r.signed || l != nil && l.keys[r.vkey] == nil:
			v.found.atBatch(badSignature, origin, batch)
		case !r.sound:
			v.found.atBatch(changedRecord, origin, batch)
		default:
			l.records = append(l.records, r)
		}
	}
}

// judgeChain settles which of a log's valid records count and whether they follow on each other.
func (v *verifier) judgeChain(l *sealLog) {
	type copyKey struct{ id, source string }
	seen := map[copyKey]bool{}
	roots := map[int64]tlog.Hash{}
	all := l.records
	l.records = nil
	for _, r := range all {
		batch := r.man.batch
		same := copyKey{r.doc.id, string(r.doc.source)}
		root, sized := roots[r.size()]
		switch earlier := l.byBatch[batch]; {
		case seen[same]:
			v.total.Copies++
		case sized && root != r.root:
			v.found.atBatch(fork, l.origin, batch)
		case earlier != nil && earlier.size() != r.size():
			// Two trees of different size under one number: not a fork by the definition, but no two
			// of them can both be the batch.
			v.found.atBatch(brokenChain, l.origin, batch)
		case earlier != nil:
			// The same tree under another signature of the same key says the same.
		default:
			roots[r.size()] = r.root
			l.byBatch[batch] = r
			l.records = append(l.records, r)
		}
		seen[same] = true
	}
	slices.SortFunc(l.records, func(a, b *record) int { return cmp.Compare(a.man.batch, b.man.batch) })
	v.total.Records += len(l.records)

	next := int64(0)
	for i, r := range l.records {
		for ; next < r.man.batch; next++ {
			v.found.atBatch(missingRecord, l.origin, next)
		}
		next = r.man.batch + 1
		if i > 0 && r.man.first < l.records[i-1].size() {
			l.ordered = false
		}
		if r.man.batch == 0 && r.man.first != 0 {
			v.found.atBatch(brokenChain, l.origin, 0)
		}
		if earlier := l.byBatch[r.man.batch-1]; earlier != nil &&
			(r.man.first != earlier.size() || r.before != earlier.root) {
			v.found.atBatch(brokenChain, l.origin, r.man.batch)
		}
	}
}
