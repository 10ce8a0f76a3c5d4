// {{name}} sends back what comes in, and counts it.
//
// The host calls a method per event of a socket. `sockdock dev` puts each save behind the live connections.
package main

import (
	"encoding/binary"

	"sockdock.dev/guest"
)

// App is one value per instance. What it remembers ends with it, unless Snapshot and Restore hand it to the next build.
type App struct {
	sockdock.Base
}

func init() { sockdock.Register(&App{}) }

func main() {}

// Open: a connection stands.
func (a *App) Open(socket sockdock.Socket) {
	if peer, err := socket.Remote(); err == nil {
		sockdock.Infof("%v has connected", peer)
	}
	socket.WriteString("hello from {{name}}\n")
}

// Data brings some bytes of a stream: a line may come in two calls, or two lines in one.
func (a *App) Data(socket sockdock.Socket, data []byte) {
	count := bytesOf(socket) + uint64(len(data))
	// What is remembered of a connection. The host keeps it, also while builds are swapped.
	socket.SetContext(binary.AppendUvarint(nil, count))
	// Try it: `bytes.ToUpper(data)`.
	socket.Write(data)
}

// Close: the connection is over.
func (a *App) Close(socket sockdock.Socket, info sockdock.CloseInfo) {
	sockdock.Infof("a connection has ended after %d bytes", bytesOf(socket))
}

func bytesOf(socket sockdock.Socket) uint64 {
	context, err := socket.Context()
	if err != nil {
		return 0
	}
	// Nothing has been kept at first: 0.
	count, _ := binary.Uvarint(context)
	return count
}
