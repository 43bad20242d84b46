package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestCanonicalBase64(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "AA==": true, "AB==": false, "AAA=": true, "AAB=": false, "AAAA": true,
		"AA": false, "AA=": false, "AA==\n": false, "A\nA==": false, "AAA-": false, "====": false,
	} {
		if _, ok := decode64(s); ok != want {
			t.Errorf("%q: %v", s, ok)
		}
	}
}

func TestStrings(t *testing.T) {
	in := "\x00\x01\b\t\n\f\r\x1f\x7f\"\\/<é—😀\u2028"
	want := `"\u0000\u0001\b\t\n\f\r\u001f` + "\x7f" + `\"\\/<é—😀` + "\u2028\""
	if got := string(appendString(nil, in)); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if got, ok := unquote([]byte(want)); !ok || got != in {
		t.Errorf("%q", got)
	}
	for raw, want := range map[string]string{`"\u00e9\/"`: "é/", `"\ud83d\ude00"`: "😀", "\"\xff\"": "\xff"} {
		if got, ok := unquote([]byte(raw)); !ok || got != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
	for _, raw := range []string{``, `"`, `x`, `"\ud83d"`, `"\ude00"`, `"\ud83d\u0041"`, `"\u00g0"`, `"\u00"`, `"\x"`, "\"\n\"", `"\"`} {
		if got, ok := unquote([]byte(raw)); ok {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

func TestFields(t *testing.T) {
	deep := strings.Repeat(`{"a":[`, 200_000) + strings.Repeat(`]}`, 200_000)
	doc := []byte(`{ "x" : ` + deep + `, "s": "}\"]" ,"n":12,"n":13, "bad":"` + "\xff" + `"}`)
	got := fields(doc, "x", "s", "n", "bad", "N")
	for i, want := range []string{deep, `"}\"]"`, "13", "\"\xff\""} {
		if !bytes.Equal(got[i], []byte(want)) {
			t.Errorf("%d: %.40s", i, got[i])
		}
	}
	if got[4] != nil {
		t.Error("a name was matched without regard to case")
	}
	for _, doc := range []string{``, `{`, `{"a":1`, `{"a":1}x`, `{"a"}`, `{"a":}`, `{a:1}`, `[1]`, `{"a":1,}`, `{"a":"}`, `{"a":[}`} {
		if got := fields([]byte(doc), "a"); got[0] != nil {
			t.Errorf("%s: %s", doc, got[0])
		}
	}
	n := 0
	if err := eachElement([]byte(` [ 1 , {} , "," ] `), func([]byte) error { n++; return nil }); err != nil || n != 3 {
		t.Errorf("%d elements, %v", n, err)
	}
}

func TestWholeNumber(t *testing.T) {
	for s, want := range map[string]bool{"0": true, "12": true, "9007199254740991": true, "9007199254740992": false,
		"": false, "-1": false, "01": false, "1.5": false, "1.0": true, "1e3": true, "99999999999999999": false, `"1"`: false} {
		if _, ok := wholeNumber([]byte(s)); ok != want {
			t.Errorf("%q: %v", s, ok)
		}
	}
}
