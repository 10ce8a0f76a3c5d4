package sockdock

import (
	"io"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	"sockdock.dev/guest/internal/host"
)

// Socket is a connection: a number that names it. Copy it, keep it in maps, put it into a snapshot: the next generation can use it.
// The zero Socket is none.
//
// No call blocks. Each answers [Closed] once the connection is over, or if it isn't this instance's; each but the reading ones answers
// [NotAllowed] in Snapshot, and, with the exception of the context's, in Start and Restore.
type Socket struct {
	id uint64
}

// FromID is the socket of a number that was kept.
func FromID(id uint64) Socket {
	return Socket{id}
}

// ID is the number; never used twice in a host's life.
func (s Socket) ID() uint64 {
	return s.id
}

// String is the number alone.
func (s Socket) String() string {
	return strconv.FormatUint(s.id, 10)
}

// Live answers all sockets of this instance, those that it accepted, opened or took over, in no particular order.
func Live() []Socket {
	ids := host.Live()
	sockets := make([]Socket, len(ids))
	for i, id := range ids {
		sockets[i] = Socket{id}
	}
	return sockets
}

// Write queues bytes and answers how many were taken, from the front.
//
// Fewer than all, with io.ErrShortWrite, only at the listener's write limit (1 MiB by default): keep the rest and go on in Drain, or let an
// [Outbox] do that. A handler that answers each Data with no more bytes than came never meets it. All that one handler writes leaves
// together when it returns.
//
// Errors: [Closed], also after [Socket.End] or [Socket.Shutdown].
func (s Socket) Write(data []byte) (int, error) {
	taken, code := host.Write(s.id, data)
	if code != host.OK {
		return 0, Code(code)
	}
	if int(taken) < len(data) {
		return int(taken), io.ErrShortWrite
	}
	return int(taken), nil
}

// WriteString is Write of a string's bytes.
func (s Socket) WriteString(text string) (int, error) {
	// The host reads them, and no more.
	return s.Write(unsafe.Slice(unsafe.StringData(text), len(text)))
}

// Flush sends what is queued now, not first when the handler returns.
func (s Socket) Flush() error {
	return asError(host.Flush(s.id))
}

// Queued counts bytes that were taken and not yet sent.
func (s Socket) Queued() (int, error) {
	bytes, code := host.Queued(s.id)
	return int(bytes), asError(code)
}

// End sends what is queued, ends the connection in good order, and reads no more. Close is the only event after it.
func (s Socket) End() error {
	return asError(host.End(s.id))
}

// Shutdown sends what is queued and ends our side; Data goes on until the peer ends as well.
func (s Socket) Shutdown() error {
	return asError(host.Shutdown(s.id))
}

// Terminate resets the connection and discards what is queued. Close is the only event after it.
func (s Socket) Terminate() error {
	return asError(host.Terminate(s.id))
}

// Pause: no Data until [Socket.Resume]; the peer is slowed down by its own window.
func (s Socket) Pause() error {
	return asError(host.Pause(s.id))
}

// Resume takes [Socket.Pause] back.
func (s Socket) Resume() error {
	return asError(host.Resume(s.id))
}

// SetAutoPause: whether the host stops reading while more than 64 KiB (by default) are queued for this socket. On by default; a proxy
// turns it off and pauses the source of the bytes instead.
func (s Socket) SetAutoPause(enabled bool) error {
	return asError(host.SetAutoPause(s.id, enabled))
}

// Never switches off what a duration switches on.
const Never time.Duration = -1

// SetTimeout has Timeout called after so long without a byte either way; [Never], the default, switches it off. Zero answers
// [InvalidArgument].
func (s Socket) SetTimeout(idle time.Duration) error {
	return asError(host.SetTimeout(s.id, orOff(idle)))
}

// SetNoDelay: TCP_NODELAY; on by default. [Unsupported] on a unix socket.
func (s Socket) SetNoDelay(enabled bool) error {
	return asError(host.SetNoDelay(s.id, enabled))
}

// SetKeepAlive: TCP keep-alive, with the first probe after so much silence; [Never], the default, switches it off. Zero answers
// [InvalidArgument], a unix socket [Unsupported].
func (s Socket) SetKeepAlive(delay time.Duration) error {
	return asError(host.SetKeepAlive(s.id, orOff(delay)))
}

// Local is our end.
func (s Socket) Local() (Endpoint, error) {
	end, code := host.LocalEndpoint(s.id)
	return Endpoint(end), asError(code)
}

// Remote is the peer's end.
func (s Socket) Remote() (Endpoint, error) {
	end, code := host.RemoteEndpoint(s.id)
	return Endpoint(end), asError(code)
}

// Listener is the name of the listener that accepted the socket; empty for an outbound one.
func (s Socket) Listener() (string, error) {
	name, code := host.Listener(s.id)
	return name, asError(code)
}

// BytesRead counts what Data has delivered so far.
func (s Socket) BytesRead() (uint64, error) {
	bytes, code := host.BytesRead(s.id)
	return bytes, asError(code)
}

// BytesWritten counts what was handed to the kernel so far: taken by Write, less what is queued.
func (s Socket) BytesWritten() (uint64, error) {
	bytes, code := host.BytesWritten(s.id)
	return bytes, asError(code)
}

// Context answers the bytes of the plugin's own that the host keeps with the connection, through reloads and traps; empty at first.
func (s Socket) Context() ([]byte, error) {
	context, code := host.Context(s.id)
	return context, asError(code)
}

// SetContext replaces them. [LimitExceeded] for more than the listener allows (64 KiB by default): the old ones stay.
func (s Socket) SetContext(context []byte) error {
	return asError(host.SetContext(s.id, context))
}

// Subscribe: from now on the socket is sent what is published on this topic ([Publish]). Twice is once.
//
// Errors: [Closed], also after [Socket.End] or [Socket.Shutdown]; [InvalidArgument] for an empty name, and for one that isn't UTF-8;
// [LimitExceeded] for one that is too long, or too many topics.
func (s Socket) Subscribe(topic string) error {
	if !utf8.ValidString(topic) {
		return InvalidArgument
	}
	return asError(host.Subscribe(s.id, topic))
}

// Unsubscribe takes the subscription back; nothing happens if there is none.
func (s Socket) Unsubscribe(topic string) error {
	if !utf8.ValidString(topic) {
		return InvalidArgument
	}
	return asError(host.Unsubscribe(s.id, topic))
}

// Endpoint is one end of a connection.
type Endpoint struct {
	// Address is a numeric IPv4 or IPv6 address without brackets; for a unix socket its path, empty if it has none.
	Address string
	// Port is 0 for a unix socket.
	Port uint16
}

// String is the address as Connect takes it.
func (e Endpoint) String() string {
	if e.Port == 0 {
		return "unix:" + e.Address
	}
	port := strconv.FormatUint(uint64(e.Port), 10)
	for _, c := range e.Address {
		if c == ':' {
			return "[" + e.Address + "]:" + port
		}
	}
	return e.Address + ":" + port
}

// milliseconds rounds up, so that nothing comes early; 49 days at most.
func milliseconds(duration time.Duration) uint32 {
	if duration <= 0 {
		return 0
	}
	return uint32(min((duration-1)/time.Millisecond+1, 1<<32-1))
}

func orOff(duration time.Duration) int64 {
	if duration < 0 {
		return host.Off
	}
	return int64(milliseconds(duration))
}
