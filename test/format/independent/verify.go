package main

import (
	"fmt"
	"os"
	"time"
)

// tolerance is how far the verifier's clock may be off, in every comparison with it (§8.4). It always
// speaks for the log.
const tolerance = 5 * time.Minute

type verifier struct {
	dump  *dump
	found findings
	total verdict

	records []*record        // in reading order
	notes   map[string][]hit // refusal notes by log id and index
	markers []*key           // keys that valid start markers name, in reading order

	statements []*statement       // the ones that count
	excused    map[finding]string // what they excuse: retired or acknowledged

	logs        map[string]*sealLog // the known ones, by origin
	byID        map[string]*sealLog // and by log id
	hasRecords  map[string]bool     // origins that any record claims
	unjudged    map[string]int      // origins without a trusted key: the number of their documents
	strangers   []*record           // records of unjudged origins that stand under their own vkey
	matches     map[*sealLog]map[int64]*slot
	reformatted []finding // what is wrong with the values of records that have not their bytes, "" for nothing
	matched     int       // documents that equal their leaf, or are a refused form of it
	reprinted   bool      // nothing has its bytes: something rewrites them on the way, or a reindex did
}

// verify checks a whole dump. An error means that nothing can be said.
func verify(dir string) (report, error) {
	d, err := openDump(dir)
	if err != nil {
		return report{}, err
	}
	v := &verifier{
		dump: d, found: findings{}, notes: map[string][]hit{}, excused: map[finding]string{},
		logs: map[string]*sealLog{}, byID: map[string]*sealLog{},
		hasRecords: map[string]bool{}, unjudged: map[string]int{},
		matches: map[*sealLog]map[int64]*slot{},
	}
	if err := d.each("records", v.readRecordStream); err != nil {
		return report{}, err
	}
	if d.trust == nil {
		fmt.Fprintln(os.Stderr, "independent: no trust file: the keys were taken from the log itself")
	}
	v.reprinted = allReformatted(v.records)
	v.findKeys()
	v.judgeRecords()
	for _, l := range v.sortedLogs() {
		v.judgeChain(l)
	}
	v.judgeClock()
	v.judgeEpochs()
	if err := d.each("events", v.readEvent); err != nil {
		return report{}, err
	}
	v.reprinted = v.reprinted && v.matched == 0
	v.nameReformatted()
	v.judgeDocuments()
	v.judgeCoherence()
	v.applyStatements()
	return v.conclude(), nil
}

// readRecordStream sorts out the record stream by _id (§8.1).
func (v *verifier) readRecordStream(doc hit) {
	letter := "b"
	if kind := kindOfID.FindStringSubmatch(doc.id); kind != nil {
		letter = kind[1]
	}
	switch letter {
	case "b":
		v.records = append(v.records, readRecord(doc, v.dump.namespace))
	case "s":
		if k := readMarker(doc); k != nil {
			v.markers = append(v.markers, k)
		}
	case "r":
		if id := refusalID.FindStringSubmatch(doc.id); id != nil && holdsHash(doc, id[3]) {
			place := id[1] + id[2]
			v.notes[place] = append(v.notes[place], doc)
		}
	case "o":
		if s := v.dump.trust.readStatement(doc); s != nil {
			v.statements = append(v.statements, s)
		}
	case "w", "t": // witnesses and time-stamps are not judged
	default:
		v.total.Later++
	}
}

// allReformatted says whether no record has its bytes and all have their value.
func allReformatted(records []*record) bool {
	for _, r := range records {
		if !r.reformatted {
			return false
		}
	}
	return len(records) > 0
}

// conclude gives the verdict; precedence is 1, 2, 3, 0.
func (v *verifier) conclude() report {
	out := v.total
	switch {
	case v.found.tampered():
		out.Verdict, out.Exit = "tampered", 1
	case len(v.records) == 0 || v.reprinted:
		out.Verdict, out.Exit = "could not check", 2
	case len(v.found) > len(v.excused):
		out.Verdict, out.Exit = "not proven complete", 3
	default:
		out.Verdict, out.Exit = "verified", 0
	}
	return report{v.found.sorted(), v.excused, out}
}

func couldNotCheck() report {
	return report{verdict: verdict{Verdict: "could not check", Exit: 2}}
}
