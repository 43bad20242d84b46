package main

import (
	"encoding/base64"
	"fmt"
)

// appendString appends s as a JSON string the way the format writes it (§4): only the quote, the
// backslash and the control characters are escaped. encoding/json cannot be used, it escapes more.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < 0x20:
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// decode64 decodes standard base64 with padding and refuses every other spelling of the same bytes:
// Go's decoder skips line ends and, unless strict, ignores the unused bits of the last character.
func decode64(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return b, err == nil && base64.StdEncoding.EncodeToString(b) == s
}
