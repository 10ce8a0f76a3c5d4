package sockdocktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sockdock.dev/guest"
)

// notes writes down every event that it sees.
type notes struct {
	sockdock.Base
	seen []string
}

func (n *notes) note(format string, values ...any) {
	n.seen = append(n.seen, fmt.Sprintf(format, values...))
}

func (n *notes) Start(config sockdock.Config) error {
	n.note("start %s", config.Get("greeting", "-"))
	return config.Only("greeting")
}
func (n *notes) Open(s sockdock.Socket)                             { n.note("open %v", s) }
func (n *notes) Data(s sockdock.Socket, data []byte)                { n.note("data %v %q", s, data) }
func (n *notes) Drain(s sockdock.Socket)                            { n.note("drain %v", s) }
func (n *notes) End(s sockdock.Socket)                              { n.note("end %v", s) }
func (n *notes) Timeout(s sockdock.Socket)                          { n.note("timeout %v", s) }
func (n *notes) Handshake(s sockdock.Socket, err error)             { n.note("handshake %v %v", s, err) }
func (n *notes) Error(s sockdock.Socket, err *sockdock.SocketError) { n.note("error %v %v", s, err) }
func (n *notes) Close(s sockdock.Socket, i sockdock.CloseInfo) {
	n.note("close %v %v %d", s, i.Err, i.Unsent)
}
func (n *notes) ConnectError(s sockdock.Socket, err *sockdock.SocketError) {
	n.note("connect-error %v %v", s, err.Code.String())
}
func (n *notes) Fired(token uint64) { n.note("fired %d", token) }

func expect[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEachEventReachesItsMethod(t *testing.T) {
	plugin := &notes{}
	host := New(t, plugin, "greeting", "hi")
	one, other := host.Connect(), host.Connect()
	host.Send(one, "a\n")
	one.SetTimeout(5 * time.Second)
	sockdock.SetTimer(7, 2500*time.Millisecond)
	host.Advance(10 * time.Second)
	one.UpgradeServer("cert")
	host.Secure(one)
	host.Finish(one)
	host.Fail(other, sockdock.Reset)
	want := []string{
		"start hi", "open 1", "open 2", `data 1 "a\n"`, "fired 7", "timeout 1", "handshake 1 <nil>", "end 1", "close 1 <nil> 0",
		"error 2 sockdock: reset: failed in the test's host", "close 2 sockdock: reset: failed in the test's host 0",
	}
	if !slices.Equal(plugin.seen, want) {
		t.Errorf("%q", plugin.seen)
	}
}

func TestOutbound(t *testing.T) {
	plugin := &notes{}
	host := New(t, plugin)
	upstream, err := sockdock.Connect("10.0.0.7:5432", sockdock.ConnectOptions{Context: []byte("mine")})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, fmt.Sprint(host.Dialled()), "[{1 10.0.0.7:5432}]")
	upstream.WriteString("early")
	host.Accept(upstream)
	expect(t, host.Received(upstream), "early")
	context, _ := upstream.Context()
	expect(t, string(context), "mine")
	_, err = sockdock.Connect("10.0.0.7:5432", sockdock.ConnectOptions{Timeout: -1})
	expect(t, err, error(sockdock.InvalidArgument))
	refused, _ := sockdock.Connect("10.0.0.8:5432", sockdock.ConnectOptions{})
	host.Refuse(refused, sockdock.Refused)
	expect(t, strings.Join(plugin.seen[1:], ", "), "open 1, connect-error 2 refused")
}

func TestASettingThatIsntKnownIsRefused(t *testing.T) {
	_, err := Start(&notes{}, DefaultLimits(), "colour", "red")
	expect(t, err.Error(), "unknown key `colour`: this plugin knows `greeting`")
}

func TestErrorsAreFoundByErrorsIs(t *testing.T) {
	host := New(t, &notes{})
	socket := host.Connect()
	socket.End()
	_, err := socket.WriteString("late")
	expect(t, err, error(sockdock.Closed))
	var failure error = &sockdock.SocketError{Code: sockdock.Reset, Message: "gone"}
	if !errors.Is(failure, sockdock.Reset) || errors.Is(failure, sockdock.Closed) {
		t.Error(failure)
	}
	expect(t, host.Connect().SetTimeout(0), error(sockdock.InvalidArgument))
	expect(t, host.Connect().Subscribe("\xff"), error(sockdock.InvalidArgument))
}

// generous sends 26 bytes through an Outbox, and then ends.
type generous struct {
	sockdock.Base
	outbox sockdock.Outbox
	lines  sockdock.Local[int]
}

