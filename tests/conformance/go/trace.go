package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"sockdock.dev/guest"
)

// trace is what has happened.
type trace struct {
	events []string
	// By the events that they are run after.
	scripts map[string]string
	// The control connections, each with the line that hasn't ended yet.
	controls map[sockdock.Socket][]byte
}

func newTrace() trace {
	return trace{scripts: make(map[string]string), controls: make(map[sockdock.Socket][]byte)}
}

// lines are those that these bytes complete.
func (t *trace) lines(socket sockdock.Socket, data []byte) []string {
	partial := append(t.controls[socket], data...)
	var lines []string
	for {
		line, rest, found := bytes.Cut(partial, []byte("\n"))
		if !found {
			break
		}
		lines = append(lines, strings.ToValidUTF8(string(line), "\ufffd"))
		partial = rest
	}
	t.controls[socket] = bytes.Clone(partial)
	return lines
}

func (t *trace) save() []byte {
	var lines []string
	for event, script := range t.scripts {
		lines = append(lines, "h"+event+" "+script)
	}
	for socket := range t.controls {
		lines = append(lines, "c"+socket.String())
	}
	for _, entry := range t.events {
		lines = append(lines, "e"+entry)
	}
	return []byte(strings.Join(lines, "\n"))
}

// load: what was saved comes before what this instance has recorded.
func (t *trace) load(data []byte) error {
	var saved []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		kind, rest := line[:min(1, len(line))], line[min(1, len(line)):]
		switch kind {
		case "h":
			event, script, found := strings.Cut(rest, " ")
			if !found {
				return fmt.Errorf("a script without an event")
			}
			t.scripts[event] = script
		case "c":
			id, err := strconv.ParseUint(rest, 10, 64)
			if err != nil {
				return err
			}
			t.controls[sockdock.FromID(id)] = nil
		case "e":
			saved = append(saved, rest)
		default:
			return fmt.Errorf("no line of a trace: %q", line)
		}
	}
	t.events = append(saved, t.events...)
	return nil
}

// escape is the first 64 bytes, as a line can hold them.
func escape(data []byte) string {
	var text strings.Builder
	for _, c := range data[:min(len(data), 64)] {
		switch {
		case c == '\t':
			text.WriteString(`\t`)
		case c == '\r':
			text.WriteString(`\r`)
		case c == '\n':
			text.WriteString(`\n`)
		case c == '\'' || c == '"' || c == '\\':
			text.WriteByte('\\')
			text.WriteByte(c)
		case c >= 0x20 && c <= 0x7e:
			text.WriteByte(c)
		default:
			fmt.Fprintf(&text, `\x%02x`, c)
		}
	}
	return text.String()
}
