// Command rotator writes lines as kube-apiserver's audit backend does: through lumberjack, one Write a line.
//
// Lines come from -input, or from standard input, where three lines are commands, each answered on standard
// output once done: "!rotate" forces a rotation, "!sync" does nothing, "!close" closes the file (the next
// line opens it again, as after a restart).
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"
)

func main() {
	path := flag.String("path", "", "the live file")
	input := flag.String("input", "", "file to write the lines of; default standard input, with commands")
	maxSize := flag.Int("maxsize", 100, "MiB before a rotation")
	maxBackups := flag.Int("maxbackups", 0, "backups to keep; 0: all")
	maxAge := flag.Int("maxage", 0, "days to keep backups; 0: for ever")
	compress := flag.Bool("compress", false, "compress backups")
	pause := flag.Duration("pause", 0, "pause after each line")
	flag.Parse()
	if *path == "" {
		log.Fatal("rotator: -path is missing")
	}

	writer := &lumberjack.Logger{
		Filename: *path, MaxSize: *maxSize, MaxBackups: *maxBackups, MaxAge: *maxAge, Compress: *compress,
	}
	var lines io.Reader = os.Stdin
	if *input != "" {
		file, err := os.Open(*input)
		if err != nil {
			log.Fatalf("rotator: %v", err)
		}
		defer file.Close()
		lines = file
	}
	if err := run(writer, bufio.NewReaderSize(lines, 1<<20), *input == "", *pause); err != nil {
		log.Fatalf("rotator: %v", err)
	}
}

func run(writer *lumberjack.Logger, lines *bufio.Reader, commands bool, pause time.Duration) error {
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if done, err := command(writer, string(line), commands); err != nil {
				return err
			} else if done {
				fmt.Print(string(line))
			} else if _, err := writer.Write(line); err != nil {
				return err
			}
			if pause > 0 {
				time.Sleep(pause)
			}
		}
		if err == io.EOF {
			return writer.Close()
		}
		if err != nil {
			return err
		}
	}
}

func command(writer *lumberjack.Logger, line string, commands bool) (bool, error) {
	if !commands {
		return false, nil
	}
	switch line {
	case "!rotate\n":
		return true, writer.Rotate()
	case "!close\n":
		return true, writer.Close()
	case "!sync\n":
		return true, nil
	}
	return false, nil
}
