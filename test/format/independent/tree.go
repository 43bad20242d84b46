package main

import (
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// treeStore holds the nodes of a log's tree that are known, by tlog's numbering. A batch needs only the
// roots of the complete subtrees before it (the frontier): from these tlog computes everything after.
type treeStore map[int64]tlog.Hash

func (s treeStore) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		h, ok := s[x]
		if !ok {
			return nil, errors.New("node not in the frontier")
		}
		out[i] = h
	}
	return out, nil
}

// newTreeStore places a frontier, largest subtree first, in the tree of size leaves.
func newTreeStore(size int64, frontier []tlog.Hash) (treeStore, error) {
	if size < 0 || size > maxInt || bits.OnesCount64(uint64(size)) != len(frontier) {
		return nil, errors.New("frontier does not fit the tree size")
	}
	s := treeStore{}
	left := int64(0)
	for _, h := range frontier {
		level := bits.Len64(uint64(size-left)) - 1
		s[tlog.StoredHashIndex(level, left>>level)] = h
		left += 1 << level
	}
	return s, nil
}

// add appends leaf n.
func (s treeStore) add(n int64, leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, s)
	if err != nil {
		return err
	}
	at := tlog.StoredHashIndex(0, n)
	for i, h := range hashes {
		s[at+int64(i)] = h
	}
	return nil
}

// batchRoots returns the root of the tree before a batch and after it.
func batchRoots(first int64, frontier, leaves []tlog.Hash) (before, after tlog.Hash, err error) {
	s, err := newTreeStore(first, frontier)
	if err != nil {
		return before, after, err
	}
	if before, err = tlog.TreeHash(first, s); err != nil {
		return before, after, err
	}
	for i, leaf := range leaves {
		if err = s.add(first+int64(i), leaf); err != nil {
			return before, after, err
		}
	}
	after, err = tlog.TreeHash(first+int64(len(leaves)), s)
	return before, after, err
}

// splitHashes parts concatenated hashes.
func splitHashes(b []byte) ([]tlog.Hash, bool) {
	if len(b)%tlog.HashSize != 0 {
		return nil, false
	}
	out := make([]tlog.Hash, len(b)/tlog.HashSize)
	for i := range out {
		copy(out[i][:], b[i*tlog.HashSize:])
	}
	return out, true
}
