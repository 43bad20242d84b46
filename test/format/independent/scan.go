package main

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// A small JSON scanner over bytes. encoding/json is not used for search responses and event documents
// because it limits the depth of a document, replaces bytes that are not UTF-8, and matches member names
// without regard to case: each would make this verifier judge something other than the stored bytes.
// The scanner finds where a value begins and ends; it does not check what is inside, so that it can follow
// what Elasticsearch stores beyond JSON (comments). What is read from a document is read only if the whole
// of it is JSON (valid.go).

var errJSON = errors.New("malformed JSON")

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the position after the string that begins at i.
func skipString(b []byte, i int) (int, error) {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1, nil
		}
	}
	return 0, errJSON
}

// skipComment returns the position after the comment that begins at i, or after the slash if there is none.
func skipComment(b []byte, i int) int {
	end := -1
	switch {
	case bytes.HasPrefix(b[i:], []byte("//")):
		if end = bytes.IndexByte(b[i:], '\n'); end >= 0 {
			return i + end + 1
		}
	case bytes.HasPrefix(b[i:], []byte("/*")):
		if end = bytes.Index(b[i+2:], []byte("*/")); end >= 0 {
			return i + 2 + end + 2
		}
	default:
		return i + 1
	}
	return len(b)
}

// skipValue returns the position after the value that begins at i. It counts brackets instead of
// recursing, so no depth is too deep.
func skipValue(b []byte, i int) (int, error) {
	if i >= len(b) {
		return 0, errJSON
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				end, err := skipString(b, i)
				if err != nil {
					return 0, err
				}
				i = end
				continue
			case '/':
				i = skipComment(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1, nil
				}
			}
			i++
		}
		return 0, errJSON
	}
	start := i
	for i < len(b) {
		switch b[i] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			if i == start {
				return 0, errJSON
			}
			return i, nil
		case ':', '"', '{', '[':
			return 0, errJSON
		}
		i++
	}
	return i, nil
}

// eachMember calls fn with the name and the raw value of each member of the object b.
func eachMember(b []byte, fn func(name string, value []byte) error) error {
	return eachItem(b, '{', '}', fn)
}

// eachElement calls fn with each raw element of the array b.
func eachElement(b []byte, fn func(value []byte) error) error {
	return eachItem(b, '[', ']', func(_ string, value []byte) error { return fn(value) })
}

func eachItem(b []byte, open, closing byte, fn func(name string, value []byte) error) error {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != open {
		return errJSON
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == closing {
		return atEnd(b, i+1)
	}
	for {
		name := ""
		if open == '{' {
			if i >= len(b) || b[i] != '"' {
				return errJSON
			}
			end, err := skipString(b, i)
			if err != nil {
				return err
			}
			var ok bool
			if name, ok = decodeString(b[i:end], true); !ok {
				return errJSON
			}
			i = skipSpace(b, end)
			if i >= len(b) || b[i] != ':' {
				return errJSON
			}
			i = skipSpace(b, i+1)
		}
		end, err := skipValue(b, i)
		if err != nil {
			return err
		}
		if err := fn(name, b[i:end]); err != nil {
			return err
		}
		i = skipSpace(b, end)
		if i >= len(b) {
			return errJSON
		}
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case closing:
			return atEnd(b, i+1)
		default:
			return errJSON
		}
	}
}

func atEnd(b []byte, i int) error {
	if skipSpace(b, i) != len(b) {
		return errJSON
	}
	return nil
}

// fields returns the raw values of the named members, nil for those that are absent. Of a name that
// occurs twice the last counts, as in every common JSON parser. What comes before a malformed place is
// not used.
func fields(b []byte, names ...string) [][]byte {
	out := make([][]byte, len(names))
	err := eachMember(b, func(name string, value []byte) error {
		for i, n := range names {
			if n == name {
				out[i] = value
			}
		}
		return nil
	})
	if err != nil {
		clear(out)
	}
	return out
}

// unquote decodes a JSON string. Bytes that are not UTF-8 are kept as they are; a lone surrogate, which
// has no bytes, and raw control characters are refused.
func unquote(raw []byte) (string, bool) { return decodeString(raw, false) }

// decodeString is unquote, or, lenient, gives a lone surrogate three bytes of its own that no UTF-8 has.
func decodeString(raw []byte, lenient bool) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", false
	}
	s := raw[1 : len(raw)-1]
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x20 || c == '"' {
			return "", false
		}
		if c != '\\' {
			out = append(out, c)
			continue
		}
		i++
		if i >= len(s) {
			return "", false
		}
		switch s[i] {
		case '"', '\\', '/':
			out = append(out, s[i])
		case 'b':
			out = append(out, '\b')
		case 't':
			out = append(out, '\t')
		case 'n':
			out = append(out, '\n')
		case 'f':
			out = append(out, '\f')
		case 'r':
			out = append(out, '\r')
		case 'u':
			r, ok := hex4(s, i+1)
			if !ok {
				return "", false
			}
			i += 4
			if low, ok := lowSurrogate(s, i+1); ok && 0xd800 <= r && r < 0xdc00 {
				i += 6
				r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
			}
			if 0xd800 <= r && r < 0xe000 {
				if !lenient {
					return "", false
				}
				out = append(out, 0xed, byte(0x80|r>>6&0x3f), byte(0x80|r&0x3f))
				continue
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", false
		}
	}
	return string(out), true
}

func lowSurrogate(s []byte, i int) (rune, bool) {
	if i+2 > len(s) || s[i] != '\\' || s[i+1] != 'u' {
		return 0, false
	}
	r, ok := hex4(s, i+2)
	return r, ok && 0xdc00 <= r && r < 0xe000
}

func hex4(s []byte, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, c := range s[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// maxInt is the greatest whole number that every JSON implementation keeps exactly.
const maxInt = 1<<53 - 1

// number reads a JSON number as a double, as common parsers do. One that is too great for it is none.
func number(raw []byte) (float64, bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') || !validJSON(raw) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return f, err == nil
}

// wholeNumber reads a JSON number whose value is an integer from 0 to 2^53 - 1, however it is written.
func wholeNumber(raw []byte) (int64, bool) {
	f, ok := number(raw)
	return int64(f), ok && f >= 0 && f <= maxInt && f == math.Trunc(f)
}
