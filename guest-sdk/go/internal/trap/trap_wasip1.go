// Package trap turns a panic into a message in the host's log and a trap. Left to itself, Go's runtime sleeps a moment before it prints
// what has happened; a handler that waits is stopped by the host, and nothing would be printed.
package trap

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"strings"

	"sockdock.dev/guest/internal/host"
)

const levelError = 4

// OnPanic is to be deferred by each of the component's exports.
func OnPanic() {
	if value := recover(); value != nil {
		message := fmt.Sprintf("panic: %s\n%s", describe(value), stack())
		host.Log(levelError, strings.ToValidUTF8(message, "\ufffd"))
		unreachable()
	}
}

func describe(value any) string {
	switch value := value.(type) {
	case error:
		return value.Error()
	case fmt.Stringer:
		return value.String()
	default:
		return fmt.Sprint(value)
	}
}

// stack is the plugin's part of it: between the panic and the kit's call of the handler.
func stack() []byte {
	text := debug.Stack()
	if at := bytes.Index(text, []byte("\npanic(")); at >= 0 {
		if lines := bytes.SplitN(text[at+1:], []byte("\n"), 3); len(lines) == 3 {
			text = lines[2]
		}
	}
	if at := bytes.Index(text, []byte("\nsockdock.dev/guest.(*exports).")); at >= 0 {
		text = text[:at]
	}
	return bytes.TrimSpace(text)
}

// unreachable is WebAssembly's instruction: a trap, and the end of the instance.
func unreachable()
