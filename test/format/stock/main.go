// Stock checks a folder that "auditseal proof" wrote, with the unmodified packages note and tlog of golang.org/x/mod/sumdb:
// signatures by note.Open, inclusion by tlog.CheckRecord. It was written from docs/seal-format.md, section 7.
//
//	stock TRUST-FILE FOLDER
//
// It prints the number of events that are proved, and ends with 1 where something does not fit.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: stock TRUST-FILE FOLDER")
		os.Exit(2)
	}
	count, err := check(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println(count)
}

func check(trustFile, folder string) (int, error) {
	content, err := read(folder)
	if err != nil {
		return 0, err
	}
	if err := checkSums(content); err != nil {
		return 0, err
	}
	keys, err := startKeys(trustFile, string(content["keys.txt"]))
	if err != nil {
		return 0, err
	}
	allowed := map[string]bool{"README.md": true, "SHA256SUMS": true, "keys.txt": true}
	if err := followLinks(content, keys, allowed); err != nil {
		return 0, err
	}
	count, err := checkEvents(content, keys, allowed)
	if err != nil {
		return 0, err
	}
	for name := range content {
		if !allowed[name] {
			return 0, fmt.Errorf("%s does not belong there", name)
		}
	}
	return count, nil
}

func read(folder string) (map[string][]byte, error) {
	content := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		content[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return content, err
}

func checkSums(content map[string][]byte) error {
	var names []string
	for name := range content {
		if name != "SHA256SUMS" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(content[name]), name)
	}
	if text.String() != string(content["SHA256SUMS"]) {
		return fmt.Errorf("SHA256SUMS is not that of the other files")
	}
	return nil
}

// Keys by the name of their log.
type keyring map[string]note.Verifier

func (keys keyring) add(vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	keys[verifier.Name()] = verifier
	return nil
}

func startKeys(trustFile, text string) (keyring, error) {
	bytes, err := os.ReadFile(trustFile)
	if err != nil {
		return nil, err
	}
	var trust struct{ Logs []struct{ Vkey string } }
	if err := json.Unmarshal(bytes, &trust); err != nil {
		return nil, err
	}
	trusted := map[string]bool{}
	for _, log := range trust.Logs {
		trusted[log.Vkey] = true
	}
	keys := keyring{}
	if !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("keys.txt is not one key a line")
	}
	for _, vkey := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if !trusted[vkey] {
			return nil, fmt.Errorf("%s is not trusted", vkey)
		}
		if err := keys.add(vkey); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// Manifests that name the next key, in the order of the epochs: each must be signed by a key that is known by then.
func followLinks(content map[string][]byte, keys keyring, allowed map[string]bool) error {
	type link struct{ origin, name string }
	var links []link
	for name := range content {
		if !strings.HasPrefix(name, "links/") || !strings.HasSuffix(name, ".json") {
			continue
		}
		var manifest struct{ Origin string }
		if err := json.Unmarshal(content[name], &manifest); err != nil {
			return fmt.Errorf("%s: %v", name, err)
		}
		links = append(links, link{manifest.Origin, strings.TrimSuffix(name, ".json")})
	}
	sort.Slice(links, func(i, j int) bool { return links[i].origin < links[j].origin })
	for _, one := range links {
		origin, _, err := checkOne(content, one.name+".json", one.name+".tlog-proof", keys)
		if err != nil {
			return err
		}
		var manifest struct {
			Origin  string
			Notices []struct{ Kind, Vkey string }
		}
		if err := json.Unmarshal(content[one.name+".json"], &manifest); err != nil || manifest.Origin != origin {
			return fmt.Errorf("%s.json is no manifest of %s", one.name, origin)
		}
		named := 0
		for _, notice := range manifest.Notices {
			if notice.Kind != "next" {
				continue
			}
			name, _, _ := strings.Cut(notice.Vkey, "+")
			if logName(name) != logName(origin) || name <= origin {
				return fmt.Errorf("%s.json names a key of another log", one.name)
			}
			if err := keys.add(notice.Vkey); err != nil {
				return err
			}
			named++
		}
		if named == 0 {
			return fmt.Errorf("%s.json names no key", one.name)
		}
		allowed[one.name+".json"], allowed[one.name+".tlog-proof"] = true, true
	}
	return nil
}