func (g *generous) Data(socket sockdock.Socket, data []byte) {
	*g.lines.Of(socket)++
	g.outbox.WriteAll(socket, []byte(strings.Repeat("x", 25)))
	g.outbox.WriteAll(socket, []byte("y"))
	g.outbox.End(socket)
}
func (g *generous) Drain(socket sockdock.Socket)                       { g.outbox.Drained(socket) }
func (g *generous) Close(socket sockdock.Socket, _ sockdock.CloseInfo) { g.outbox.Forget(socket) }

func TestAnOutboxKeepsWhatIsLeft(t *testing.T) {
	plugin, limits := &generous{}, DefaultLimits()
	limits.WriteBuffer, limits.HighWater = 10, 4
	host, err := Start(plugin, limits)
	if err != nil {
		t.Fatal(err)
	}
	socket := host.Connect()
	host.Read(socket, 0)
	host.Send(socket, "go")
	expect(t, plugin.outbox.Held(socket), 16)
	expect(t, plugin.lines.Len(), 1)
	host.Read(socket, Everything)
	expect(t, host.Received(socket), strings.Repeat("x", 25)+"y")
	expect(t, host.Closed(socket), true)
	expect(t, plugin.lines.Len(), 0)
}

func TestTopics(t *testing.T) {
	host := New(t, &notes{})
	one, other := host.Connect(), host.Connect()
	one.Subscribe("all")
	other.Subscribe("all")
	host.SubscribedElsewhere("all", 3)
	took, err := sockdock.Publish("all", []byte("hi"), one)
	expect(t, took, 4)
	expect(t, err, nil)
	host.PublishElsewhere("all", "!")
	expect(t, host.Received(one), "!")
	expect(t, host.Received(other), "hi!")
	expect(t, fmt.Sprint(host.Published()), "[{all hi}]")
}

type countV1 struct{ Hits int }
type countV2 struct{ Hits, Misses int }

// counter keeps a state of one of two versions.
type counter struct {
	sockdock.Base
	version string
	count   countV2
}

func (c *counter) Snapshot() (*sockdock.State, error) {
	if _, err := sockdock.Publish("all", nil, sockdock.Socket{}); err != sockdock.NotAllowed {
		return nil, fmt.Errorf("publish in snapshot: %v", err)
	}
	if c.version == "count-1" {
		return sockdock.Save("count-1", countV1{c.count.Hits})
	}
	return sockdock.Save(c.version, c.count)
}

func (c *counter) Restore(state sockdock.State) error {
	return sockdock.Load(state, "count-2", &c.count, sockdock.From("count-0", func(old int) countV1 { return countV1{old} }),
		sockdock.From("count-1", func(old countV1) countV2 { return countV2{old.Hits, 0} }))
}

func TestStateIsBroughtUpToItsVersion(t *testing.T) {
	host := New(t, &counter{version: "count-1", count: countV2{Hits: 7}})
	socket := host.Connect()
	socket.SetContext([]byte("mine"))
	next := &counter{version: "count-3"}
	if err := host.Reload(next); err != nil {
		t.Fatal(err)
	}
	expect(t, next.count, countV2{7, 0})
	context, _ := sockdock.Live()[0].Context()
	expect(t, string(context), "mine")

	expect(t, host.Reload(&counter{}).Error(), "version `count-3` isn't known to this build, which reads `count-0`, `count-1`, `count-2`")
	expect(t, host.Reload(&notes{}).Error(), "this plugin takes over no state, and was given version `count-3`")
	if err := host.Crash(socket, &notes{}); err != nil || !host.Closed(socket) {
		t.Error(err)
	}
	var value countV2
	err := sockdock.Load(sockdock.State{Version: "count-0", Data: []byte("5")}, "count-2", &value,
		sockdock.From("count-0", func(old int) countV1 { return countV1{old} }),
		sockdock.From("count-1", func(old countV1) countV2 { return countV2{old.Hits, 1} }))
	expect(t, value, countV2{5, 1})
	expect(t, err, nil)
}

func TestConfig(t *testing.T) {
	config := sockdock.Config{{Key: "n", Value: "1"}, {Key: "n", Value: "2"}, {Key: "d", Value: "x"}}
	expect(t, config.Get("n", ""), "2")
	expect(t, fmt.Sprint(config.All("n")), "[1 2]")
	_, err := sockdock.Parse(config, "d", time.Second, time.ParseDuration)
	expect(t, err.Error(), "`d` can't be `x`: time: invalid duration \"x\"")
	otherwise, err := sockdock.Parse(config, "none", time.Second, time.ParseDuration)
	expect(t, otherwise, time.Second)
	expect(t, err, nil)
}

func TestLogIsText(t *testing.T) {
	host := New(t, &notes{})
	sockdock.Warnf("half %s", "\xff")
	expect(t, fmt.Sprint(host.Log()), "[{3 half \ufffd}]")
}
