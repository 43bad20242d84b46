package main

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestRecord(t *testing.T) {
	l := honest(t)
	for i, doc := range l.recs {
		r := readRecord(doc, "auditseal")
		if !r.valid() {
			t.Fatalf("record %d: formed %v, signed %v, sound %v", i, r.formed, r.signed, r.sound)
		}
		if got := string(r.rebuild("auditseal")); got != string(doc.source) {
			t.Errorf("rebuilt as %s", got)
		}
	}
	if readRecord(l.recs[0], "other").formed {
		t.Error("a record of another namespace was taken")
	}
}

// No single bit of a record, nor of its _id, can be turned unseen.
func TestEveryBitOfARecordCounts(t *testing.T) {
	l := honest(t)
	doc := l.recs[1]
	for i := range doc.source {
		for _, bit := range []byte{1, 4, 32} {
			source := []byte(string(doc.source))
			source[i] ^= bit
			if readRecord(hit{doc.id, source}, "auditseal").valid() {
				t.Errorf("byte %d (%q) does not count", i, doc.source[i])
			}
		}
	}
	for i := range doc.id {
		id := []byte(doc.id)
		id[i] ^= 1
		if readRecord(hit{string(id), doc.source}, "auditseal").valid() {
			t.Errorf("character %d of the _id does not count", i)
		}
	}
}

func TestRefusedForm(t *testing.T) {
	const message = "no\n\"é\""
	for _, c := range []struct{ entry, head string }{
		{`{"event":{"kind":"event"},"kubernetes":{"audit":{"event":{"kind":"event"}}}}`, `{"event":{"kind":"pipeline_error"}`},
		{`{"event":{"kind":"pipeline_error"},"message":"x"}`, `{"event":{"kind":"pipeline_error"},"message":"x"`},
		{`{"a":",\"kubernetes\":{\"audit\":","kubernetes":{"audit":1}}`, `{"a":",\"kubernetes\":{\"audit\":"`},
		{"{\"a\":\"\xff\"}", "{\"a\":\"\xff\""},
	} {
		leaf := tlog.RecordHash([]byte(c.entry))
		good := c.head + `,"error":{"message":` + quoted(message) + `},"auditseal.refused":"` + packed(c.entry) + `"}`
		if !isForm(good, leaf, "event") {
			t.Errorf("%s: not taken", good)
		}
		for why, bad := range map[string]string{
			"a member more":    good[:len(good)-1] + `,"x":1}`,
			"another head":     `{"x":1,` + good[1:],
			"another escape":   strings.Replace(good, `no\n`, `no\u000a`, 1),
			"white space":      strings.Replace(good, `,"error":`, `, "error":`, 1),
			"another entry":    strings.Replace(good, packed(c.entry), packed(c.entry+" "), 1),
			"not gzip":         strings.Replace(good, packed(c.entry), "AAAA", 1),
			"no refused entry": c.entry,
		} {
			if isForm(bad, leaf, "event") {
				t.Errorf("%s: taken: %s", why, bad)
			}
		}
	}
}

func TestGunzipIsBounded(t *testing.T) {
	bomb, ok := decode64(packed(strings.Repeat("0", maxEntry+1)))
	if !ok {
		t.Fatal("not base64")
	}
	if _, ok := gunzip(bomb); ok {
		t.Error("more than the bound was unpacked")
	}
}

func TestEventID(t *testing.T) {
	k, err := parseKey(specKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf := tlog.RecordHash(nil)
	want := fmt.Sprintf("%s-000000000012-%s", k.logID, hex.EncodeToString(leaf[:])[:16])
	if got := k.eventID(12, leaf); got != want || len(k.logID) != 16 {
		t.Errorf("%s, not %s", got, want)
	}
}

// Whatever the bytes are, the scanner gives parts of them or nothing.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{`{"a":{"b":"\ud83d\ude00"},"c":[1,"]"]}`, `{"a":"\`, `{"":`, `[`, `{"a":1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, part := range fields(b, "a", "c", "") {
			_, _ = unquote(part)
			_, _ = wholeNumber(part)
			_ = fields(part, "b")
		}
		_ = eachHit(b, func(doc hit) { readRecord(doc, "x"); readClaim(doc.source, valueMax) })
		_, _ = parseManifest(string(b))
	})
}

func TestCounts(t *testing.T) {
	for raw, want := range map[string]string{
		`{}`:                           "map[] 0 true",
		`{"b":1,"a":2,"b":3.0}`:        "map[a:2 b:3] 5 true",
		`{"a":-0}`:                     "map[a:0] 0 true",
		`{"\u0061":1}`:                 "map[a:1] 1 true",
		`{"a":-1}`:                     "map[] 0 false",
		`{"a":9007199254740991,"b":1}`: "map[] 0 false",
		`{"":1}`:                       "map[] 0 false",
		`{"__proto__":1}`:              "map[] 0 false",
		`{"a/b":1}`:                    "map[] 0 false",
		`{"a":1,"a\n":1}`:              "map[] 0 false",
		`{"é":1}`:                      "map[] 0 false",
		`{"\ud800":1}`:                 "map[] 0 false",
		`[]`:                           "map[] 0 false",
	} {
		counts, sum, ok := parseCounts([]byte(raw))
		if got := fmt.Sprint(counts, sum, ok); got != want {
			t.Errorf("%s: %s, not %s", raw, got, want)
		}
	}
}

func isForm(source string, leaf tlog.Hash, form string) bool {
	r, ok := readRefused([]byte(source), leaf)
	return ok && string(r.form(form)) == source
}

func TestFormWithoutBodies(t *testing.T) {
	head := `{"event":{"kind":"event"}`
	for event, left := range map[string]string{
		`{}`:                                     `{}`,
		`{"a":1}`:                                `{"a":1}`,
		` { "requestObject" : {} } `:             ` { } `,
		`{"requestObject":1,"responseObject":2}`: `{}`,
		`{ "requestObject":[1,2] , "a":1 , "responseObject":"}" , "b" :2 }`: `{ "a":1 , "b" :2 }`,
		`{"a":1 ,"requestObject":1 ,"requestObject":2 }`:                    `{"a":1 }`,
		`{"\u0072equestObject":1,"b":{"requestObject":3}}`:                  `{"b":{"requestObject":3}}`,
	} {
		entry := head + `,"kubernetes":{"audit":` + event + `}}`
		want := `{"event":{"kind":"pipeline_error"},"kubernetes":{"audit":` + left + `},"error":{"message":"no"},"auditseal.refused":"` + packed(entry) + `"}`
		if !isForm(want, tlog.RecordHash([]byte(entry)), "bodies") {
			r, _ := readRefused([]byte(want), tlog.RecordHash([]byte(entry)))
			t.Errorf("%s: want %s, is %s", event, want, r.form("bodies"))
		}
	}
	for _, entry := range []string{head + `}`, head + `,"kubernetes":{"audit":[]}}`, head + `,"kubernetes":{"audit":{} } }`, head + `,"kubernetes":{"audit":{}x}}`} {
		r := &refusedEvent{message: "no", packed: packed(entry), entry: []byte(entry)}
		if form := r.form("bodies"); form != nil {
			t.Errorf("%s has a form without bodies: %s", entry, form)
		}
	}
}