func logName(origin string) string {
	return origin[:strings.LastIndex(origin, "/")+1]
}

func checkEvents(content map[string][]byte, keys keyring, allowed map[string]bool) (int, error) {
	if _, ok := content["event.json"]; ok {
		allowed["event.json"], allowed["event.tlog-proof"] = true, true
		origin, index, err := checkOne(content, "event.json", "event.tlog-proof", keys)
		if err != nil {
			return 0, err
		}
		return 1, checkPlace(content["event.json"], origin, index)
	}
	allowed["events.ndjson"], allowed["events.shared-proof"] = true, true
	return checkShared(content["events.ndjson"], string(content["events.shared-proof"]), keys)
}

// The entry says where it lies, and that is signed with it.
func checkPlace(entry []byte, origin string, index int64) error {
	var place struct {
		Event     struct{ Sequence *int64 }
		Auditseal struct{ Origin string }
	}
	if err := json.Unmarshal(entry, &place); err != nil {
		return err
	}
	if place.Event.Sequence == nil || *place.Event.Sequence != index || place.Auditseal.Origin != origin {
		return fmt.Errorf("index %d of %s is no event that says so", index, origin)
	}
	return nil
}

var tlogProof = regexp.MustCompile(`\Ac2sp\.org/tlog-proof@v1\nindex (0|[1-9][0-9]*)\n((?:[^\n]+\n)*)\n`)

// A C2SP tlog-proof of a file.
func checkOne(content map[string][]byte, entryFile, proofFile string, keys keyring) (string, int64, error) {
	text := content[proofFile]
	match := tlogProof.FindSubmatch(text)
	if match == nil {
		return "", 0, fmt.Errorf("%s is no tlog-proof", proofFile)
	}
	index, err := strconv.ParseInt(string(match[1]), 10, 64)
	if err != nil {
		return "", 0, err
	}
	proof, err := hashes(string(match[2]))
	if err != nil {
		return "", 0, err
	}
	tree, origin, err := open(text[len(match[0]):], keys)
	if err != nil {
		return "", 0, fmt.Errorf("%s: %v", proofFile, err)
	}
	err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(content[entryFile]))
	if err != nil {
		return "", 0, fmt.Errorf("%s: %v", entryFile, err)
	}
	return origin, index, nil
}

func hashes(lines string) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		if line == "" {
			continue
		}
		hash, err := tlog.ParseHash(line)
		if err != nil || hash.String() != line {
			return nil, fmt.Errorf("%q is no hash", line)
		}
		all = append(all, hash)
	}
	return all, nil
}

var checkpoint = regexp.MustCompile(`\A([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n\z`)

func open(text []byte, keys keyring) (tlog.Tree, string, error) {
	origin, _, _ := strings.Cut(string(text), "\n")
	verifier, ok := keys[origin]
	if !ok {
		return tlog.Tree{}, "", fmt.Errorf("no key leads to that of %q", origin)
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, "", err
	}
	match := checkpoint.FindStringSubmatch(opened.Text)
	if match == nil {
		return tlog.Tree{}, "", fmt.Errorf("it is no checkpoint")
	}
	size, err := strconv.ParseInt(match[2], 10, 64)
	if err != nil {
		return tlog.Tree{}, "", err
	}
	root, err := tlog.ParseHash(match[3])
	return tlog.Tree{N: size, Hash: root}, match[1], err
}

