package sockdock

// Local is something of the plugin's that belongs to each connection: the counterpart of `socket.data` in Bun.
//
//	type Lines struct {
//		sockdock.Base
//		seen sockdock.Local[int]
//	}
//
//	func (p *Lines) Data(socket sockdock.Socket, data []byte) { *p.seen.Of(socket) += bytes.Count(data, []byte("\n")) }
//
// It is forgotten when the connection is over. It lives in this instance's memory, so a reload or a trap loses it: see
// [Socket.SetContext] for what has to stay. The zero value is ready for use.
type Local[T any] struct {
	values map[Socket]*T
}

// Of is the connection's; the zero value at first. The pointer is good as long as the connection.
func (l *Local[T]) Of(socket Socket) *T {
	if value := l.values[socket]; value != nil {
		return value
	}
	if l.values == nil {
		l.values = make(map[Socket]*T)
		locals = append(locals, l)
	}
	value := new(T)
	l.values[socket] = value
	return value
}

// Len is how many connections have one.
func (l *Local[T]) Len() int {
	return len(l.values)
}

func (l *Local[T]) forget(socket Socket) {
	delete(l.values, socket)
}

// Those that hold something.
var locals []interface{ forget(Socket) }

func forget(socket Socket) {
	for _, local := range locals {
		local.forget(socket)
	}
}
