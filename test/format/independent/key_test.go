package main

import (
	"strings"
	"testing"
)

const (
	specKey  = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
	goKey    = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	goText   = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
	goSigned = goText + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

func TestKeys(t *testing.T) {
	for _, vkey := range []string{specKey, goKey} {
		if _, err := parseKey(vkey); err != nil {
			t.Errorf("%s: %v", vkey, err)
		}
	}
	for why, vkey := range map[string]string{
		"upper case":        strings.Replace(goKey, "c74f20a3", "C74F20A3", 1),
		"line end":          goKey + "\n",
		"line end in it":    strings.Replace(goKey, "ARpc", "ARp\nc", 1),
		"another key id":    strings.Replace(goKey, "c74f20a3", "c74f20a4", 1),
		"another algorithm": "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"nothing":           "",
	} {
		if _, err := parseKey(vkey); err == nil {
			t.Errorf("%s: taken", why)
		}
	}
}

func TestNote(t *testing.T) {
	k, err := parseKey(goKey)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := k.open(goSigned); err != nil || text != goText {
		t.Fatalf("%q, %v", text, err)
	}
	line := goSigned[len(goText)+1:]
	other, err := parseKey(specKey)
	if err != nil {
		t.Fatal(err)
	}
	for why, msg := range map[string]string{
		"no line":           goText + "\n",
		"the line twice":    goSigned + line,
		"an unknown line":   goSigned + "— example.com/x AAAAAAAA\n",
		"no blank line":     goText + line,
		"unused bits":       strings.Replace(goSigned, "JnAM=", "JnAN=", 1),
		"no line end":       strings.TrimSuffix(goSigned, "\n"),
		"another text":      strings.Replace(goSigned, "answer", "Answer", 1),
		"a carriage return": strings.Replace(goSigned, "problem,\n", "problem,\r\n", 1),
	} {
		if _, err := k.open(msg); err == nil {
			t.Errorf("%s: taken", why)
		}
	}
	if _, err := other.open(goSigned); err == nil {
		t.Error("another key's note: taken")
	}
}
