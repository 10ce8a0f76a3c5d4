package sockdock

import "io"

// Outbox writes to any number of connections, keeping what a short write left until the queue has drained. One per plugin; the zero value is
// ready for use. Call [Outbox.Drained] in Drain and [Outbox.Forget] in Close.
//
// It grows if it is written to without end for a peer that doesn't read: where WriteAll answers false, produce no more until Drain; a
// proxy pauses where the bytes come from.
type Outbox struct {
	held map[Socket]*held
}

type held struct {
	bytes  []byte
	ending bool
}

// WriteAll takes all the bytes. Whether the queue has taken them, too; if not, a copy of the rest follows by Drained.
//
// Errors: the socket's. Nothing of the bytes is kept then.
func (o *Outbox) WriteAll(socket Socket, data []byte) (bool, error) {
	if held := o.held[socket]; held != nil {
		// Behind what is held already.
		held.bytes = append(held.bytes, data...)
		return false, nil
	}
	taken, err := socket.Write(data)
	if err != io.ErrShortWrite {
		return err == nil, err
	}
	if o.held == nil {
		o.held = make(map[Socket]*held)
	}
	o.held[socket] = &held{bytes: append([]byte(nil), data[taken:]...)}
	return false, nil
}

// Drained is to be called in Drain: it writes on where a short write had stopped. Whether nothing is held any more.
//
// Errors: the socket's; its Close follows.
func (o *Outbox) Drained(socket Socket) (bool, error) {
	held := o.held[socket]
	if held == nil {
		return true, nil
	}
	taken, err := socket.Write(held.bytes)
	held.bytes = held.bytes[taken:]
	if err == io.ErrShortWrite {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	delete(o.held, socket)
	if held.ending {
		return true, socket.End()
	}
	return true, nil
}

// End ends the connection once all that is held has been taken.
//
// Errors: the socket's.
func (o *Outbox) End(socket Socket) error {
	if held := o.held[socket]; held != nil {
		held.ending = true
		return nil
	}
	return socket.End()
}

// Held counts the bytes held for this connection, beside those that are queued.
func (o *Outbox) Held(socket Socket) int {
	if held := o.held[socket]; held != nil {
		return len(held.bytes)
	}
	return 0
}

// Forget is to be called in Close: it forgets what is held.
func (o *Outbox) Forget(socket Socket) {
	delete(o.held, socket)
}
