// Command independent verifies a dump of sealed audit logs from the text of docs/seal-format.md alone.
//
// It shares no code with the agent or with the agent's own verifier: if both come to the same findings,
// the format says what it needs to say. It prints one JSON object per finding, then the verdict, and
// exits with the verdict's number. Operator statements and witnesses are not judged.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: independent DUMPDIR")
		os.Exit(finish(couldNotCheck()))
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
