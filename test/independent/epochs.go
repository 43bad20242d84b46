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
	for _, place := range v.dump.trust.places {
		if !proven[place] {
			v.found.add(logMissing, place)
		}
	}
}

// judgePrevious compares the final checkpoint that an epoch says it continues with what is there of that
// epoch. An epoch made because the state was lost or rolled back knows at most a stale one.
func (v *verifier) judgePrevious(l *sealLog) {
	zero := l.byBatch[0]
	if zero == nil {
		return
	}
	var epoch notice
	for _, n := range zero.man.notices {
		if n.kind == "epoch" {
			epoch = n
		}
	}
	if epoch.previous == "" {
		if l.linked {
			v.found.atBatch(brokenChain, l.origin, 0)
		}
		return
	}
	// With or without the signature: what counts is the text, and this manifest is signed.
	text, _, _ := strings.Cut(epoch.previous, "\n\n")
	final, ok := parseCheckpoint(strings.TrimSuffix(text, "\n") + "\n")
	if !ok {
		v.found.atBatch(brokenChain, l.origin, 0)
		return
	}
	if !v.hasRecords[final.origin] {
		v.found.add(epochMissing, final.origin)
		return
	}
	before := v.logs[final.origin]
	if before == nil || before.newest() == nil || epoch.reason == "rolled back" || epoch.reason == "state lost" {
		return
	}
	switch newest := before.newest(); {
	case newest.size() != final.size:
		v.found.atBatch(brokenChain, before.origin, newest.man.batch)
	case newest.root != final.root:
		v.found.atBatch(fork, before.origin, newest.man.batch)
	case l.linked && before.place == l.place && before.epoch < l.epoch:
		l.prior = before
	}
}
