package main

import (
	"testing"

	"sockdock.dev/guest"
	"sockdock.dev/guest/sockdocktest"
)

// `go test` runs the plugin natively, in a host that the kit imitates.
func TestGreetsAndEchoes(t *testing.T) {
	host := sockdocktest.New(t, &App{})
	socket := host.Connect()
	if got := host.Received(socket); got != "hello from {{name}}\n" {
		t.Errorf("greeted with %q", got)
	}
	host.Send(socket, "one ")
	host.Send(socket, "two")
	if got := host.Received(socket); got != "one two" {
		t.Errorf("answered %q", got)
	}
}

func TestTheCountGoesOnInTheNextBuild(t *testing.T) {
	host := sockdocktest.New(t, &App{})
	socket := host.Connect()
	host.Send(socket, "before")
	if err := host.Reload(&App{}); err != nil {
		t.Fatal(err)
	}
	host.Send(socket, "after")
	host.Finish(socket)
	log := host.Log()
	want := sockdocktest.Message{Level: sockdock.LevelInfo, Text: "a connection has ended after 11 bytes"}
	if last := log[len(log)-1]; last != want {
		t.Errorf("logged %v", last)
	}
}
