package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	epoch1 = "prod/cp-1/kube-apiserver/20261123T004438Z"
	epoch2 = "prod/cp-1/kube-apiserver/20261223T004438Z"
	epoch3 = "prod/cp-1/kube-apiserver/20270123T004438Z"
	place  = "prod/cp-1/kube-apiserver"
)

// honest is a log of four batches: indexes 0-2 | 3, 4-5 | 6, (heartbeat) | 7, 8-11 | 12.
func honest(t *testing.T) *testLog {
	l := newTestLog(t, epoch1)
	for _, n := range []int{3, 2, 0, 4} {
		l.seal(n)
	}
	return l
}

func without(hits []hit, at ...int) []hit {
	var out []hit
	for i, h := range hits {
		if !slices.Contains(at, i) {
			out = append(out, h)
		}
	}
	return out
}

func replaced(h hit, old, by string) hit {
	return hit{h.id, bytes.Replace(h.source, []byte(old), []byte(by), 1)}
}

func notices(list ...string) func(*draft) {
	return func(d *draft) { d.notices = "[" + strings.Join(list, ",") + "]" }
}

func next(l *testLog) string { return `{"kind":"next","at":"x","vkey":` + quoted(l.vkey) + `}` }

func began(reason, previous string) string {
	return `{"kind":"epoch","at":"x","reason":` + quoted(reason) + `,"previous":` + quoted(previous) + `}`
}

// twoEpochs are linked; continued says what the second one's first stretch is.
func twoEpochs(t *testing.T, source string) (a, b *testLog) {
	a, b = newTestLog(t, epoch1), newTestLog(t, epoch2)
	a.seal(2)
	a.seal(1, notices(next(b)))
	b.clock, b.offset = a.clock, a.offset
	b.seal(2, notices(began("age", a.sign(a.last))), func(d *draft) {
		if source != "" {
			d.sources = source
		}
	})
	b.seal(1)
	return a, b
}

// A case's report is its findings as printed, then the verdict's name and any total worth a look.
type testCase struct {
	name  string
	scene func(t *testing.T) *scene
	want  string
}

func at(finding string, place ...string) string {
	return fmt.Sprintf(`{"finding":"%s","origin":"%s"}`, finding, strings.Join(place, ""))
}

func index(finding string, n int) string {
	return fmt.Sprintf(`{"finding":"%s","origin":"%s","index":%d}`, finding, epoch1, n)
}

func batch(finding string, n int) string {
	return fmt.Sprintf(`{"finding":"%s","origin":"%s","batch":%d}`, finding, epoch1, n)
}

func total(name string, exit, records, events, copies, expired, pending int) string {
	return fmt.Sprintf(`{"verdict":"%s","exit":%d,"records":%d,"events":%d,"copies":%d,"expired":%d,"erased":0,"pending":%d,"later":0}`,
		name, exit, records, events, copies, expired, pending)
}

func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

func change(f func(l *testLog, s *scene)) func(*testing.T) *scene {
	return func(t *testing.T) *scene {
		l := honest(t)
		s := sceneOf(l)
		f(l, s)
		return s
	}
}

// sealing makes a log of one batch, one changed batch and one more.
func sealing(d func(*draft)) func(*testing.T) *scene {
	return func(t *testing.T) *scene {
		l := newTestLog(t, epoch1)
		l.seal(2)
		l.seal(2, d)
		l.seal(1)
		return sceneOf(l)
	}
}

