//go:build wasip1

// Package export_sockdock_plugin_socket_handlers is where the generated exports look for the interface `socket-handlers`.
//
// Each copies what it is given out of the inbox, since the plugin may keep it.
package export_sockdock_plugin_socket_handlers

import (
	"strings"

	"sockdock.dev/guest/internal/events"
	"sockdock.dev/guest/internal/host"
	"sockdock.dev/guest/internal/trap"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_types"
	"sockdock.dev/guest/internal/wit/runtime"
	"sockdock.dev/guest/internal/wit/types"
)

func Open(socket uint64) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.Open(socket)
	runtime.Reset()
}

func Data(socket uint64, data []byte) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.Data(socket, append([]byte(nil), data...))
	runtime.Reset()
}

func Drain(socket uint64) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.Drain(socket)
	runtime.Reset()
}

func End(socket uint64) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.End(socket)
	runtime.Reset()
}

func Timeout(socket uint64) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.Timeout(socket)
	runtime.Reset()
}

func Handshake(socket uint64, verified types.Result[types.Unit, string]) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	// The host gives a reason with everything that it hasn't verified.
	unverified := ""
	if verified.Tag() == types.ResultErr {
		unverified = strings.Clone(verified.Err())
	}
	events.Plugin.Handshake(socket, unverified)
	runtime.Reset()
}

func Error(socket uint64, failure sockdock_plugin_types.SocketError) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.Error(socket, host.Code(failure.Code), strings.Clone(failure.Message))
	runtime.Reset()
}

func Close(socket uint64, info sockdock_plugin_types.CloseInfo) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	code, message := host.OK, ""
	if info.Error.Tag() == types.OptionSome {
		failure := info.Error.Some()
		code, message = host.Code(failure.Code), strings.Clone(failure.Message)
	}
	events.Plugin.Close(socket, code, message, info.Unsent)
	runtime.Reset()
}

func ConnectError(socket uint64, failure sockdock_plugin_types.SocketError) {
	defer trap.OnPanic()
	runtime.CollectorOn()
	events.Plugin.ConnectError(socket, host.Code(failure.Code), strings.Clone(failure.Message))
	runtime.Reset()
}
