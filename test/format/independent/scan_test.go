package main

import (
	"encoding/json"
	"math/rand"
	"testing"
)

func TestValidJSON(t *testing.T) {
	seeds := []string{`{"a":[1,-2.5e+3,{"b":"\\u00e9\\"\\\\"},[],{}],"c":null,"d":true}`, `[]`, ` {} `, `"x"`, `0`, `[[[]]]`, `{"a":{"b":{}}}`}
	random := rand.New(rand.NewSource(1))
	valid := 0
	for range 50_000 {
		b := []byte(seeds[random.Intn(len(seeds))])
		for range random.Intn(3) {
			at := random.Intn(len(b))
			switch c := `{}[],:"\\0e1.-+ntu `[random.Intn(19)]; random.Intn(3) {
			case 0:
				b[at] = c
			case 1:
				b = append(b[:at], append([]byte{c}, b[at:]...)...)
			case 2:
				if len(b) > 1 {
					b = append(b[:at], b[at+1:]...)
				}
			}
		}
		want := json.Valid(b)
		if want {
			valid++
		}
		if got := validJSON(b); got != want {
			t.Fatalf("%q: %v", b, got)
		}
	}
	if valid < 1000 {
		t.Errorf("only %d were valid", valid)
	}
}

func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-0": 0, "1.0": 1, "1e3": 1000, "9007199254740991": maxInt, "12E-1": -1, "-1": -1, "9007199254740992": -1, "1e999": -1, `"1"`: -1, "true": -1, "01": -1, "": -1} {
		got, ok := wholeNumber([]byte(text))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d", text, got)
		}
	}
}

func TestEndOfAValueWithComments(t *testing.T) {
	for text, want := range map[string]int{`{"a":1/* "} */}, `: 14 + 1, "{\"a\":1//\"\n},": 11, `{"a/*":1},`: 9, `{"a":1/*`: -1} {
		got, err := skipValue([]byte(text), 0)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d", text, got)
		}
	}
}
