//go:build !wasip1

package host

import (
	"maps"
	"slices"
	"time"
)

// Limits are the imitated host's.
type Limits struct {
	// WriteBuffer counts the bytes that a write takes before it is short.
	WriteBuffer int
	// HighWater counts the queued bytes above which reading stops and a drain becomes due.
	HighWater int
	// ReadBuffer is the largest data event.
	ReadBuffer int
	// Context counts the bytes of a context.
	Context int
	// Topics counts those that one socket may be subscribed to.
	Topics int
	// TopicName counts the bytes of a topic's name.
	TopicName int
	// SkipSlowSubscribers: one without room for a message goes without it, rather than being closed.
	SkipSlowSubscribers bool
}

// DefaultLimits are the real host's.
func DefaultLimits() Limits {
	return Limits{WriteBuffer: 1 << 20, HighWater: 64 << 10, ReadBuffer: 64 << 10, Context: 64 << 10, Topics: 256, TopicName: 256}
}

// Phase tells which calls are allowed.
type Phase int

const (
	PhaseEvent Phase = iota
	// PhaseBegin is that of Start and Restore.
	PhaseBegin
	PhaseSnapshot
)

// Unlimited is the window of a peer that reads everything.
const Unlimited = -1

// Connection is one of the imitated host's.
type Connection struct {
	// Outbound: the plugin made it.
	Outbound bool
	// Connecting is where the plugin wants it to lead; empty once it stands.
	Connecting string
	// Input was sent by the peer and isn't delivered yet.
	Input []byte
	// Queue was written by the plugin and isn't sent yet.
	Queue []byte
	// Received was sent, and the test hasn't looked at it yet.
	Received []byte
	// Window is how much more the peer reads, or Unlimited.
	Window      int
	Paused      bool
	NoAutoPause bool
	DrainDue    bool
	// Shut: our sending side has ended. Ended: nothing more is read either.
	Shut, Ended, Terminated bool
	// Failed is the code with which it has failed; the plugin is still to be told.
	Failed                     Code
	PeerFinished, EndDelivered bool
	Context                    []byte
	Idle                       time.Duration
	// IdleUntil is when a timeout is due; 0 for never.
	IdleUntil               time.Duration
	BytesRead, BytesWritten uint64
	TLS                     *Session
	// Upgrading: TLS has been asked for, and its handshake waits until Clear bytes of the queue have gone.
	Upgrading bool
	Clear     int
}

// World is what the imitated host knows.
type World struct {
	Limits      Limits
	Phase       Phase
	Connections map[uint64]*Connection
	// Closed are those that are over, with what their peers had received.
	Closed map[uint64][]byte
	LastID uint64
	Now    time.Duration
	// Timers tells when each armed timer fires.
	Timers map[uint64]time.Duration
	Log    []Message
	Topics map[string]map[uint64]bool
	// Elsewhere counts the sockets of other instances that have subscribed; Published is what went to them.
	Elsewhere map[string]uint32
	Published []Message
}

// Message is of the log (a level), or published (a topic).
type Message struct {
	Level uint8
	Topic string
	Text  string
}

// The is the one that the calls go to.
var The = NewWorld(DefaultLimits())

// NewWorld is an empty one.
func NewWorld(limits Limits) *World {
	return &World{
		Limits:      limits,
		Connections: make(map[uint64]*Connection),
		Closed:      make(map[uint64][]byte),
		Timers:      make(map[uint64]time.Duration),
		Topics:      make(map[string]map[uint64]bool),
		Elsewhere:   make(map[string]uint32),
	}
}

// Add gives a connection its id.
func (w *World) Add(connection *Connection) uint64 {
	w.LastID++
	connection.Window, connection.Failed = Unlimited, OK
	w.Connections[w.LastID] = connection
	return w.LastID
}

// IDs are those of the connections, the oldest first.
func (w *World) IDs() []uint64 {
	return slices.Sorted(maps.Keys(w.Connections))
}

// Deliver writes to the subscribers; how many took it.
func (w *World) Deliver(topic string, data []byte, skip uint64) uint32 {
	var took uint32
	for _, id := range slices.Sorted(maps.Keys(w.Topics[topic])) {
		connection := w.Connections[id]
		switch {
		case id == skip || connection == nil || !connection.takes():
		case len(connection.Queue)+len(data) <= w.Limits.WriteBuffer:
			connection.Queue = append(connection.Queue, data...)
			connection.DrainDue = connection.DrainDue || len(connection.Queue) > w.Limits.HighWater
			took++
		case !w.Limits.SkipSlowSubscribers:
			connection.Failed = LimitExceeded
		}
	}
	return took
}

// takes: whether anything more can be sent to it.
func (c *Connection) takes() bool {
	return !c.Shut && !c.Terminated && c.Failed == OK
}

func (c *Connection) moved(now time.Duration) {
	if c.IdleUntil = 0; c.Idle > 0 {
		c.IdleUntil = now + c.Idle
	}
}

// Transmit has the peer read what its window allows; whether a drain is due now.
func (c *Connection) Transmit(now time.Duration) bool {
	sent := len(c.Queue)
	if c.Window != Unlimited {
		sent = min(sent, c.Window)
	}
	if c.Upgrading {
		sent = min(sent, c.Clear)
		c.Clear -= sent
	}
	if sent > 0 {
		if c.Window != Unlimited {
			c.Window -= sent
		}
		c.Received = append(c.Received, c.Queue[:sent]...)
		c.Queue = c.Queue[sent:]
		c.BytesWritten += uint64(sent)
		c.moved(now)
	}
	due := len(c.Queue) == 0 && !c.Ended && c.DrainDue
	c.DrainDue = c.DrainDue && !due
	return due
}

// TakeInput is the next piece for a data event; nil for none.
func (c *Connection) TakeInput(limits Limits, now time.Duration) []byte {
	full := !c.NoAutoPause && len(c.Queue) > limits.HighWater
	if c.Upgrading || c.Paused || c.Ended || full || len(c.Input) == 0 {
		return nil
	}
	size := min(len(c.Input), limits.ReadBuffer)
	piece := slices.Clone(c.Input[:size])
	c.Input = c.Input[size:]
	c.BytesRead += uint64(size)
	c.moved(now)
	return piece
}

// TakeEnd tells whether the peer's end of stream is due, behind the last byte.
func (c *Connection) TakeEnd() bool {
	due := c.PeerFinished && !c.EndDelivered && len(c.Input) == 0 && !c.Upgrading && !c.Paused && !c.Ended
	c.EndDelivered = c.EndDelivered || due
	return due
}

// IsOver tells whether it is, for both sides.
func (c *Connection) IsOver() bool {
	return c.Terminated || len(c.Queue) == 0 && (c.Ended || c.EndDelivered && !c.DrainDue)
}
