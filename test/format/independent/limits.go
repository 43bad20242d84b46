package main

// The limits of §8.1: what is beyond them is judged as bytes that are not JSON, so that no document makes a
// verifier take more memory than its operator knows of.
const (
	sourceMax = 128 << 20 // of any document
	parsedMax = 16 << 20  // of one of the record stream, and of a manifest
	valuesMax = 200_000   // commas and opening brackets in one, those in strings too
	valueMax  = 16 << 10  // of a value that an event's claim rests on
)

// cut leaves of a source that is too long what no entry has as its bytes, and what is no JSON text.
func cut(source []byte) []byte {
	return source[:min(len(source), sourceMax+1)]
}

// isParsed says whether a document of the record stream, or a manifest, is JSON within the limits.
func isParsed(b []byte) bool {
	if len(b) > parsedMax {
		return false
	}
	values := 0
	for _, c := range b {
		if c == ',' || c == '[' || c == '{' {
			values++
		}
	}
	return values <= valuesMax && validJSON(b)
}
