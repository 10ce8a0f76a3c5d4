package sockdock

import (
	"encoding/json"
	"fmt"
	"strings"
)

// State is what one generation of a plugin hands to the next.
type State struct {
	// Version names the shape of Data; the host shows it in the report of a reload.
	Version string
	// Data are the plugin's own bytes, 128 MiB at most by default.
	Data []byte
}

// Save makes a State of a value, in JSON, so that builds in other languages can read it, too. For Snapshot:
//
//	return sockdock.Save("count-2", Count{Hits: p.hits})
func Save(version string, value any) (*State, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("version `%s` could not be written: %w", version, err)
	}
	return &State{version, data}, nil
}

// Upgrade turns a value of its version into one of the next, both in JSON. See [From].
type Upgrade struct {
	version string
	convert func([]byte) ([]byte, error)
}

// From is the Upgrade from this version, whose type was Old, to the next.
func From[Old, New any](version string, upgrade func(Old) New) Upgrade {
	return Upgrade{version, func(data []byte) ([]byte, error) {
		var old Old
		if err := json.Unmarshal(data, &old); err != nil {
			return nil, err
		}
		return json.Marshal(upgrade(old))
	}}
}

// Load reads a State that Save has made into the value that is pointed to, from this version or from an older one, for which there is an
// Upgrade, the oldest first. For Restore:
//
//	return sockdock.Load(state, "count-2", &p.count,
//		sockdock.From("count-1", func(old CountV1) Count { return Count{Hits: old.Hits} }))
//
// Errors: [*VersionError] for a version that isn't among them, and what the decoder says.
func Load(state State, version string, value any, older ...Upgrade) error {
	data, found := state.Data, false
	for _, upgrade := range older {
		found = found || upgrade.version == state.Version
		if !found {
			continue
		}
		converted, err := upgrade.convert(data)
		if err != nil {
			return fmt.Errorf("version `%s` could not be upgraded: %w", upgrade.version, err)
		}
		data = converted
	}
	if !found && state.Version != version {
		known := make([]string, 0, len(older)+1)
		for _, upgrade := range older {
			known = append(known, upgrade.version)
		}
		return &VersionError{state.Version, append(known, version)}
	}
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("the bytes of version `%s` don't have its shape: %w", state.Version, err)
	}
	return nil
}

// VersionError says that a state is of a version that this build doesn't know.
type VersionError struct {
	// Found is the version that the state carries.
	Found string
	// Known are the versions that can be read, the oldest first; none: the plugin takes over no state.
	Known []string
}

// Error names both.
func (e *VersionError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("this plugin takes over no state, and was given version `%s`", e.Found)
	}
	return fmt.Sprintf("version `%s` isn't known to this build, which reads `%s`", e.Found, strings.Join(e.Known, "`, `"))
}
