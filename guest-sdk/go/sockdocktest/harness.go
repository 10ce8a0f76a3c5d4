//go:build !wasip1

// Package sockdocktest is a host without sockets, for native tests of a plugin (`go test`): connections are queues in memory, time is a
// number, and everything happens in the order that the real host promises.
//
//	host := sockdocktest.New(t, &Echo{})
//	socket := host.Connect()
//	host.Send(socket, "hello")
//	if got := host.Received(socket); got != "hello" { … }
//
// The calls find the host in a variable: one [Harness] at a time, so no t.Parallel. What it doesn't imitate: CPU and memory limits, TLS
// itself (an upgrade stands when the test says so: [Harness.Secure]), and the kernel's buffers. There is one instance; what others
// subscribe to and publish, the test says ([Harness.SubscribedElsewhere]).
package sockdocktest

import (
	"testing"
	"time"

	"sockdock.dev/guest"
	"sockdock.dev/guest/internal/events"
	"sockdock.dev/guest/internal/host"
)

// Limits are the host's; DefaultLimits are the real one's.
type Limits = host.Limits

// DefaultLimits are the real host's.
func DefaultLimits() Limits {
	return host.DefaultLimits()
}

// Harness is a plugin in the imitated host, and what its peers and its operator do. After each step all events that follow from it have
// been delivered.
type Harness struct {
	plugin events.Events
	world  *host.World
	config [][2]string
}

// New is a fresh host whose plugin has started; the test fails if it hasn't. Settings come as keys and values by turns.
func New(t testing.TB, plugin sockdock.Plugin, settings ...string) *Harness {
	t.Helper()
	h, err := Start(plugin, DefaultLimits(), settings...)
	if err != nil {
		t.Fatalf("the plugin fails to start: %v", err)
	}
	return h
}

// Start is a fresh host with these limits; the error is the plugin's.
func Start(plugin sockdock.Plugin, limits Limits, settings ...string) (*Harness, error) {
	h := &Harness{world: host.NewWorld(limits)}
	for i := 0; i+1 < len(settings); i += 2 {
		h.config = append(h.config, [2]string{settings[i], settings[i+1]})
	}
	host.The = h.world
	return h, h.begin(plugin)
}

func (h *Harness) begin(plugin sockdock.Plugin) error {
	next := events.Of(plugin)
	err := h.during(host.PhaseBegin, func() error { return next.Start(h.config) })
	if err == nil {
		h.plugin = next
	}
	return err
}

func (h *Harness) during(phase host.Phase, call func() error) error {
	h.world.Phase = phase
	defer func() { h.world.Phase = host.PhaseEvent }()
	return call()
}

// Reload puts another build behind the live connections; with the reason, and the old one, if that fails.
func (h *Harness) Reload(plugin sockdock.Plugin) error {
	before, restage := h.plugin, h.staged()
	var version string
	var data []byte
	var some bool
	err := h.during(host.PhaseSnapshot, func() (err error) {
		version, data, some, err = before.Snapshot()
		return err
	})
	if err == nil {
		err = h.begin(plugin)
	}
	if err == nil && some {
		err = h.during(host.PhaseBegin, func() error { return h.plugin.Restore(version, data) })
	}
	if err != nil {
		h.plugin = before
		restage()
		return err
	}
	h.settle()
	return nil
}

// staged takes back what a candidate stages.
func (h *Harness) staged() func() {
	contexts, timers, topics := map[uint64][]byte{}, map[uint64]time.Duration{}, map[string]map[uint64]bool{}
	for id, connection := range h.world.Connections {
		contexts[id] = connection.Context
	}
	for token, at := range h.world.Timers {
		timers[token] = at
	}
	for topic, sockets := range h.world.Topics {
		topics[topic] = map[uint64]bool{}
		for id := range sockets {
			topics[topic][id] = true
		}
	}
	return func() {
		h.world.Timers, h.world.Topics = timers, topics
		for id, context := range contexts {
			h.world.Connections[id].Context = context
		}
	}
}

// Crash: the plugin panics in an event of this connection, which is reset; a fresh instance takes over the others.
func (h *Harness) Crash(socket sockdock.Socket, fresh sockdock.Plugin) error {
	delete(h.world.Connections, socket.ID())
	clear(h.world.Timers)
	err := h.begin(fresh)
	h.settle()
	return err
}

// Advance lets time pass; timers fire, and idle connections get Timeout.
func (h *Harness) Advance(duration time.Duration) {
	until := h.world.Now + duration
	for {
		at, due := until, func() {}
		found := false
		for token, when := range h.world.Timers {
			if when <= at {
				found, at, due = true, when, func() { delete(h.world.Timers, token); h.plugin.Fired(token) }
			}
		}
		for id, connection := range h.world.Connections {
			if when := connection.IdleUntil; when > 0 && when <= at {
				// Once per idle period.
				found, at, due = true, when, func() { connection.IdleUntil = 0; h.plugin.Timeout(id) }
			}
		}
		h.world.Now = at
		if !found {
			return
		}
		due()
		h.settle()
	}
}

// Message is one of the log's.
type Message struct {
	Level sockdock.Level
	Text  string
}

// Log takes what was logged by sockdock.Log, the oldest first.
func (h *Harness) Log() []Message {
	var messages []Message
	for _, message := range h.world.Log {
		messages = append(messages, Message{sockdock.Level(message.Level), message.Text})
	}
	h.world.Log = nil
	return messages
}
