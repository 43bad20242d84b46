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
	if !isParsed(r.doc.source) {
		return "", unknown
	}
	c := readClaim(r.doc.source, parsedMax)
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
		name := ""
		switch {
		case !r.formed:
			name = changedRecord
		case !r.signed || l != nil && l.keys[r.vkey] == nil:
			name = badSignature
		case !r.sound:
			name = changedRecord
		default:
			l.records = append(l.records, r)
		}
		at := finding{name, origin, unknown, batch}
		if r.reformatted {
			v.reformatted = append(v.reformatted, at)
		} else if name != "" {
			v.found[at] = true
		}
	}
}

// nameReformatted names the records that have their value alone. Where bytes survive, that is what is wrong with them, else only
// what is wrong with the value.
func (v *verifier) nameReformatted() {
	for _, at := range v.reformatted {
		if !v.reprinted {
			at.name = changedRecord
		}
		if at.name != "" {
			v.found[at] = true
		}
	}
}

// judgeChain settles which of a log's valid records count and whether they follow on each other.
func (v *verifier) judgeChain(l *sealLog) {
	all := l.records
	l.records = nil
	var others []*record
	roots := map[int64][]tlog.Hash{} // of the records that count, by size
	for _, r := range all {
		if l.byBatch[r.man.batch] != nil {
			others = append(others, r)
			continue
		}
		l.byBatch[r.man.batch] = r
		l.records = append(l.records, r)
		roots[r.size()] = append(roots[r.size()], r.root)
	}
	for _, r := range others {
		first := l.byBatch[r.man.batch]
		isOther := func(root tlog.Hash) bool { return root != r.root }
		switch {
		case first.size() == r.size() && first.root == r.root:
			v.total.Copies++
		case slices.ContainsFunc(roots[r.size()], isOther):
			v.found.atBatch(fork, l.origin, r.man.batch)
		default:
			v.found.atBatch(brokenChain, l.origin, r.man.batch)
		}
	}
	slices.SortFunc(l.records, func(a, b *record) int { return cmp.Compare(a.man.batch, b.man.batch) })
	v.total.Records += len(l.records)

	next, held := int64(0), int64(0)
	var earlier *record
	for _, r := range l.records {
		if r.man.batch > next {
			v.found.atBatch(missingRecord, l.origin, next)
		}
		if !follows(earlier, r) {
			v.found.atBatch(brokenChain, l.origin, r.man.batch)
		}
		r.from = max(held, r.man.first)
		held = max(held, r.size())
		r.until = held
		next, earlier = r.man.batch+1, r
	}
}

// follows says whether a record can come after the one before it in number, which may be far before or nil.
func follows(earlier, later *record) bool {
	switch {
	case later.man.batch == 0:
		return later.man.first == 0
	case earlier == nil:
		return true
	case earlier.man.batch == later.man.batch-1:
		return later.man.first == earlier.size() && later.before == earlier.root
	default:
		return later.man.first >= earlier.size()
	}
}
