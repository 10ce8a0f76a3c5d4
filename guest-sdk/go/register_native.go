//go:build !wasip1

package sockdock

import "sockdock.dev/guest/internal/events"

// For package sockdocktest, which can't see what isn't exported.
func init() {
	events.Of = func(plugin any) events.Events {
		locals = nil
		return &exports{plugin.(Plugin)}
	}
}
