// Package events stands between the component's exports and the plugin, so that neither side needs the other's package.
package events

import "sockdock.dev/guest/internal/host"

// Events are a plugin's handlers, with sockets as numbers.
type Events interface {
	Start(config [][2]string) error
	Snapshot() (version string, data []byte, some bool, err error)
	Restore(version string, data []byte) error
	Open(socket uint64)
	Data(socket uint64, data []byte)
	Drain(socket uint64)
	End(socket uint64)
	Timeout(socket uint64)
	Handshake(socket uint64, unverified string)
	Error(socket uint64, code host.Code, message string)
	// Close has the code host.OK if nothing broke the connection.
	Close(socket uint64, code host.Code, message string, unsent uint64)
	ConnectError(socket uint64, code host.Code, message string)
	Fired(token uint64)
}

// Plugin is the one that was registered.
var Plugin Events

// Of makes the events of a plugin, a sockdock.Plugin, and forgets what another one kept; for native tests.
var Of func(plugin any) Events
