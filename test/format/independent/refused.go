package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// maxEntry bounds what a refused form may unpack to. The agent's own limit is 8 MiB unless configured
// otherwise, and no bulk request can carry more than this.
const maxEntry = 128 << 20

var (
	auditMember = []byte(`,"kubernetes":{"audit":`)
	kindEvent   = []byte(`"event":{"kind":"event"`)
	kindError   = []byte(`"event":{"kind":"pipeline_error"`)
)

// isRefusedForm says whether a document is the refused form of the entry with this leaf hash (§4). The
// signed note that must go with it is not looked at here.
func isRefusedForm(source []byte, leaf tlog.Hash) bool {
	if !validJSON(source) {
		return false
	}
	parts := fields(source, "error", "auditseal.refused")
	message, ok := unquote(fields(parts[0], "message")[0])
	if !ok || !utf8.ValidString(message) {
		return false
	}
	packed, ok := unquote(parts[1])
	if !ok {
		return false
	}
	zipped, ok := decode64(packed)
	if !ok {
		return false
	}
	entry, ok := gunzip(zipped)
	if !ok || tlog.RecordHash(entry) != leaf {
		return false
	}
	return bytes.Equal(source, refusedForm(entry, message, packed))
}

func refusedForm(entry []byte, message, packed string) []byte {
	cut := bytes.Index(entry, auditMember)
	if cut < 0 {
		cut = max(len(entry)-1, 0)
	}
	b := bytes.Replace(entry[:cut:cut], kindEvent, kindError, 1)
	b = append(b, `,"error":{"message":`...)
	b = appendString(b, message)
	b = append(b, `},"auditseal.refused":`...)
	b = appendString(b, packed)
	return append(b, '}')
}

func gunzip(b []byte) ([]byte, bool) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	// RFC 1952 has reserved flags refused; Go's reader does not look at them.
	if err != nil || b[3]&0xe0 != 0 {
		return nil, false
	}
	out, err := io.ReadAll(io.LimitReader(z, maxEntry+1))
	return out, err == nil && len(out) <= maxEntry
}