var cases = []testCase{
	{"honest", change(func(*testLog, *scene) {}), lines(total("verified", 0, 4, 9, 0, 0, 0))},
	{"honest, trusted", change(func(l *testLog, s *scene) { s.trust = []*testLog{l} }), lines(total("verified", 0, 4, 9, 0, 0, 0))},
	{"copies", change(func(l *testLog, s *scene) {
		s.recs = append(s.recs, l.recs[1])
		s.events = append(s.events, l.events[1])
	}),
		lines(total("verified", 0, 4, 9, 2, 0, 0))},
	{"not UTF-8", func(t *testing.T) *scene {
		l := newTestLog(t, epoch1)
		l.seal(1, func(d *draft) { d.entries[0] = strings.Replace(d.entries[0], "é", "\xff\xfe", 1) })
		return sceneOf(l)
	}, lines(total("verified", 0, 1, 1, 0, 0, 0))},
	{"deep", func(t *testing.T) *scene {
		l := newTestLog(t, epoch1)
		l.seal(1, func(d *draft) {
			d.entries[0] = strings.Replace(d.entries[0], `"text":`, `"deep":`+strings.Repeat("[", 50_000)+strings.Repeat("]", 50_000)+`,"text":`, 1)
		})
		return sceneOf(l)
	}, lines(total("verified", 0, 1, 1, 0, 0, 0))},

	// Documents.
	{"changed", change(func(l *testLog, s *scene) { s.events[4] = replaced(s.events[4], "<é>", "<e>") }),
		lines(index("changed", 5), total("tampered", 1, 4, 8, 0, 0, 0))},
	{"one byte of whitespace", change(func(l *testLog, s *scene) { s.events[0] = replaced(s.events[0], `":`, `": `) }),
		lines(index("changed", 0), total("tampered", 1, 4, 8, 0, 0, 0))},
	{"missing", change(func(l *testLog, s *scene) { s.events = without(s.events, 0, 8) }),
		lines(index("missing", 0), index("missing", 11), total("tampered", 1, 4, 7, 0, 0, 0))},
	{"moved to another _id", change(func(l *testLog, s *scene) { s.events[1].id = s.events[2].id }),
		lines(index("inserted", 2), index("missing", 1), total("tampered", 1, 4, 8, 0, 0, 0))},
	{"an _id of the store's own", change(func(l *testLog, s *scene) { s.events[1].id = "AV7xyz" }),
		lines(index("changed", 1), total("tampered", 1, 4, 8, 0, 0, 0))},
	{"inserted without a claim", change(func(l *testLog, s *scene) { s.events = append(s.events, hit{"x", []byte(`{"a":1}`)}) }),
		lines(at("inserted"), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"inserted for an unknown log", change(func(l *testLog, s *scene) {
		s.events = append(s.events, replaced(hit{"x", l.events[0].source}, epoch1, epoch2))
	}), lines(at("inserted", epoch2), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"inserted beside a match", change(func(l *testLog, s *scene) {
		s.events = append([]hit{replaced(l.events[0], "<é>", "<e>")}, s.events...)
	}), lines(index("inserted", 0), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"inserted at a manifest's index", change(func(l *testLog, s *scene) {
		s.events = append(s.events, hit{l.logID + "-000000000007-x", []byte(`{}`)})
	}), lines(index("inserted", 7), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"far above", change(func(l *testLog, s *scene) {
		s.events = append(s.events, hit{"x", []byte(`{"event":{"sequence":99},"auditseal":{"origin":"` + epoch1 + `","batch":6}}`)})
	}), lines(index("inserted", 99), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"not yet recorded", change(func(l *testLog, s *scene) {
		s.events = append(s.events, hit{"x", []byte(`{"event":{"sequence":99},"auditseal":{"origin":"` + epoch1 + `","batch":5}}`)})
	}), lines(total("verified", 0, 4, 9, 0, 0, 1))},
	{"not yet recorded for long", change(func(l *testLog, s *scene) {
		s.now = l.clock.Add(2*time.Minute + tolerance + time.Second)
		s.events = append(s.events, hit{"x", []byte(`{"event":{"sequence":99},"auditseal":{"origin":"` + epoch1 + `","batch":5}}`)})
	}), lines(batch("ends early", 3), index("not yet recorded", 99), total("not proven complete", 3, 4, 9, 0, 0, 1))},
	{"expired", change(func(l *testLog, s *scene) {
		s.now = l.clock.Add(30 * 24 * time.Hour)
		s.events = nil
	}), lines(batch("ends early", 3), total("not proven complete", 3, 4, 0, 0, 9, 0))},
	{"a shorter retention afterwards", change(func(l *testLog, s *scene) {
		l.seal(0, func(d *draft) { d.retention = 1 })
		s.recs = l.recs
		s.now = l.clock.Add(2 * 24 * time.Hour)
		s.events = nil
	}), lines(batch("ends early", 4), index("missing", 0), index("missing", 1), index("missing", 2), index("missing", 4), index("missing", 5),
		index("missing", 8), index("missing", 9), index("missing", 10), index("missing", 11), total("tampered", 1, 5, 0, 0, 0, 0))},
	{"no retention", func(t *testing.T) *scene {
		l := newTestLog(t, epoch1)
		l.seal(1, func(d *draft) { d.retention = 0 })
		l.events = nil
		return sceneOf(l)
	}, lines(batch("changed record", 0), total("tampered", 1, 0, 0, 0, 0, 0))},

	// Refused documents.
	{"refused", change(func(l *testLog, s *scene) {
		l.refuse(4)
		s.events = l.events
		s.recs = append([]hit{l.refusal(4)}, s.recs...)
	}), lines(total("verified", 0, 4, 9, 0, 0, 0))},
	{"refused without a note", change(func(l *testLog, s *scene) { l.refuse(4); s.events = l.events }),
		lines(index("changed", 4), total("tampered", 1, 4, 8, 0, 0, 0))},
	{"refused with another's note", change(func(l *testLog, s *scene) {
		l.refuse(4)
		s.events = l.events
		n := l.refusal(5)
		s.recs = append([]hit{{strings.Replace(n.id, "r000000000005", "r000000000004", 1), n.source}}, s.recs...)
	}), lines(index("changed", 4), total("tampered", 1, 4, 8, 0, 0, 0))},
	{"refused with a changed head", change(func(l *testLog, s *scene) {
		l.refuse(4)
		s.events = l.events
		s.recs = append([]hit{l.refusal(4)}, s.recs...)
		s.events[3] = replaced(l.events[3], `"type":"logs"`, `"type":"Logs"`)
	}), lines(index("changed", 4), total("tampered", 1, 4, 8, 0, 0, 0))},

	// Records.
	{"missing record", change(func(l *testLog, s *scene) { s.recs = without(s.recs, 1) }),
		lines(batch("missing record", 1), index("unproven", 4), total("tampered", 1, 3, 7, 0, 0, 0))},
	{"two missing records, one run", change(func(l *testLog, s *scene) { s.recs = without(s.recs, 0, 1) }),
		lines(batch("missing record", 0), index("unproven", 0), total("tampered", 1, 2, 4, 0, 0, 0))},
	{"changed record", change(func(l *testLog, s *scene) { s.recs[2] = replaced(s.recs[2], `"read":2`, `"read":3`) }),
		lines(batch("changed record", 2), batch("missing record", 2), total("tampered", 1, 3, 9, 0, 0, 0))},
	{"changed manifest", change(func(l *testLog, s *scene) { s.recs[2] = replaced(s.recs[2], `\"pieces\":0`, `\"pieces\":1`) }),
		lines(batch("changed record", 2), batch("missing record", 2), total("tampered", 1, 3, 9, 0, 0, 0))},
	{"garbage in the record stream", change(func(l *testLog, s *scene) { s.recs = append(s.recs, hit{"x", []byte(`{}`)}) }),
		lines(at("changed record"), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"another namespace", change(func(l *testLog, s *scene) { s.recs = s.recs[:1]; s.events = nil; s.namespace = "x" }),
		lines(batch("changed record", 0), total("tampered", 1, 0, 0, 0, 0, 0))},
	{"changed root in the _id", change(func(l *testLog, s *scene) { s.recs[3].id = s.recs[3].id[:26] + "0000000000000000" }),
		lines(batch("changed record", 3), total("tampered", 1, 3, 5, 0, 0, 4))},
	{"bad signature", sealing(func(d *draft) {
		d.checkpoint = func(s string) string { return strings.Replace(s, "\n6\n", "\n7\n", 1) }
	}),
		lines(batch("bad signature", 1), batch("missing record", 1), index("unproven", 3), total("tampered", 1, 2, 3, 0, 0, 0))},
	{"two signature lines", sealing(func(d *draft) {
		d.checkpoint = func(s string) string { return s + s[strings.Index(s, "— "):] }
	}), lines(batch("bad signature", 1), batch("missing record", 1), index("unproven", 3), total("tampered", 1, 2, 3, 0, 0, 0))},
	{"another's key", sealing(func(d *draft) { d.vkey = goKey }),
		lines(batch("bad signature", 1), batch("missing record", 1), index("unproven", 3), total("tampered", 1, 2, 3, 0, 0, 0))},
	{"unknown version", sealing(func(d *draft) {
		d.manifest = func(s string) string { return strings.Replace(s, `"v":1`, `"v":2`, 1) }
	}), lines(batch("changed record", 1), batch("missing record", 1), index("unproven", 3), total("tampered", 1, 2, 3, 0, 0, 0))},
	{"a second log under the same origin", func(t *testing.T) *scene {
		a, b := honest(t), newTestLog(t, epoch1)
		b.seal(1)
		s := sceneOf(a)
		s.recs = append(s.recs, b.recs...)
		return s
	}, lines(batch("bad signature", 0), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"fork", func(t *testing.T) *scene {
		a := newTestLog(t, epoch1)
		a.seal(1)
		b := *a
		b.leaves = slices.Clone(a.leaves)
		a.seal(2)
		b.seal(2, func(d *draft) { d.entries[0] = "{}" })
		s := sceneOf(a)
		s.recs = append(s.recs, b.recs[1])
		return s
	}, lines(batch("fork", 1), total("tampered", 1, 2, 3, 0, 0, 0))},
	{"two sizes of one batch", func(t *testing.T) *scene {
		a := newTestLog(t, epoch1)
		a.seal(1)
		b := *a
		b.leaves = slices.Clone(a.leaves)
		a.seal(2)
		b.seal(1)
		s := sceneOf(a)
		s.recs = append(s.recs, b.recs[1])
		return s
	}, lines(batch("broken chain", 1), total("tampered", 1, 2, 3, 0, 0, 0))},
	{"overlapping batches", func(t *testing.T) *scene {
		a := newTestLog(t, epoch1)
		a.seal(1)
		b := *a
		b.leaves = slices.Clone(a.leaves)
		a.seal(4)
		b.seal(2)
		b.seal(4)
		s := sceneOf(a)
		s.recs = append(s.recs, b.recs[2])
		s.events = append(s.events, b.events[len(b.events)-1])
		return s
	}, lines(batch("broken chain", 2), batch("incoherent", 2), index("missing", 7), total("tampered", 1, 3, 6, 0, 0, 0))},
	{"broken chain", func(t *testing.T) *scene {
		a := newTestLog(t, epoch1)
		a.seal(1)
		first := a.recs[0]
		b := *a
		b.leaves, b.recs, b.events, b.batch, b.offset = nil, nil, nil, 0, 0
		b.seal(1, func(d *draft) { d.entries[0] = "{}" })
		b.seal(1)
		s := sceneOf(&b)
		s.recs[0] = first
		s.events[0] = a.events[0]
		return s
	}, lines(batch("broken chain", 1), total("tampered", 1, 2, 2, 0, 0, 0))},

	// Trust and epochs.
	{"log missing", func(t *testing.T) *scene {
		other := newTestLog(t, "prod/cp-2/kube-apiserver/1")
		l := honest(t)
		return sceneOf(l).trusting(l, other)
	}, lines(at("log missing", "prod/cp-2/kube-apiserver"), total("tampered", 1, 4, 9, 0, 0, 0))},
	{"unknown log", func(t *testing.T) *scene {
		other := newTestLog(t, "prod/cp-2/kube-apiserver/1")
		other.seal(2)
		l := honest(t)
		return sceneOf(l, other).trusting(l)
	}, lines(at("unknown log", "prod/cp-2/kube-apiserver/1"), at("unproven", "prod/cp-2/kube-apiserver/1"), total("not proven complete", 3, 4, 9, 0, 0, 0))},
	{"linked epochs", func(t *testing.T) *scene {
		a, b := twoEpochs(t, "")
		return sceneOf(a, b).trusting(a)
	}, lines(total("verified", 0, 4, 6, 0, 0, 0))},
	{"linked epochs, no trust file", func(t *testing.T) *scene { return sceneOf(twoEpochs(t, "")) },
		lines(total("verified", 0, 4, 6, 0, 0, 0))},
	{"linked epochs that do not join", func(t *testing.T) *scene {
		return sceneOf(twoEpochs(t, `[{"path":"x","file":"ab#0","start":31,"end":50,"lines":4,"mac":""}]`))
	}, lines(fmt.Sprintf(`{"finding":"incoherent","origin":"%s","batch":0}`, epoch2), total("not proven complete", 3, 4, 6, 0, 0, 0))},
	{"unlinked epoch, trusted", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, epoch2)
		a.seal(1)
		b.seal(1)
		return sceneOf(a, b).trusting(a)
	}, lines(at("unlinked epoch", epoch2), at("unproven", epoch2), total("not proven complete", 3, 1, 1, 0, 0, 0))},
	{"unlinked epoch, no trust file", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, epoch2)
		a.seal(1)
		b.seal(1)
		return sceneOf(a, b)
	}, lines(at("unlinked epoch", epoch2), total("not proven complete", 3, 2, 2, 0, 0, 0))},
	{"next for another node", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, "prod/cp-2/kube-apiserver/1")
		a.seal(1, notices(next(b)))
		b.seal(1)
		return sceneOf(a, b).trusting(a)
	}, lines(at("unknown log", "prod/cp-2/kube-apiserver/1"), at("unproven", "prod/cp-2/kube-apiserver/1"), total("not proven complete", 3, 1, 1, 0, 0, 0))},
	{"epoch missing", func(t *testing.T) *scene {
		a, b := twoEpochs(t, "")
		_ = a
		return sceneOf(b)
	}, lines(at("epoch missing", epoch1), total("tampered", 1, 2, 3, 0, 0, 0))},
	{"the end of an epoch missing", func(t *testing.T) *scene {
		a, b := twoEpochs(t, "")
		s := sceneOf(a, b)
		s.recs, s.events = without(s.recs, 1), without(s.events, 2)
		return s
	}, lines(batch("broken chain", 0), at("unlinked epoch", epoch2), total("tampered", 1, 3, 5, 0, 0, 0))},
	{"previous with another root", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, epoch2)
		a.seal(1, notices(next(b)))
		b.seal(1, notices(began("age", a.sign(epoch1+"\n2\n"+base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n"))))
		return sceneOf(a, b)
	}, lines(batch("fork", 0), total("tampered", 1, 2, 2, 0, 0, 0))},
	{"named, not yet there", func(t *testing.T) *scene {
		a, b, c := newTestLog(t, epoch1), newTestLog(t, epoch2), newTestLog(t, epoch3)
		a.seal(1, notices(next(b)))
		b.seal(1)
		b.batch = 2
		b.events = append(b.events, hit{"x", []byte(b.event(0))})
		c.seal(1)
		s := sceneOf(a).trusting(a)
		s.events = append(s.events, b.events...)
		return s
	}, lines(fmt.Sprintf(`{"finding":"inserted","origin":"%s","index":2}`, epoch2), total("tampered", 1, 1, 1, 0, 0, 1))},
	{"a marker alone", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, "prod/cp-2/kube-apiserver/1")
		a.seal(1)
		b.seal(1)
		b.recs = []hit{b.marker(1)}
		return sceneOf(a, b)
	}, lines(total("verified", 0, 1, 1, 0, 0, 1))},
	{"a marker for another start", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, "prod/cp-2/kube-apiserver/1")
		a.seal(1)
		b.seal(1)
		b.recs = []hit{{strings.Replace(b.marker(1).id, "-s1-", "-s2-", 1), b.marker(1).source}}
		return sceneOf(a, b)
	}, lines(at("inserted", "prod/cp-2/kube-apiserver/1"), total("tampered", 1, 1, 1, 0, 0, 0))},

	{"a marker alone, with a trust file", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, "prod/cp-2/kube-apiserver/1")
		a.seal(1)
		b.seal(1)
		b.recs = []hit{b.marker(1)}
		return sceneOf(a, b).trusting(a)
	}, lines(at("unknown log", "prod/cp-2/kube-apiserver/1"), at("unproven", "prod/cp-2/kube-apiserver/1"),
		total("not proven complete", 3, 1, 1, 0, 0, 0))},
	{"an epoch by age without previous", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, epoch2)
		a.seal(1, notices(next(b)))
		b.seal(1, notices(`{"kind":"epoch","at":"x","reason":"age"}`))
		return sceneOf(a, b)
	}, lines(fmt.Sprintf(`{"finding":"broken chain","origin":"%s","batch":0}`, epoch2), total("tampered", 1, 2, 2, 0, 0, 0))},
	{"an epoch by age after another node's", func(t *testing.T) *scene {
		a, b := newTestLog(t, "prod/cp-0/kube-apiserver/1"), newTestLog(t, epoch1)
		a.seal(1)
		b.seal(1, notices(began("age", a.sign(a.last))))
		return sceneOf(a, b)
	}, lines(batch("broken chain", 0), total("tampered", 1, 2, 2, 0, 0, 0))},
	{"after a rollback the last that was known", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, epoch2)
		a.seal(1)
		known := a.sign(a.last)
		a.seal(1)
		b.seal(1, notices(began("rolled back", known)))
		return sceneOf(a, b)
	}, lines(batch("broken chain", 1), at("unlinked epoch", epoch2), total("tampered", 1, 3, 3, 0, 0, 0))},
	{"the end of an epoch missing, the next one untrusted", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, epoch2)
		a.seal(1)
		a.seal(1)
		b.seal(1, notices(began("state lost", a.sign(a.last))))
		s := sceneOf(a, b).trusting(a)
		s.recs, s.events = without(s.recs, 1), without(s.events, 1, 2)
		return s
	}, lines(batch("broken chain", 0), at("unlinked epoch", epoch2), total("tampered", 1, 1, 1, 0, 0, 0))},
	{"a stranger's word on the end of an epoch", func(t *testing.T) *scene {
		a, b := newTestLog(t, epoch1), newTestLog(t, epoch2)
		a.seal(1)
		b.seal(1, notices(began("state lost", b.sign(strings.Replace(a.last, "\n2\n", "\n3\n", 1)))))
		return sceneOf(a, b).trusting(a)
	}, lines(at("unlinked epoch", epoch2), at("unproven", epoch2), total("not proven complete", 3, 1, 1, 0, 0, 0))},
	{"half a day of retention", sealing(func(d *draft) { d.retention = 1.5 }),
		lines(batch("changed record", 1), batch("missing record", 1), index("unproven", 3), total("tampered", 1, 2, 3, 0, 0, 0))},
	// Coherence and time.
	{"incoherent sums", sealing(func(d *draft) { d.pieces = 1 }), lines(batch("incoherent", 1), total("not proven complete", 3, 3, 5, 0, 0, 0))},
	{"incoherent lines", sealing(func(d *draft) { d.sources = "[]" }),
		lines(batch("incoherent", 1), batch("incoherent", 2), total("not proven complete", 3, 3, 5, 0, 0, 0))},
	{"gap", sealing(func(d *draft) {
		d.sources = strings.Replace(d.sources, `"start":20,"end":40`, `"start":30,"end":40`, 1)
		d.gaps = `[{"reason":"unproven","before":{"path":"x","file":"ab#0","offset":20},"after":{"path":"x","file":"ab#0","offset":30},"bytesMin":10}]`
	}), lines(batch("gap", 1), total("not proven complete", 3, 3, 5, 0, 0, 0))},
	{"a gap of other bounds", sealing(func(d *draft) {
		d.sources = strings.Replace(d.sources, `"start":20,"end":40`, `"start":30,"end":40`, 1)
		d.gaps = `[{"reason":"unproven","before":{"path":"x","file":"ab#0","offset":21},"after":{"path":"x","file":"ab#0","offset":30},"bytesMin":10}]`
	}), lines(batch("gap", 1), batch("incoherent", 1), total("not proven complete", 3, 3, 5, 0, 0, 0))},
	{"silent", sealing(func(d *draft) { d.sealedAt = startTime.Add(5 * time.Minute).Format("2006-01-02T15:04:05.000Z") }),
		lines(batch("silent", 1), total("not proven complete", 3, 3, 5, 0, 0, 0))},
	{"silent, but paused", sealing(func(d *draft) {
		d.sealedAt = startTime.Add(5 * time.Minute).Format("2006-01-02T15:04:05.000Z")
		d.notices = `[{"kind":"paused","at":"x","reason":"disk"}]`
	}), lines(total("verified", 0, 3, 5, 0, 0, 0))},
	{"sealed in the future", sealing(func(d *draft) {
		d.sealedAt = startTime.Add(time.Hour).Format("2006-01-02T15:04:05.000Z")
		d.notices = `[{"kind":"start","at":"x"}]`
	}), lines(batch("clock back", 2), batch("sealed in the future", 1), total("not proven complete", 3, 3, 5, 0, 0, 0))},
	{"ends early", change(func(l *testLog, s *scene) { s.now = l.clock.Add(2*time.Minute + tolerance + time.Second) }),
		lines(batch("ends early", 3), total("not proven complete", 3, 4, 9, 0, 0, 0))},
	{"two heartbeats and the tolerance", change(func(l *testLog, s *scene) { s.now = l.clock.Add(2*time.Minute + tolerance) }),
		lines(total("verified", 0, 4, 9, 0, 0, 0))},

	// Nothing to say.
	{"no record", change(func(l *testLog, s *scene) { s.recs, s.events = nil, nil }), lines(total("could not check", 2, 0, 0, 0, 0, 0))},
	{"bytes that do not survive", change(func(l *testLog, s *scene) {
		s.reprint()
		for i := range s.events {
			s.events[i] = replaced(s.events[i], `":`, `" : `)
		}
	}), lines(total("could not check", 2, 4, 0, 0, 0, 0))},
	{"bytes that do not survive, and deletions", change(func(l *testLog, s *scene) {
		s.reprint()
		for i := range s.events {
			s.events[i] = replaced(s.events[i], `":`, `" : `)
		}
		s.events = without(s.events, 3)
		s.recs = without(s.recs, 2)
	}), lines(batch("missing record", 2), index("missing", 4), total("tampered", 1, 3, 0, 0, 0, 0))},
	{"a space in every record, and a deletion", change(func(l *testLog, s *scene) {
		s.reprint()
		s.events = without(s.events, 3)
	}), lines(batch("changed record", 0), batch("changed record", 1), batch("changed record", 2), batch("changed record", 3),
		index("missing", 4), total("tampered", 1, 4, 8, 0, 0, 0))},
	{"bytes of but one survive", change(func(l *testLog, s *scene) {
		for i := range s.recs[1:] {
			s.recs[i] = replaced(s.recs[i], `":`, `" : `)
		}
		s.recs = append(s.recs, l.recs[3])
	}), lines(batch("changed record", 0), batch("changed record", 1), batch("changed record", 2), total("tampered", 1, 4, 9, 1, 0, 0))},
}

