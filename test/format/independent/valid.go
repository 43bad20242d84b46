package main

import "regexp"

var numberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// validJSON says whether b is one JSON text (RFC 8259), white space around it allowed. It keeps a stack of
// its own, so that no depth is too deep, and leaves it to others whether strings are UTF-8.
func validJSON(b []byte) bool {
	var open []byte // the brackets that enclose the place
	i := skipSpace(b, 0)
	for {
		// A value begins here.
		if i >= len(b) {
			return false
		}
		switch c := b[i]; c {
		case '{', '[':
			i = skipSpace(b, i+1)
			open = append(open, c)
			if i < len(b) && b[i] == c+2 { // '}' and ']' are two after '{' and '['
				break // empty: closed below
			}
			if c == '{' {
				if i = validKey(b, i); i < 0 {
					return false
				}
			}
			continue
		case '"':
			i = validString(b, i)
		default:
			i = validScalar(b, i)
		}
		if i < 0 {
			return false
		}
		// A value has ended, or an empty one is about to.
		for {
			i = skipSpace(b, i)
			if len(open) == 0 {
				return i == len(b)
			}
			inside := open[len(open)-1]
			if i >= len(b) {
				return false
			}
			if b[i] == inside+2 {
				open = open[:len(open)-1]
				i++
				continue
			}
			if b[i] != ',' {
				return false
			}
			i = skipSpace(b, i+1)
			if inside == '{' {
				if i = validKey(b, i); i < 0 {
					return false
				}
			}
			break
		}
	}
}

// validKey returns the position of the value after the key that begins at i, -1 if there is none.
func validKey(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	if i = validString(b, i); i < 0 {
		return -1
	}
	i = skipSpace(b, i)
	if i >= len(b) || b[i] != ':' {
		return -1
	}
	return skipSpace(b, i+1)
}

func validString(b []byte, i int) int {
	end, err := skipString(b, i)
	if err != nil || end > len(b) {
		return -1
	}
	if _, ok := decodeString(b[i:end], true); !ok {
		return -1
	}
	return end
}

// validScalar returns the position after a number or a literal.
func validScalar(b []byte, i int) int {
	start := i
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
		i++
	}
	switch s := string(b[start:i]); s {
	case "true", "false", "null":
		return i
	default:
		if !numberForm.MatchString(s) {
			return -1
		}
		return i
	}
}
