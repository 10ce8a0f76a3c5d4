package sockdock

import (
	"errors"

	"sockdock.dev/guest/internal/events"
	"sockdock.dev/guest/internal/host"
)

// Register makes a component of a plugin: its methods are called for every event. Once, in an init function of the main package, whose
// main function stays empty.
func Register(plugin Plugin) {
	if events.Plugin != nil {
		panic("sockdock.Register is called twice: a component is one plugin")
	}
	events.Plugin = &exports{plugin}
}

// exports turn the contract's numbers into the kit's types.
type exports struct {
	plugin Plugin
}

func (e *exports) Start(pairs [][2]string) error {
	config := make(Config, len(pairs))
	for i, pair := range pairs {
		config[i] = Setting{pair[0], pair[1]}
	}
	return e.plugin.Start(config)
}

func (e *exports) Snapshot() (version string, data []byte, some bool, err error) {
	state, err := e.plugin.Snapshot()
	if state == nil || err != nil {
		return "", nil, false, err
	}
	return state.Version, state.Data, true, nil
}

func (e *exports) Restore(version string, data []byte) error {
	return e.plugin.Restore(State{version, data})
}

func (e *exports) Open(socket uint64)              { e.plugin.Open(Socket{socket}) }
func (e *exports) Data(socket uint64, data []byte) { e.plugin.Data(Socket{socket}, data) }
func (e *exports) Drain(socket uint64)             { e.plugin.Drain(Socket{socket}) }
func (e *exports) End(socket uint64)               { e.plugin.End(Socket{socket}) }
func (e *exports) Timeout(socket uint64)           { e.plugin.Timeout(Socket{socket}) }
func (e *exports) Fired(token uint64)              { e.plugin.Fired(token) }

func (e *exports) Handshake(socket uint64, unverified string) {
	if unverified != "" {
		e.plugin.Handshake(Socket{socket}, errors.New(unverified))
	} else {
		e.plugin.Handshake(Socket{socket}, nil)
	}
}

func (e *exports) Error(socket uint64, code host.Code, message string) {
	e.plugin.Error(Socket{socket}, &SocketError{Code(code), message})
}

func (e *exports) Close(socket uint64, code host.Code, message string, unsent uint64) {
	info := CloseInfo{Unsent: unsent}
	if code != host.OK {
		info.Err = &SocketError{Code(code), message}
	}
	e.plugin.Close(Socket{socket}, info)
	forget(Socket{socket})
}

func (e *exports) ConnectError(socket uint64, code host.Code, message string) {
	e.plugin.ConnectError(Socket{socket}, &SocketError{Code(code), message})
	forget(Socket{socket})
}
