package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What an agent writes, for the tests: from the format's text too, but by other means than the verifier
// (plain recursion for the tree, encoding/json for strings), so that a slip in one shows in the other.

func plainRoot(leaves []tlog.Hash) tlog.Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	left, right := plainRoot(leaves[:k]), plainRoot(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func plainFrontier(leaves []tlog.Hash) []tlog.Hash {
	var out []tlog.Hash
	for len(leaves) > 0 {
		k := 1 << (bits.Len(uint(len(leaves))) - 1)
		out = append(out, plainRoot(leaves[:k]))
		leaves = leaves[k:]
	}
	return out
}

func concat(hashes []tlog.Hash) string {
	var b []byte
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func quoted(s string) string {
	b, err := plainJSON(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

var startTime = time.Date(2026, 11, 23, 0, 44, 38, 0, time.UTC)

type testLog struct {
	origin string
	signer note.Signer
	vkey   string
	logID  string
	leaves []tlog.Hash
	batch  int
	clock  time.Time
	events []hit
	recs   []hit
	offset int // in the source file
	last   string
}

func newTestLog(t *testing.T, origin string) *testLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(vkey))
	return &testLog{origin: origin, signer: signer, vkey: vkey, logID: hex.EncodeToString(sum[:])[:16], clock: startTime}
}

func (l *testLog) sign(text string) string {
	msg, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		panic(err)
	}
	return string(msg)
}

// A draft is a batch before it is sealed; a test changes what it is about.
type draft struct {
	sealedAt             string
	read, pieces, lines  int
	retention, heartbeat any
	notices, gaps        string
	sources              string
	entries              []string
	vkey                 string
	checkpoint           func(string) string
	manifest             func(string) string
}

func (l *testLog) event(n int) string {
	index := len(l.leaves) + n
	return fmt.Sprintf(`{"@timestamp":%s,"event":{"kind":"event","id":"%s-%012d","sequence":%d},"data_stream":{"type":"logs"},`+
		`"auditseal":{"origin":"%s","batch":%d},"kubernetes":{"audit":{"kind":"Event","text":"<é> %d"}}}`,
		quoted(l.clock.Format(time.RFC3339Nano)), l.logID, index, index, l.origin, l.batch, index)
}

// seal seals and ships a batch of n events.
func (l *testLog) seal(n int, change ...func(*draft)) {
	l.clock = l.clock.Add(30 * time.Second)
	d := &draft{sealedAt: l.clock.Format("2006-01-02T15:04:05.000Z"), read: n, retention: 30, heartbeat: 60, gaps: "[]", notices: "[]", vkey: l.vkey}
	for i := range n {
		d.entries = append(d.entries, l.event(i))
	}
	d.sources = fmt.Sprintf(`[{"path":"/var/log/audit.log","file":"ab#0","start":%d,"end":%d,"lines":%d,"mac":"00"}]`, l.offset, l.offset+10*n, n)
	for _, c := range change {
		c(d)
	}
	l.offset += 10 * n
	first, count := len(l.leaves), len(d.entries)
	frontier := concat(plainFrontier(l.leaves))
	m := fmt.Sprintf(`{"v":1,"origin":"%s","batch":%d,"first":%d,"count":%d,"sealedAt":"%s","heartbeatSeconds":%v,"retentionDays":%v,`+
		`"sources":%s,"gaps":%s,"read":%d,"pieces":%d,"joined":0,"malformed":0,"dropped":{"b":1,"a":1},"reduced":{},"redacted":{},"policy":"sha256:0","config":"sha256:0",`+
		`"agent":{"name":"auditseal","version":"0"},"notices":%s}`,
		l.origin, l.batch, first, count, d.sealedAt, d.heartbeat, d.retention, d.sources, d.gaps, d.read+2, d.pieces, d.notices)
	m = strings.Replace(m, `"lines":`+fmt.Sprint(n), `"lines":`+fmt.Sprint(n+2), 1)
	if d.manifest != nil {
		m = d.manifest(m)
	}
	var entryHashes []tlog.Hash
	for i, e := range d.entries {
		h := sha256.Sum256(append([]byte{0}, e...))
		entryHashes = append(entryHashes, h)
		l.events = append(l.events, hit{fmt.Sprintf("%s-%012d-%x", l.logID, first+i, h[:8]), []byte(e)})
	}
	l.leaves = append(append(l.leaves, entryHashes...), sha256.Sum256(append([]byte{0}, m...)))
	root := plainRoot(l.leaves)
	text := fmt.Sprintf("%s\n%d\n%s\n", l.origin, len(l.leaves), base64.StdEncoding.EncodeToString(root[:]))
	l.last = text
	checkpoint := l.sign(text)
	if d.checkpoint != nil {
		checkpoint = d.checkpoint(checkpoint)
	}
	gaps := strings.Count(d.gaps, `"reason"`)
	rec := `{"@timestamp":"` + d.sealedAt + `","data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":"auditseal"},"auditseal":{"v":1,"origin":"` +
		l.origin + `","batch":` + fmt.Sprint(l.batch) + fmt.Sprintf(`,"size":%d,"first":%d,"count":%d,"read":%d,"dropped":2,"dropped_by":{"a":1,"b":1},"gaps":%d,"manifest":`, len(l.leaves), first, count, d.read+2, gaps) +
		quoted(m) + `,"checkpoint":` + quoted(checkpoint) + `,"vkey":"` + d.vkey + `","leaf_hashes":"` + concat(entryHashes) + `","frontier":"` + frontier + `"}}`
	l.recs = append(l.recs, hit{fmt.Sprintf("%s-b%08d-%x", l.logID, l.batch, root[:8]), []byte(rec)})
	l.batch++
}

func (l *testLog) noteDoc(place, text string) hit {
	note := l.sign(text)
	sum := sha256.Sum256([]byte(note))
	return hit{l.logID + "-" + place + "-" + hex.EncodeToString(sum[:8]), []byte(`{"@timestamp":"2026-11-23T00:44:38.000Z","data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":"auditseal"},` +
		`"auditseal":{"v":1,"origin":"` + l.origin + `","note":` + quoted(note) + `,"vkey":"` + l.vkey + `"}}`)}
}

func (l *testLog) marker(n int) hit {
	return l.noteDoc(fmt.Sprintf("s%d", n), fmt.Sprintf("auditseal start v1\n%s\n%d\n", l.origin, n))
}

func (l *testLog) refusal(index int) hit {
	sum := sha256.Sum256([]byte(refusalMessage))
	return l.noteDoc(fmt.Sprintf("r%012d", index), fmt.Sprintf("auditseal refused v1\n%s\n%d\nevent\n400 document_parsing_exception\n%x\n", l.origin, index, sum))
}

const refusalMessage = "failed to parse \"x\"\n"

func packed(entry string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(entry)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// refuse puts the refused form in the place of an event.
func (l *testLog) refuse(index int) {
	for i, e := range l.events {
		if strings.HasPrefix(e.id, fmt.Sprintf("%s-%012d-", l.logID, index)) {
			head, _, _ := strings.Cut(string(e.source), `,"kubernetes":{"audit":`)
			head = strings.Replace(head, `{"kind":"event"`, `{"kind":"pipeline_error"`, 1)
			l.events[i].source = []byte(head + `,"error":{"message":` + quoted(refusalMessage) + `},"auditseal.refused":"` + packed(string(e.source)) + `"}`)
		}
	}
}

// A scene is a dump in the making.
type scene struct {
	recs, events []hit
	trust        []*testLog // nil: no trust file
	now          time.Time
	namespace    string
}

func sceneOf(logs ...*testLog) *scene {
	s := &scene{namespace: "auditseal", now: startTime}
	for _, l := range logs {
		s.recs = append(s.recs, l.recs...)
		s.events = append(s.events, l.events...)
		if l.clock.After(s.now) {
			s.now = l.clock
		}
	}
	s.now = s.now.Add(10 * time.Second)
	return s
}

func (s *scene) trusting(logs ...*testLog) *scene {
	s.trust = logs
	return s
}

func writeHits(dir, kind string, hits []hit) error {
	const page = 3
	for n := 0; n == 0 || n*page < len(hits); n++ {
		var b bytes.Buffer
		b.WriteString(`{"took":1,"timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"total":{"value":1,"relation":"eq"},"max_score":null,"hits":[`)
		for i, h := range hits[n*page : min(len(hits), (n+1)*page)] {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"_index":".ds-x-000001","_id":%s,"_score":null,"_source":%s,"sort":["a",1]}`, quoted(h.id), h.source)
		}
		b.WriteString(`]}}`)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%06d.json", kind, n)), b.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (s *scene) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := writeHits(dir, "records", s.recs)
	if err == nil {
		err = writeHits(dir, "events", s.events)
	}
	files := map[string]string{"now": s.now.Format(time.RFC3339) + "\n", "namespace": s.namespace + "\n"}
	if s.trust != nil {
		var logs []map[string]string
		for _, l := range s.trust {
			p := strings.Split(l.origin, "/")
			logs = append(logs, map[string]string{"cluster": p[0], "node": p[1], "source": p[2], "vkey": l.vkey})
		}
		b, jerr := json.Marshal(map[string]any{"v": 1, "logs": logs, "operators": []string{}})
		if jerr != nil {
			t.Fatal(jerr)
		}
		files["trust.json"] = string(b)
	}
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
