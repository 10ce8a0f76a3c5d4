//go:build !wasip1

package sockdocktest

import (
	"sockdock.dev/guest"
	"sockdock.dev/guest/internal/host"
)

// Everything is what a peer reads that has no limit, which is how it begins.
const Everything = host.Unlimited

// Connect: a peer connects.
func (h *Harness) Connect() sockdock.Socket {
	id := h.world.Add(&host.Connection{})
	h.plugin.Open(id)
	h.settle()
	return sockdock.FromID(id)
}

// Send: the peer sends bytes; one Data, if they fit the read buffer and nothing holds reading back.
func (h *Harness) Send(socket sockdock.Socket, data string) {
	h.with(socket, func(c *host.Connection) { c.Input = append(c.Input, data...) })
}

// Read: the peer reads so many bytes more, and then no further.
func (h *Harness) Read(socket sockdock.Socket, count int) {
	h.with(socket, func(c *host.Connection) { c.Window = count })
}

// Finish: the peer ends its sending side.
func (h *Harness) Finish(socket sockdock.Socket) {
	h.with(socket, func(c *host.Connection) { c.PeerFinished = true })
}

// Fail: the connection fails, with Reset, TimedOut, TLS or IO.
func (h *Harness) Fail(socket sockdock.Socket, code sockdock.Code) {
	h.with(socket, func(c *host.Connection) { c.Failed = host.Code(code) })
}

func (h *Harness) with(socket sockdock.Socket, do func(*host.Connection)) {
	if connection := h.world.Connections[socket.ID()]; connection != nil {
		do(connection)
	}
	h.settle()
}

// Received takes what the peer has received, also after the connection's end.
func (h *Harness) Received(socket sockdock.Socket) string {
	var taken []byte
	if connection := h.world.Connections[socket.ID()]; connection != nil {
		taken, connection.Received = connection.Received, nil
	} else {
		taken = h.world.Closed[socket.ID()]
		delete(h.world.Closed, socket.ID())
	}
	return string(taken)
}

// Unread counts the bytes from the peer that the plugin hasn't been given yet.
func (h *Harness) Unread(socket sockdock.Socket) int {
	if connection := h.world.Connections[socket.ID()]; connection != nil {
		return len(connection.Input)
	}
	return 0
}

// Closed tells whether the connection is over.
func (h *Harness) Closed(socket sockdock.Socket) bool {
	return h.world.Connections[socket.ID()] == nil
}

// Dialled is a connection that the plugin has asked for.
type Dialled struct {
	Socket  sockdock.Socket
	Address string
}

// Dialled are those that wait for [Harness.Accept] or [Harness.Refuse], the oldest first.
func (h *Harness) Dialled() []Dialled {
	var asked []Dialled
	for _, id := range h.world.IDs() {
		if address := h.world.Connections[id].Connecting; address != "" {
			asked = append(asked, Dialled{sockdock.FromID(id), address})
		}
	}
	return asked
}

// Accept: the connection stands. Open (without Handshake), unless the plugin has ended it meanwhile.
func (h *Harness) Accept(socket sockdock.Socket) {
	if c := h.world.Connections[socket.ID()]; c != nil && c.Connecting != "" {
		c.Connecting = ""
		if !c.Ended {
			h.plugin.Open(socket.ID())
		}
	}
	h.settle()
}

// Refuse: the connection can't be made. ConnectError.
func (h *Harness) Refuse(socket sockdock.Socket, code sockdock.Code) {
	if c := h.world.Connections[socket.ID()]; c != nil && c.Connecting != "" {
		h.plugin.ConnectError(socket.ID(), host.Code(code), "refused by the test")
		delete(h.world.Connections, socket.ID())
	}
	h.settle()
}

// Secure: the handshake that the plugin has begun on this connection succeeds. Handshake; nothing happens if it hasn't begun one.
func (h *Harness) Secure(socket sockdock.Socket) {
	if c := h.world.Connections[socket.ID()]; c != nil && c.Upgrading {
		c.Upgrading = false
		c.TLS = &host.Session{Version: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256", Verified: c.Outbound}
		h.plugin.Handshake(socket.ID(), "")
	}
	h.settle()
}

// SubscribedElsewhere: so many sockets of other instances have subscribed to this topic.
func (h *Harness) SubscribedElsewhere(topic string, sockets int) {
	h.world.Elsewhere[topic] = uint32(sockets)
}

// PublishElsewhere: another instance publishes.
func (h *Harness) PublishElsewhere(topic, data string) {
	h.world.Deliver(topic, []byte(data), 0)
	h.settle()
}

// Published is what went to the listener's other instances.
type Published struct {
	Topic, Data string
}

// Published takes it, the oldest first.
func (h *Harness) Published() []Published {
	var published []Published
	for _, message := range h.world.Published {
		published = append(published, Published{message.Topic, message.Text})
	}
	h.world.Published = nil
	return published
}

// settle delivers events until none is left.
func (h *Harness) settle() {
	for again := true; again; {
		again = false
		for _, id := range h.world.IDs() {
			if connection := h.world.Connections[id]; connection != nil {
				again = h.deliverOne(id, connection) || again
			}
		}
	}
}

func (h *Harness) deliverOne(id uint64, c *host.Connection) bool {
	if c.Connecting != "" {
		if c.Terminated {
			h.Refuse(sockdock.FromID(id), sockdock.Closed)
		}
		return c.Terminated
	}
	if c.Failed != host.OK {
		unsent := uint64(len(c.Queue))
		h.plugin.Error(id, c.Failed, "failed in the test's host")
		h.close(id, c.Failed, "failed in the test's host", unsent)
		return true
	}
	if !c.Terminated && c.Transmit(h.world.Now) {
		h.plugin.Drain(id)
		return true
	}
	if c.IsOver() {
		h.close(id, host.OK, "", uint64(len(c.Queue)))
		return true
	}
	if data := c.TakeInput(h.world.Limits, h.world.Now); data != nil {
		h.plugin.Data(id, data)
		return true
	}
	if c.TakeEnd() {
		h.plugin.End(id)
		return true
	}
	return false
}

func (h *Harness) close(id uint64, code host.Code, message string, unsent uint64) {
	h.plugin.Close(id, code, message, unsent)
	h.world.Closed[id] = h.world.Connections[id].Received
	delete(h.world.Connections, id)
}
