package sockdock

import (
	"fmt"
	"strings"

	"sockdock.dev/guest/internal/host"
)

// Level is how much a message of the log matters; the operator chooses from which level on they are kept.
type Level uint8

const (
	// LevelTrace: every step, for the plugin's author.
	LevelTrace Level = iota
	// LevelDebug: what helps to find a fault.
	LevelDebug
	// LevelInfo: what an operator wants to read on a good day.
	LevelInfo
	// LevelWarn: something is wrong, and handled.
	LevelWarn
	// LevelError: something has failed.
	LevelError
)

// Log writes one message into the host's log, under the plugin's name. May be called anywhere, also in Snapshot.
//
// One longer than 8 KiB is cut, and of more than 1,000 in a second the rest are only counted (defaults). What is printed to standard output
// and error reaches the same log, line by line, and so does a panic, with its stack.
func Log(level Level, message string) {
	host.Log(uint8(min(level, LevelError)), strings.ToValidUTF8(message, "\ufffd"))
}

// Debugf logs what helps to find a fault.
func Debugf(format string, values ...any) {
	Log(LevelDebug, fmt.Sprintf(format, values...))
}

// Infof logs what an operator wants to read on a good day.
func Infof(format string, values ...any) {
	Log(LevelInfo, fmt.Sprintf(format, values...))
}

// Warnf logs that something is wrong, and handled.
func Warnf(format string, values ...any) {
	Log(LevelWarn, fmt.Sprintf(format, values...))
}

// Errorf logs that something has failed.
func Errorf(format string, values ...any) {
	Log(LevelError, fmt.Sprintf(format, values...))
}
