// Command filebeat is Filebeat with the one input that the comparison needs.
package main

import (
	"os"

	"github.com/elastic/beats/v7/filebeat/beater"
	"github.com/elastic/beats/v7/filebeat/cmd"
	"github.com/elastic/beats/v7/filebeat/input/filestream"
	input "github.com/elastic/beats/v7/filebeat/input/v2"
	"github.com/elastic/beats/v7/libbeat/beat"
	"github.com/elastic/beats/v7/libbeat/logp"
)

func inputs(_ beat.Info, log *logp.Logger, store beater.StateStore) []input.Plugin {
	return []input.Plugin{filestream.Plugin(log, store)}
}

func main() {
	if cmd.Filebeat(inputs, cmd.FilebeatSettings()).Execute() != nil {
		os.Exit(1)
	}
}
