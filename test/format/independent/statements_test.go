package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

const said = statementHead + `{"kind":"acknowledge","log":"` + epoch1 + `","first":1,"last":2,"at":"2026-11-23T01:00:00.000Z","why":"x"}` + "\n"

const (
	retired  = statementHead + `{"kind":"retire","log":"` + epoch1 + `","last":2,"at":"2026-11-23T01:00:00.000Z","why":"x"}` + "\n"
	unlinked = statementHead + `{"kind":"acknowledge","log":"` + epoch2 + `","after":"` + epoch1 + `","last":2,"at":"2026-11-23T01:00:00.000Z","why":"x"}` + "\n"
)

// An operator signs with the stock package alone.
func operator(t *testing.T, name string) (k *key, sign func(text string) hit) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	if k, err = parseKey(vkey); err != nil {
		t.Fatal(err)
	}
	return k, func(text string) hit {
		msg, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(text))
		source := `{"auditseal":{"origin":` + quoted(name) + `,"note":` + quoted(string(msg)) + `}}`
		return hit{k.logID + "-o" + hex.EncodeToString(sum[:8]), []byte(source)}
	}
}

func TestStatements(t *testing.T) {
	k, sign := operator(t, "alice@example.com")
	_, signOther := operator(t, "alice@example.com")
	trust := &trustFile{operators: []*key{k}}
	moved := sign(said)
	moved.id = moved.id[:len(moved.id)-1] + map[bool]string{true: "0", false: "1"}[moved.id[len(moved.id)-1] != '0']
	for name, c := range map[string]struct {
		trust  *trustFile
		doc    hit
		counts bool
	}{
		"signed":              {trust, sign(said), true},
		"by nobody known":     {trust, signOther(said), false},
		"without trust":       {nil, sign(said), false},
		"under another id":    {trust, moved, false},
		"of another kind":     {trust, sign(strings.Replace(said, "acknowledge", "erase", 1)), false},
		"with a space":        {trust, sign(strings.Replace(said, `,"why"`, `, "why"`, 1)), false},
		"without why":         {trust, sign(strings.Replace(said, `"x"`, `""`, 1)), false},
		"retired":             {trust, sign(retired), true},
		"retired nowhere":     {trust, sign(strings.Replace(retired, `"last":2,`, "", 1)), false},
		"retired at 2e0":      {trust, sign(strings.Replace(retired, `"last":2`, `"last":2e0`, 1)), false},
		"unlinked":            {trust, sign(unlinked), true},
		"unlinked to itself":  {trust, sign(strings.Replace(unlinked, epoch1, epoch2, 1)), false},
		"unlinked nowhere":    {trust, sign(strings.Replace(unlinked, `"last":2,`, "", 1)), false},
		"neither":             {trust, sign(strings.Replace(said, `"first":1,"last":2,`, "", 1)), false},
		"the wrong way round": {trust, sign(strings.Replace(said, `"first":1`, `"first":3`, 1)), false},
	} {
		if got := c.trust.readStatement(c.doc); (got != nil) != c.counts {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
