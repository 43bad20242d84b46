// Command independent verifies a dump of sealed audit logs from the text of docs/seal-format.md alone.
//
// It shares no code with the agent or with the agent's own verifier: if both come to the same findings,
// the format says what it needs to say. It prints one JSON object per finding, then the verdict, and
// exits with the verdict's number. What an operator's statement excuses has a member "excuse" and no part
// in the verdict. Witnesses are not judged.
//
// With "-" for the folder it reads names of folders from standard input, a line each, and answers each with
// one line, {"findings":[…],"exit":N}: a test of many dumps need not start it once for each.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: independent DUMPDIR")
		os.Exit(finish(couldNotCheck()))
	}
	if os.Args[1] == "-" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "independent:", err)
			os.Exit(2)
		}
		return
	}
	r, err := verify(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "independent:", err)
		r = couldNotCheck()
	}
	os.Exit(finish(r))
}

func finish(r report) int {
	if err := r.write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "independent:", err)
		return 2
	}
	return r.verdict.Exit
}

// serve verifies each dump named on a line of in.
func serve(in io.Reader, out io.Writer) error {
	names := bufio.NewScanner(in)
	for names.Scan() {
		r, err := verify(names.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, "independent:", names.Text()+":", err)
			r = couldNotCheck()
		}
		answer := struct {
			Findings []json.Marshaler `json:"findings"`
			Exit     int              `json:"exit"`
		}{[]json.Marshaler{}, r.verdict.Exit}
		for _, f := range r.named() {
			answer.Findings = append(answer.Findings, f)
		}
		line, err := plainJSON(answer)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return names.Err()
}