func TestVerify(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := verify(c.scene(t).write(t))
			if err != nil {
				t.Log(err)
				r = couldNotCheck()
			}
			var b bytes.Buffer
			if err := r.write(&b); err != nil {
				t.Fatal(err)
			}
			got, want := strings.Split(b.String(), "\n"), strings.Split(c.want, "\n")
			// The order of the findings has a case of its own.
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", b.String(), c.want)
			}
		})
	}
}

func TestOrderOfFindings(t *testing.T) {
	f := findings{}
	f.atIndex(missing, "a", 10)
	f.atIndex(missing, "a", 9)
	f.atIndex(missing, "a", 9)
	f.add(inserted, "b")
	f.atBatch(gapFound, "c", 0)
	want := []finding{{gapFound, "c", unknown, 0}, {inserted, "b", unknown, unknown}, {missing, "a", 9, unknown}, {missing, "a", 10, unknown}}
	if got := f.sorted(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestDumpsThatCannotBeRead(t *testing.T) {
	spoil := map[string]func(dir string) error{
		"no records":     func(dir string) error { return os.Remove(filepath.Join(dir, "records-000000.json")) },
		"a page missing": func(dir string) error { return os.Remove(filepath.Join(dir, "events-000001.json")) },
		"no now":         func(dir string) error { return os.Remove(filepath.Join(dir, "now")) },
		"cut short": func(dir string) error {
			return os.Truncate(filepath.Join(dir, "events-000001.json"), 200)
		},
		"an error": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "events-000001.json"), []byte(`{"error":{"type":"x"},"status":503}`), 0o600)
		},
		"a failed shard": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "events-000001.json"), []byte(`{"timed_out":false,"_shards":{"failed":1},"hits":{"hits":[]}}`), 0o600)
		},
		"a trust file of nothing": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "trust.json"), []byte(`{}`), 0o600)
		},
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			dir := sceneOf(honest(t)).write(t)
			if err := f(dir); err != nil {
				t.Fatal(err)
			}
			if r, err := verify(dir); err == nil {
				t.Errorf("judged: %v", r)
			}
		})
	}
}

// reprint gives every record other bytes of the same value.
func (s *scene) reprint() {
	for i := range s.recs {
		s.recs[i] = replaced(s.recs[i], `":`, `" : `)
	}
}
