package main

import "time"

// judgeCoherence checks what the manifests say of the source and of time (§8.4).
func (v *verifier) judgeCoherence() {
	newestOf := map[string]*sealLog{} // by place, the newest epoch with a record
	ends := map[*sealLog]*stretch{}   // the last stretch of each log
	for _, l := range v.sortedLogs() {
		var last *stretch
		if l.prior != nil {
			last = ends[l.prior]
		}
		ends[l] = v.judgeManifests(l, last)
		if l.newest() != nil {
			newestOf[l.place] = l
		}
	}
	for _, l := range newestOf {
		if r := l.newest(); v.quietTooLong(r) {
			v.found.atBatch(endsEarly, l.origin, r.man.batch)
		}
	}
}

// judgeClock finds where the clock of a place has stepped back. Until an operator has acknowledged that, what was sealed
// afterwards is no older than what was sealed before.
func (v *verifier) judgeClock() {
	type clock struct{ highest, before time.Time }
	clocks := map[string]clock{} // by place
	for _, l := range v.sortedLogs() {
		c := clocks[l.place]
		for _, r := range l.records {
			at := r.man.sealedAt
			if c.highest.Sub(at) > tolerance {
				step := finding{clockBack, l.origin, unknown, r.man.batch}
				v.found[step] = true
				if v.acknowledged(step) {
					c = clock{}
				} else {
					c = clock{before: latest(c.before, c.highest)}
				}
			}
			c.highest = latest(c.highest, at)
			r.reached = latest(at, c.before)
		}
		clocks[l.place] = c
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// judgeManifests goes through a log's batches. It begins after the stretch last, if that is known, and
// returns the last one of its own.
func (v *verifier) judgeManifests(l *sealLog, last *stretch) *stretch {
	next := int64(0)
	for _, r := range l.records {
		m := r.man
		v.total.Later += m.laterNotices()
		if m.batch != next {
			last = nil // a missing number suspends what compares neighbours
		}
		next = m.batch + 1
		coherent := m.read+m.pieces == m.count+m.dropped+m.joined
		lines := int64(0)
		for i := range m.sources {
			s := &m.sources[i]
			lines = min(lines+s.lines, maxInt+1)
			if last != nil && !joins(last, s) && !hasGap(m, last, s) {
				coherent = false
			}
			last = s
		}
		if !coherent || lines != m.read {
			v.found.atBatch(incoherent, l.origin, m.batch)
		}
		if len(m.gaps) > 0 {
			v.found.atBatch(gapFound, l.origin, m.batch)
		}
		if earlier := l.byBatch[m.batch-1]; earlier != nil && !m.has("start") && !m.has("paused") &&
			m.sealedAt.Sub(earlier.man.sealedAt) > earlier.man.twoHeartbeats() {
			v.found.atBatch(silent, l.origin, m.batch)
		}
		if m.sealedAt.Sub(v.dump.now) > tolerance {
			v.found.atBatch(sealedInFuture, l.origin, m.batch)
		}
	}
	return last
}

// joins says whether a stretch follows on the one before without a loss (§2).
func joins(earlier, later *stretch) bool {
	if later.file == earlier.file {
		return later.start == earlier.end && !earlier.ended
	}
	return earlier.ended && later.after == earlier.file && later.start == 0
}

// hasGap says whether the manifest owns up to what is lost between two stretches.
func hasGap(m *manifest, earlier, later *stretch) bool {
	for _, g := range m.gaps {
		if g.before != nil && *g.before == (position{earlier.file, earlier.end}) &&
			g.after != nil && *g.after == (position{later.file, later.start}) {
			return true
		}
	}
	return false
}
