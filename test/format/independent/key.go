package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A key is a log's public key, its vkey taken apart and checked.
type key struct {
	vkey     string
	origin   string
	logID    string // §5
	verifier note.Verifier
}

func parseKey(vkey string) (*key, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	// The log id is a hash of the vkey's text, so only one text may stand for a key.
	parts := strings.SplitN(vkey, "+", 3)
	if _, ok := decode64(parts[2]); !ok || parts[1] != fmt.Sprintf("%08x", v.KeyHash()) {
		return nil, errors.New("vkey not in its canonical form")
	}
	sum := sha256.Sum256([]byte(vkey))
	return &key{vkey: vkey, origin: v.Name(), logID: hex.EncodeToString(sum[:8]), verifier: v}, nil
}

var errSignatureLines = errors.New("not exactly one signature line")

// open checks a signed note of the log and returns its text. The count of signature lines is checked
// here because note.Open accepts, as it should, lines of unknown keys and repeated lines.
func (k *key) open(msg string) (text string, err error) {
	i := strings.LastIndex(msg, "\n\n")
	if i < 0 {
		return "", errSignatureLines
	}
	if lines := msg[i+2:]; strings.Count(lines, "\n") != 1 || !strings.HasSuffix(lines, "\n") {
		return "", errSignatureLines
	}
	n, err := note.Open([]byte(msg), note.VerifierList(k.verifier))
	if err != nil {
		return "", err
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", errSignatureLines
	}
	if _, ok := decode64(n.Sigs[0].Base64); !ok {
		return "", errors.New("signature not in canonical base64")
	}
	return n.Text, nil
}
