package main

import (
	"maps"
	"slices"
	"sort"
)

// A sealLog is one known log: an origin with the key, rarely keys, that may speak for it.
type sealLog struct {
	origin, place, epoch string
	keys                 map[string]*key // by vkey
	linked               bool            // a next notice of a valid record named it
	prior                *sealLog        // the epoch that it continues without a loss

	records []*record         // the valid ones that count, by batch
	byBatch map[int64]*record // the same
}

func (l *sealLog) newest() *record {
	if len(l.records) == 0 {
		return nil
	}
	return l.records[len(l.records)-1]
}

// holding returns the record whose batch, manifest included, has the index.
func (l *sealLog) holding(index int64) *record {
	i := sort.Search(len(l.records), func(i int) bool { return l.records[i].until > index })
	if i < len(l.records) && l.records[i].from <= index && index < l.records[i].size() {
		return l.records[i]
	}
	return nil
}

// runStart returns the first of the run of indexes that no record holds which this one is in.
func (l *sealLog) runStart(index int64) int64 {
	start := int64(0)
	for _, r := range l.records {
		if r.until <= index {
			start = r.until
		}
	}
	return start
}

func (v *verifier) sortedLogs() []*sealLog {
	out := make([]*sealLog, 0, len(v.logs))
	for _, origin := range slices.Sorted(maps.Keys(v.logs)) {
		out = append(out, v.logs[origin])
	}
	return out
}

// findKeys decides which key speaks for which log (§8.2). Whether a record is valid depends on its log's
// key, and a later log's key may depend on a valid record's next notice. Since a notice can only name a
// later epoch of the same place, going through the origins in order settles it in one pass.
func (v *verifier) findKeys() {
	valid := map[string][]*record{}
	trusted := map[string][]*key{}
	marked := map[string]*key{}
	named := map[string][]*key{}
	todo := map[string]bool{}
	for _, r := range v.records {
		if r.valid() {
			valid[r.man.origin] = append(valid[r.man.origin], r)
			todo[r.man.origin] = true
		}
	}
	for _, k := range v.markers {
		if marked[k.origin] == nil {
			marked[k.origin] = k
		}
		todo[k.origin] = true
	}
	if v.dump.trust != nil {
		for _, k := range v.dump.trust.keys {
			trusted[k.origin] = append(trusted[k.origin], k)
			todo[k.origin] = true
		}
	}
	for len(todo) > 0 {
		origin := slices.Min(slices.Collect(maps.Keys(todo)))
		delete(todo, origin)
		keys := append(slices.Clone(trusted[origin]), named[origin]...)
		if len(keys) == 0 && v.dump.trust == nil {
			if of := valid[origin]; len(of) > 0 {
				keys = append(keys, of[0].key)
			} else if k := marked[origin]; k != nil {
				keys = append(keys, k)
			}
		}
		if len(keys) == 0 {
			if marked[origin] != nil {
				v.unjudged[origin] += 0
			}
			continue
		}
		l := v.know(origin, keys)
		l.linked = len(named[origin]) > 0
		seen := map[int64]bool{}
		for _, r := range valid[origin] {
			if l.keys[r.vkey] == nil || seen[r.man.batch] {
				continue // not a valid record of the log, or not one that counts
			}
			seen[r.man.batch] = true
			for _, k := range nextKeys(r) {
				named[k.origin] = append(named[k.origin], k)
				todo[k.origin] = true
			}
		}
	}
}

// nextKeys returns the keys that a record names for later epochs of its own place. One for another place
// is passed over: a node's key must not be able to speak for another node.
func nextKeys(r *record) []*key {
	var out []*key
	place, epoch := splitOrigin(r.man.origin)
	for _, n := range r.man.notices {
		if n.kind != "next" {
			continue
		}
		k, err := parseKey(n.vkey)
		if err != nil {
			continue
		}
		if p, e := splitOrigin(k.origin); p == place && e > epoch {
			out = append(out, k)
		}
	}
	return out
}

func (v *verifier) know(origin string, keys []*key) *sealLog {
	l := &sealLog{origin: origin, keys: map[string]*key{}, byBatch: map[int64]*record{}}
	l.place, l.epoch = splitOrigin(origin)
	for _, k := range keys {
		l.keys[k.vkey] = k
		v.byID[k.logID] = l
	}
	v.logs[origin] = l
	return l
}