// Several events of several batches: each one's own proof is put together, and checked by tlog.CheckRecord.
func checkShared(events []byte, text string, keys keyring) (int, error) {
	rest, ok := strings.CutPrefix(text, "auditseal shared tlog-proof v1\n")
	if !ok {
		return 0, fmt.Errorf("events.shared-proof has another first line")
	}
	if !bytes.HasSuffix(events, []byte("\n")) {
		return 0, fmt.Errorf("events.ndjson does not end with a line")
	}
	entries := bytes.Split(bytes.TrimSuffix(events, []byte("\n")), []byte("\n"))
	count := 0
	for rest != "" {
		head, more, ok := strings.Cut(rest, "\n\n")
		if !ok {
			return 0, fmt.Errorf("events.shared-proof ends within a part")
		}
		body, more, ok := strings.Cut(more, "\n\n")
		if !ok {
			return 0, fmt.Errorf("events.shared-proof ends within a checkpoint")
		}
		signatures, more, isMore := strings.Cut(more, "\n\n")
		if isMore {
			signatures += "\n"
		}
		rest = more
		line, lines, _ := strings.Cut(head+"\n", "\n")
		indexes, err := parseIndexes(line, len(entries)-count)
		if err != nil {
			return 0, err
		}
		shared, err := hashes(lines)
		if err != nil {
			return 0, err
		}
		tree, origin, err := open([]byte(body+"\n\n"+signatures), keys)
		if err != nil {
			return 0, err
		}
		some := entries[count : count+len(indexes)]
		count += len(some)
		leaves := make([]tlog.Hash, len(some))
		for i, entry := range some {
			leaves[i] = tlog.RecordHash(entry)
		}
		opener := opener{indexes, leaves, shared, make([]tlog.RecordProof, len(indexes))}
		if indexes[len(indexes)-1] >= tree.N || !opener.check(tree.N) {
			return 0, fmt.Errorf("events.shared-proof has too many hashes or too few")
		}
		for i, index := range indexes {
			if err := tlog.CheckRecord(opener.proofs[i], tree.N, tree.Hash, index, leaves[i]); err != nil {
				return 0, fmt.Errorf("line %d of events.ndjson: %v", count-len(some)+i+1, err)
			}
			if err := checkPlace(some[i], origin, index); err != nil {
				return 0, err
			}
		}
	}
	if count != len(entries) {
		return 0, fmt.Errorf("events.ndjson has %d lines, and %d are proved", len(entries), count)
	}
	return count, nil
}

func parseIndexes(line string, max int) ([]int64, error) {
	list, ok := strings.CutPrefix(line, "indexes ")
	if !ok {
		return nil, fmt.Errorf("%q does not say the indexes", line)
	}
	var all []int64
	end := int64(-2)
	for _, part := range strings.Split(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.ParseInt(from, 10, 64)
		if err != nil {
			return nil, err
		}
		last := first
		if isRange {
			if last, err = strconv.ParseInt(to, 10, 64); err != nil {
				return nil, err
			}
		}
		if first < end+2 || last < first || last-first >= int64(max-len(all)) {
			return nil, fmt.Errorf("%q is not ascending, or there are not as many lines", line)
		}
		end = last
		for index := first; index <= last; index++ {
			all = append(all, index)
		}
	}
	return all, nil
}

// Takes a shared proof apart.
type opener struct {
	indexes []int64
	leaves  []tlog.Hash
	hashes  []tlog.Hash
	proofs  []tlog.RecordProof
}

func (o *opener) check(size int64) bool {
	_, ok := o.visit(0, size, 0, len(o.indexes))
	return ok && len(o.hashes) == 0
}

func (o *opener) visit(from, to int64, first, last int) (tlog.Hash, bool) {
	if first == last {
		if len(o.hashes) == 0 {
			return tlog.Hash{}, false
		}
		hash := o.hashes[0]
		o.hashes = o.hashes[1:]
		return hash, true
	}
	if to-from == 1 {
		return o.leaves[first], true
	}
	half := int64(1)
	for half*2 < to-from {
		half *= 2
	}
	middle := from + half
	cut := first + sort.Search(last-first, func(i int) bool { return o.indexes[first+i] >= middle })
	left, ok := o.visit(from, middle, first, cut)
	if !ok {
		return left, false
	}
	right, ok := o.visit(middle, to, cut, last)
	if !ok {
		return right, false
	}
	for i := first; i < last; i++ {
		if i < cut {
			o.proofs[i] = append(o.proofs[i], right)
		} else {
			o.proofs[i] = append(o.proofs[i], left)
		}
	}
	return tlog.NodeHash(left, right), true
}
