// The conformance plugin, by the Go kit: records each event, and does what it is told. `../README.md` says what.
package main

import (
	"errors"
	"fmt"
	"strings"

	"sockdock.dev/guest"
)

const version = "trace-1"

type conformance struct {
	settings sockdock.Config
	trace
	// Answers, and what is echoed, that a short write has left.
	outbox sockdock.Outbox
	// What the last `connect` has made.
	made sockdock.Socket
	// Of the `data` event that is going on, for `mirror`.
	bytes []byte
	// What `eat` keeps.
	eaten  [][]byte
	isEcho bool
}

func init() {
	sockdock.Register(&conformance{trace: newTrace()})
}

func main() {}

func (c *conformance) isControl(socket sockdock.Socket) bool {
	local, err := socket.Local()
	return err == nil && local.Address == c.settings.Get("control", "")
}

// event records one of a subject's, unless this is an echo, and runs the script that is kept for it.
func (c *conformance) event(name string, socket sockdock.Socket, detail string) {
	if !c.isEcho && !c.isControl(socket) {
		c.record(name, socket, socket.String()+" "+detail)
	}
}

func (c *conformance) record(name string, socket sockdock.Socket, detail string) {
	c.events = append(c.events, strings.TrimRight(name+" "+detail, " "))
	c.act(name, socket, c.scripts[name])
}

// act runs a script, and records what came of it.
func (c *conformance) act(name string, socket sockdock.Socket, script string) {
	if script != "" {
		answers := c.run(script, socket)
		c.events = append(c.events, "did "+name+" "+script+" -> "+answers)
	}
}

// may fails if the operator wants this one to fail.
func (c *conformance) may(what string) error {
	if c.settings.Get("refuse", "") == what {
		return errors.New("told to refuse")
	}
	return nil
}

func described(err *sockdock.SocketError) string {
	return err.Code.String() + " " + err.Message
}

func (c *conformance) Start(config sockdock.Config) error {
	c.settings = config
	c.isEcho = config.Get("mode", "") == "echo"
	if err := c.may("start"); err != nil {
		return err
	}
	settings := make([]string, len(config))
	for i, setting := range config {
		settings[i] = setting.Key + "=" + setting.Value
	}
	c.record("start", sockdock.Socket{}, strings.Join(settings, " "))
	c.act("start", sockdock.Socket{}, config.Get("start", ""))
	return nil
}

func (c *conformance) Open(socket sockdock.Socket) {
	detail := ""
	if from, err := socket.Remote(); err == nil {
		detail = fmt.Sprintf("from %s:%d", from.Address, from.Port)
	}
	c.event("open", socket, detail)
}

func (c *conformance) Data(socket sockdock.Socket, data []byte) {
	switch {
	case c.isEcho:
		c.outbox.WriteAll(socket, data)
	case c.isControl(socket):
		for _, line := range c.lines(socket, data) {
			c.outbox.WriteAll(socket, []byte(c.run(line, sockdock.Socket{})+"\n"))
		}
	default:
		c.bytes = data
		c.event("data", socket, fmt.Sprintf("%d %s", len(data), escape(data)))
	}
}

func (c *conformance) Drain(socket sockdock.Socket) {
	c.outbox.Drained(socket)
	c.event("drain", socket, "")
}

func (c *conformance) End(socket sockdock.Socket) {
	c.event("end", socket, "")
}

func (c *conformance) Timeout(socket sockdock.Socket) {
	c.event("timeout", socket, "")
}

func (c *conformance) Handshake(socket sockdock.Socket, unverified error) {
	if unverified != nil {
		c.event("handshake", socket, "unverified: "+unverified.Error())
	} else {
		c.event("handshake", socket, "verified")
	}
}

func (c *conformance) Error(socket sockdock.Socket, err *sockdock.SocketError) {
	c.event("error", socket, described(err))
}

func (c *conformance) Close(socket sockdock.Socket, info sockdock.CloseInfo) {
	c.outbox.Forget(socket)
	delete(c.controls, socket)
	code := "none"
	if info.Err != nil {
		code = info.Err.Code.String()
	}
	c.event("close", socket, fmt.Sprintf("%s unsent=%d", code, info.Unsent))
}

func (c *conformance) ConnectError(socket sockdock.Socket, err *sockdock.SocketError) {
	c.event("connect-error", socket, described(err))
}

func (c *conformance) Fired(token uint64) {
	c.record("fired", sockdock.Socket{}, fmt.Sprint(token))
}

func (c *conformance) Snapshot() (*sockdock.State, error) {
	c.act("snapshot", sockdock.Socket{}, c.settings.Get("snapshot", ""))
	if err := c.may("snapshot"); err != nil || c.settings.Get("state", "") == "none" {
		return nil, err
	}
	return &sockdock.State{Version: version, Data: c.save()}, nil
}

func (c *conformance) Restore(state sockdock.State) error {
	if state.Version != version {
		return fmt.Errorf("unknown version %s", state.Version)
	}
	if err := c.may("restore"); err != nil {
		return err
	}
	if err := c.load(state.Data); err != nil {
		return err
	}
	c.record("restore", sockdock.Socket{}, state.Version)
	c.act("restore", sockdock.Socket{}, c.settings.Get("restore", ""))
	return nil
}
