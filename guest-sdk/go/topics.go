package sockdock

import (
	"unicode/utf8"

	"sockdock.dev/guest/internal/host"
)

// Publish writes the bytes to every socket that has subscribed to the topic, on all instances of the listener, except skip (the zero
// Socket leaves out nobody); how many took them.
//
// A subscriber gets the whole message or none of it: one whose queue has no room for it is closed with [LimitExceeded], or goes without,
// as the operator has configured. Of this instance's sockets, those whose queues took it are counted; of the others', those that are
// subscribed. An empty message counts and sends nothing: of two sockets that subscribe at the same time and then count, at least one
// counts both.
//
// Errors: [InvalidArgument] for an empty name, and for one that isn't UTF-8; [LimitExceeded] for one that is too long (256 bytes by
// default), a message longer than a queue can be (1 MiB), or while an instance that should get it has too much waiting; [NotAllowed]
// in Start, Restore and Snapshot.
func Publish(topic string, data []byte, skip Socket) (int, error) {
	if !utf8.ValidString(topic) {
		return 0, InvalidArgument
	}
	took, code := host.Publish(topic, data, skip.id)
	return int(took), asError(code)
}
