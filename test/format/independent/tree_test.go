package main

import (
	"encoding/hex"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// The vectors of the format's text, which are RFC 6962's.
var (
	vectorLeaves = []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	vectorRoots  = []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
)

func vectorHashes(t *testing.T) []tlog.Hash {
	var out []tlog.Hash
	for _, x := range vectorLeaves {
		b, err := hex.DecodeString(x)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tlog.RecordHash(b))
	}
	return out
}

// Every way to part the leaves into what is before a batch and the batch gives the vectors' roots.
func TestRootsFromFrontier(t *testing.T) {
	leaves := vectorHashes(t)
	for n := 0; n <= len(leaves); n++ {
		for first := 0; first <= n; first++ {
			before, after, err := batchRoots(int64(first), plainFrontier(leaves[:first]), leaves[first:n])
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(before[:]); got != vectorRoots[first] {
				t.Errorf("before %d: %s", first, got)
			}
			if got := hex.EncodeToString(after[:]); got != vectorRoots[n] {
				t.Errorf("%d of %d: %s", first, n, got)
			}
		}
	}
	if _, _, err := batchRoots(3, plainFrontier(leaves[:2]), nil); err == nil {
		t.Error("a frontier of the wrong length was taken")
	}
}

// The stock proof checks agree with the tree that is built here.
func TestStockProofs(t *testing.T) {
	leaves := vectorHashes(t)
	s := treeStore{}
	for i, leaf := range leaves {
		if err := s.add(int64(i), leaf); err != nil {
			t.Fatal(err)
		}
	}
	size := int64(len(leaves))
	root, err := tlog.TreeHash(size, s)
	if err != nil {
		t.Fatal(err)
	}
	for i, leaf := range leaves {
		p, err := tlog.ProveRecord(size, int64(i), s)
		if err != nil || tlog.CheckRecord(p, size, root, int64(i), leaf) != nil {
			t.Errorf("leaf %d is not proven", i)
		}
	}
	for n := int64(1); n <= size; n++ {
		old, _, err := batchRoots(n, plainFrontier(leaves[:n]), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := tlog.ProveTree(size, n, s)
		if err != nil || tlog.CheckTree(p, size, root, n, old) != nil {
			t.Errorf("size %d is not proven a part", n)
		}
	}
}
