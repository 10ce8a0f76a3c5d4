//go:build !wasip1

package host

import (
	"slices"
	"time"
)

// reading is for calls that read.
func reading(socket uint64) (*Connection, Code) {
	if connection := The.Connections[socket]; connection != nil {
		return connection, OK
	}
	return nil, Closed
}

// affecting is for calls that have an effect.
func affecting(socket uint64) (*Connection, Code) {
	if The.Phase != PhaseEvent {
		return nil, NotAllowed
	}
	return reading(socket)
}

// affect does something to a connection.
func affect(socket uint64, do func(*Connection) Code) Code {
	connection, code := affecting(socket)
	if code != OK {
		return code
	}
	return do(connection)
}

// read looks at a connection.
func read[T any](socket uint64, look func(*Connection) T) (T, Code) {
	connection, code := reading(socket)
	if code != OK {
		var none T
		return none, code
	}
	return look(connection), OK
}

func Write(socket uint64, data []byte) (uint32, Code) {
	connection, code := affecting(socket)
	if code != OK {
		return 0, code
	}
	if !connection.takes() {
		return 0, Closed
	}
	taken := min(len(data), The.Limits.WriteBuffer-len(connection.Queue))
	connection.Queue = append(connection.Queue, data[:taken]...)
	connection.DrainDue = connection.DrainDue || taken < len(data) || len(connection.Queue) > The.Limits.HighWater
	return uint32(taken), OK
}

func Flush(socket uint64) Code {
	return affect(socket, func(*Connection) Code { return OK })
}

func End(socket uint64) Code {
	return affect(socket, func(c *Connection) Code {
		if c.Ended || c.Terminated {
			return Closed
		}
		c.Shut, c.Ended = true, true
		return OK
	})
}

func Shutdown(socket uint64) Code {
	return affect(socket, func(c *Connection) Code {
		if c.Shut || c.Terminated {
			return Closed
		}
		c.Shut = true
		return OK
	})
}

func Terminate(socket uint64) Code {
	return affect(socket, func(c *Connection) Code { c.Terminated = true; return OK })
}

func Pause(socket uint64) Code {
	return affect(socket, func(c *Connection) Code { c.Paused = true; return OK })
}

func Resume(socket uint64) Code {
	return affect(socket, func(c *Connection) Code { c.Paused = false; return OK })
}

func SetAutoPause(socket uint64, enabled bool) Code {
	return affect(socket, func(c *Connection) Code { c.NoAutoPause = !enabled; return OK })
}

func Queued(socket uint64) (uint32, Code) {
	return read(socket, func(c *Connection) uint32 { return uint32(len(c.Queue)) })
}

func SetTimeout(socket uint64, milliseconds int64) Code {
	return affect(socket, func(c *Connection) Code {
		if milliseconds == 0 {
			return InvalidArgument
		}
		c.Idle = max(time.Duration(milliseconds), 0) * time.Millisecond
		c.moved(The.Now)
		return OK
	})
}

func SetNoDelay(socket uint64, _ bool) Code {
	return Flush(socket)
}

func SetKeepAlive(socket uint64, milliseconds int64) Code {
	return affect(socket, func(*Connection) Code {
		if milliseconds == 0 {
			return InvalidArgument
		}
		return OK
	})
}

func LocalEndpoint(socket uint64) (Endpoint, Code) {
	return read(socket, func(*Connection) Endpoint { return Endpoint{"127.0.0.1", 7000} })
}

func RemoteEndpoint(socket uint64) (Endpoint, Code) {
	return read(socket, func(*Connection) Endpoint { return Endpoint{"127.0.0.1", uint16(40000 + socket%20000)} })
}

func Listener(socket uint64) (string, Code) {
	return read(socket, func(c *Connection) string {
		if c.Outbound {
			return ""
		}
		return "test"
	})
}

func BytesRead(socket uint64) (uint64, Code) {
	return read(socket, func(c *Connection) uint64 { return c.BytesRead })
}

