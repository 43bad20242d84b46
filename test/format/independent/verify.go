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
	notes   map[string][]hit // refusal notes by _id
	markers []*key           // keys that valid start markers name, in reading order

	statements []*statement       // the ones that count
	excused    map[finding]string // what they excuse: retired or acknowledged

	logs       map[string]*sealLog // the known ones, by origin
	byID       map[string]*sealLog // and by log id
	hasRecords map[string]bool     // origins that any record claims
	unjudged   map[string]int      // origins without a trusted key: the number of their documents
	strangers  []*record           // records of unjudged origins that stand under their own vkey
	matches    map[*sealLog]map[int64]*slot
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
	if bytesDoNotSurvive(v.records) {
		return report{}, fmt.Errorf("every record has its value but none its bytes: the store does not keep _source verbatim")
	}
	if d.trust == nil {
		fmt.Fprintln(os.Stderr, "independent: no trust file: the keys were taken from the log itself")
	}
	v.findKeys()
	v.judgeRecords()
	for _, l := range v.sortedLogs() {
		v.judgeChain(l)
	}
	v.judgeEpochs()
	if err := d.each("events", v.readEvent); err != nil {
		return report{}, err
	}
	v.judgeDocuments()
	v.judgeCoherence()
	v.applyStatements()
	return v.conclude(), nil
}

// readRecordStream sorts out the record stream by _id (§8.1).
func (v *verifier) readRecordStream(doc hit) {
	switch {
	case markerID.MatchString(doc.id):
		if k := readMarker(doc); k != nil {
			v.markers = append(v.markers, k)
		}
	case refusalID.MatchString(doc.id):
		v.notes[doc.id] = append(v.notes[doc.id], doc)
	case witnessID.MatchString(doc.id):
	case statementID.MatchString(doc.id):
		if s := v.dump.trust.readStatement(doc); s != nil {
			v.statements = append(v.statements, s)
		}
	default:
		v.records = append(v.records, readRecord(doc, v.dump.namespace))
	}
}

func bytesDoNotSurvive(records []*record) bool {
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
	case len(v.records) == 0:
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
