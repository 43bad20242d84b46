package main

import (
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A checkpoint is the text of a checkpoint (§3), its signature left aside.
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// parseCheckpoint reads the three lines of a checkpoint's text. There are no extension lines.
func parseCheckpoint(text string) (c checkpoint, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return c, false
	}
	c.origin = lines[0]
	if c.size, ok = wholeNumber([]byte(lines[1])); !ok {
		return c, false
	}
	root, ok := decode64(lines[2])
	if !ok || len(root) != tlog.HashSize {
		return c, false
	}
	copy(c.root[:], root)
	return c, true
}
