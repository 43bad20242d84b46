package main

import "strings"

// judgeEpochs checks how the epochs of each place follow on each other, and that what the auditor
// expects is there.
func (v *verifier) judgeEpochs() {
	judged := map[string]bool{} // places with a known log
	proven := map[string]bool{} // places with a valid record
	for _, l := range v.sortedLogs() {
		judged[l.place] = true
		if l.newest() == nil {
			continue
		}
		// Sorted: the first one seen of a place is its first epoch.
		if proven[l.place] && !l.linked {
			v.found.add(unlinkedEpoch, l.origin)
		}
		proven[l.place] = true
		v.judgePrevious(l)
	}
	for _, r := range v.strangers {
		v.judgeStranger(r)
	}
	for origin := range v.unjudged {
		place, _ := splitOrigin(origin)
		if judged[place] {
			v.found.add(unlinkedEpoch, origin)
		} else {
			v.found.add(unknownLog, origin)
		}
	}
	if v.dump.trust == nil {
		return
	}
	for _, k := range v.dump.trust.keys {
		if place, _ := splitOrigin(k.origin); proven[place] && v.logs[k.origin].newest() == nil {
			v.found.add(epochMissing, k.origin)
		}
	}
	for _, place := range v.dump.trust.places {
		if !proven[place] {
			v.found.add(logMissing, place)
		}
	}
}

// epochNotice returns what a batch 0 says of why its epoch began.
func epochNotice(zero *record) (epoch notice) {
	for _, n := range zero.man.notices {
		if n.kind == "epoch" {
			return n
		}
	}
	return epoch
}

// previousOf reads the final checkpoint of an earlier epoch of the same place, its signature left aside: in
// a judged record the text is what counts, since the manifest around it is signed.
func previousOf(origin string, epoch notice) (checkpoint, bool) {
	text, _, isNote := strings.Cut(epoch.previous, "\n\n")
	final, ok := parseCheckpoint(text + "\n")
	place, name := splitOrigin(origin)
	before, earlier := splitOrigin(final.origin)
	return final, isNote && ok && place == before && earlier != "" && earlier < name
}

// judgePrevious compares the final checkpoint that an epoch says it continues with what is there of that
// epoch.
func (v *verifier) judgePrevious(l *sealLog) {
	zero := l.byBatch[0]
	if zero == nil {
		return
	}
	epoch := epochNotice(zero)
	final, ok := previousOf(l.origin, epoch)
	if !ok {
		if epoch.reason == "age" || epoch.hasPrevious {
			v.found.atBatch(brokenChain, l.origin, 0)
		}
		return
	}
	if before := v.compareFinal(final); before != nil {
		l.prior = before
	}
}

// judgeStranger compares the previous of a record whose own origin has no trusted key. There the manifest
// is nobody's word, so the note must be that of a key of the log that it names.
func (v *verifier) judgeStranger(r *record) {
	if r.man.batch != 0 {
		return
	}
	epoch := epochNotice(r)
	final, ok := previousOf(r.man.origin, epoch)
	if !ok || v.logs[final.origin] == nil {
		return
	}
	for _, k := range v.logs[final.origin].keys {
		if _, err := k.open(epoch.previous); err == nil {
			v.compareFinal(final)
			return
		}
	}
}

// compareFinal judges the end of a log by its final checkpoint. It returns the log if that is where it ends.
func (v *verifier) compareFinal(final checkpoint) *sealLog {
	if !v.hasRecords[final.origin] {
		v.found.add(epochMissing, final.origin)
		return nil
	}
	l := v.logs[final.origin]
	if l == nil || l.newest() == nil {
		return nil // nothing valid to compare; that is named elsewhere
	}
	switch newest := l.newest(); {
	case newest.size() != final.size:
		v.found.atBatch(brokenChain, l.origin, newest.man.batch)
	case newest.root != final.root:
		v.found.atBatch(fork, l.origin, newest.man.batch)
	default:
		return l
	}
	return nil
}
