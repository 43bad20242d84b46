package main

import (
	"regexp"
	"strings"
)

var originForm = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){3}$`)

// splitOrigin parts an origin into what it is an epoch of, "<cluster>/<node>/<source>", and the epoch.
// An origin that is not of the form of §1 is wholly its own.
func splitOrigin(origin string) (place, epoch string) {
	if !originForm.MatchString(origin) {
		return origin, ""
	}
	i := strings.LastIndexByte(origin, '/')
	return origin[:i], origin[i+1:]
}
