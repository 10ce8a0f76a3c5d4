//go:build wasip1

// Package export_sockdock_plugin_timer_handler is where the generated exports look for the interface `timer-handler`.
package export_sockdock_plugin_timer_handler

import (
	"sockdock.dev/guest/internal/events"
	"sockdock.dev/guest/internal/trap"
	"sockdock.dev/guest/internal/wit/runtime"
)

func Fired(token uint64) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.Fired(token)
	runtime.Reset()
}
