// Sends back what comes in.
package main

import "sockdock.dev/guest"

type echo struct{ sockdock.Base }

func (*echo) Data(socket sockdock.Socket, data []byte) { socket.Write(data) }

func init() { sockdock.Register(&echo{}) }

func main() {}