func BytesWritten(socket uint64) (uint64, Code) {
	return read(socket, func(c *Connection) uint64 { return c.BytesWritten })
}

func Context(socket uint64) ([]byte, Code) {
	return read(socket, func(c *Connection) []byte { return slices.Clone(c.Context) })
}

func SetContext(socket uint64, context []byte) Code {
	if The.Phase == PhaseSnapshot {
		return NotAllowed
	}
	connection, code := reading(socket)
	if code == OK && len(context) > The.Limits.Context {
		return LimitExceeded
	}
	if code == OK {
		connection.Context = slices.Clone(context)
	}
	return code
}

func Live() []uint64 {
	return The.IDs()
}

func Dial(address string, options Connect) (uint64, Code) {
	switch {
	case The.Phase != PhaseEvent:
		return 0, NotAllowed
	case options.Timeout == 0 || address == "":
		return 0, InvalidArgument
	case len(options.Context) > The.Limits.Context:
		return 0, LimitExceeded
	}
	return The.Add(&Connection{Outbound: true, Connecting: address, Context: slices.Clone(options.Context)}), OK
}

func TLSSession(socket uint64) (*Session, Code) {
	return read(socket, func(c *Connection) *Session { return c.TLS })
}

func PeerCertificates(socket uint64) ([][]byte, Code) {
	return read(socket, func(*Connection) [][]byte { return nil })
}

func UpgradeClient(socket uint64, _ TLS) Code {
	return affect(socket, func(c *Connection) Code {
		switch {
		case c.Shut || c.Terminated:
			return Closed
		case c.Upgrading:
			return InProgress
		case c.TLS != nil:
			return InvalidArgument
		}
		c.Upgrading, c.Clear = true, len(c.Queue)
		return OK
	})
}

func UpgradeServer(socket uint64, _ string) Code {
	return UpgradeClient(socket, TLS{})
}

func SetTimer(token uint64, milliseconds uint32) Code {
	if The.Phase == PhaseSnapshot {
		return NotAllowed
	}
	The.Timers[token] = The.Now + time.Duration(milliseconds)*time.Millisecond
	return OK
}

func ClearTimer(token uint64) {
	if The.Phase != PhaseSnapshot {
		delete(The.Timers, token)
	}
}

func checkTopic(topic string) Code {
	switch {
	case topic == "":
		return InvalidArgument
	case len(topic) > The.Limits.TopicName:
		return LimitExceeded
	}
	return OK
}

func Subscribe(socket uint64, topic string) Code {
	if The.Phase == PhaseSnapshot {
		return NotAllowed
	}
	connection, code := reading(socket)
	if code == OK && !connection.takes() {
		code = Closed
	}
	if code == OK {
		code = checkTopic(topic)
	}
	if code != OK {
		return code
	}
	own := 0
	for name, sockets := range The.Topics {
		if name != topic && sockets[socket] {
			own++
		}
	}
	if own >= The.Limits.Topics {
		return LimitExceeded
	}
	if The.Topics[topic] == nil {
		The.Topics[topic] = make(map[uint64]bool)
	}
	The.Topics[topic][socket] = true
	return OK
}

func Unsubscribe(socket uint64, topic string) Code {
	if The.Phase == PhaseSnapshot {
		return NotAllowed
	}
	_, code := reading(socket)
	if code == OK {
		delete(The.Topics[topic], socket)
	}
	return code
}

func Publish(topic string, data []byte, skip uint64) (uint32, Code) {
	if The.Phase != PhaseEvent {
		return 0, NotAllowed
	}
	if code := checkTopic(topic); code != OK {
		return 0, code
	}
	if len(data) > The.Limits.WriteBuffer {
		return 0, LimitExceeded
	}
	elsewhere := The.Elsewhere[topic]
	if elsewhere > 0 && len(data) > 0 {
		The.Published = append(The.Published, Message{Topic: topic, Text: string(data)})
	}
	return elsewhere + The.Deliver(topic, data, skip), OK
}

func Log(level uint8, message string) {
	The.Log = append(The.Log, Message{Level: level, Text: message})
}
