package sockdock

import (
	"errors"
	"os"

	"sockdock.dev/guest/internal/host"
)

// Code is why a call was refused, or why a connection failed. It is an error, to be compared with == or errors.Is.
type Code uint8

const (
	// Closed: the connection is over, or not this instance's; or its sending side has ended.
	Closed Code = iota
	// Reset: the peer reset the connection.
	Reset
	// Refused: the peer's host refused the connection.
	Refused
	// Unreachable: no route to the peer's host or network.
	Unreachable
	// TimedOut: a time limit ran out, of connecting, of the TLS handshake, or the kernel's own.
	TimedOut
	// NameResolution: the peer's name could not be resolved.
	NameResolution
	// TLS: the handshake or a record failed.
	TLS
	// NotAllowed: not in this handler (Start, Snapshot, Restore), or not granted by the operator.
	NotAllowed
	// InvalidArgument: an argument is malformed or out of its range.
	InvalidArgument
	// LimitExceeded: a limit that the operator has set would be exceeded.
	LimitExceeded
	// InProgress: the same operation is already under way on this socket, or it is still connecting.
	InProgress
	// Unsupported: this host, or this kind of socket, doesn't offer the operation.
	Unsupported
	// IO: another input or output error of the operating system.
	IO
	// Other: none of the above.
	Other
)

var codes = [...]string{
	"closed", "reset", "refused", "unreachable", "timed-out", "name-resolution", "tls", "not-allowed", "invalid-argument",
	"limit-exceeded", "in-progress", "unsupported", "io", "other",
}

// String is the code as the contract spells it, such as `timed-out`.
func (c Code) String() string {
	if int(c) < len(codes) {
		return codes[c]
	}
	return "unknown"
}

// Error says it with the package's name in front.
func (c Code) Error() string {
	return "sockdock: " + c.String()
}

// Is makes errors.Is find the standard library's errors that mean the same: os.ErrClosed, os.ErrDeadlineExceeded, os.ErrPermission,
// errors.ErrUnsupported.
func (c Code) Is(target error) bool {
	switch c {
	case Closed:
		return target == os.ErrClosed
	case TimedOut:
		return target == os.ErrDeadlineExceeded
	case NotAllowed:
		return target == os.ErrPermission
	case Unsupported:
		return target == errors.ErrUnsupported
	}
	return false
}

// SocketError is the failure of a connection.
type SocketError struct {
	// Code is for programs; errors.Is(err, sockdock.Reset) looks at it, too.
	Code Code
	// Message is for people; one line, no promise about its wording.
	Message string
}

// Error is the code and the message.
func (e *SocketError) Error() string {
	return e.Code.Error() + ": " + e.Message
}

// Unwrap is the code.
func (e *SocketError) Unwrap() error {
	return e.Code
}

// asError is nil for none.
func asError(code host.Code) error {
	if code == host.OK {
		return nil
	}
	return Code(code)
}
