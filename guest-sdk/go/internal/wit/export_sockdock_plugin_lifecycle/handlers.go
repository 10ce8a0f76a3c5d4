//go:build wasip1

// Package export_sockdock_plugin_lifecycle is where the generated exports look for the interface `lifecycle`.
package export_sockdock_plugin_lifecycle

import (
	"strings"

	"sockdock.dev/guest/internal/events"
	"sockdock.dev/guest/internal/trap"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_types"
	"sockdock.dev/guest/internal/wit/runtime"
	"sockdock.dev/guest/internal/wit/types"
)

type (
	done  = types.Result[types.Unit, string]
	state = types.Option[sockdock_plugin_types.State]
)

func Start(config []types.Tuple2[string, string]) done {
	defer trap.OnPanic()
	if events.Plugin == nil {
		return types.Err[types.Unit]("no plugin is registered: call sockdock.Register in an init function")
	}
	pairs := make([][2]string, len(config))
	for i, pair := range config {
		pairs[i] = [2]string{strings.Clone(pair.F0), strings.Clone(pair.F1)}
	}
	runtime.CollectorOn()
	err := events.Plugin.Start(pairs)
	// For the state that `restore` may bring.
	runtime.CollectorOff()
	runtime.Reset()
	return result(err)
}

func Snapshot() types.Result[state, string] {
	defer trap.OnPanic()
	runtime.CollectorOn()
	version, data, some, err := events.Plugin.Snapshot()
	runtime.Reset()
	switch {
	case err != nil:
		return types.Err[state](text(err.Error()))
	case !some:
		return types.Ok[state, string](types.None[sockdock_plugin_types.State]())
	default:
		return types.Ok[state, string](types.Some(sockdock_plugin_types.State{Version: text(version), Data: data}))
	}
}

func Restore(state sockdock_plugin_types.State) done {
	defer trap.OnPanic()
	version, data := strings.Clone(state.Version), append([]byte(nil), state.Data...)
	runtime.Reset()
	runtime.CollectorOn()
	err := events.Plugin.Restore(version, data)
	runtime.Reset()
	return result(err)
}

func result(err error) done {
	if err != nil {
		return types.Err[types.Unit](text(err.Error()))
	}
	return types.Ok[types.Unit, string](types.Unit{})
}

// What isn't UTF-8 would trap on its way to the host.
func text(text string) string {
	return strings.ToValidUTF8(text, "\ufffd")
}
