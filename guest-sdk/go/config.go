package sockdock

import (
	"fmt"
	"slices"
	"strings"
)

// Setting is a key with its value.
type Setting struct {
	Key, Value string
}

// Config is what the operator has set for this plugin (`sockdock serve --set KEY=VALUE`), in the order given.
//
//	if err := config.Only("greeting", "max-keys"); err != nil {
//		return err
//	}
//	greeting := config.Get("greeting", "hello")
//	maxKeys, err := sockdock.Parse(config, "max-keys", 1000, strconv.Atoi)
type Config []Setting

// Lookup is the value of a key, of the last if it was given more than once; false if it wasn't given.
func (c Config) Lookup(key string) (string, bool) {
	for _, setting := range slices.Backward(c) {
		if setting.Key == key {
			return setting.Value, true
		}
	}
	return "", false
}

// Get is the value of a key, or else the default.
func (c Config) Get(key, otherwise string) string {
	if value, given := c.Lookup(key); given {
		return value
	}
	return otherwise
}

// All are the values of a key that was given more than once, in order.
func (c Config) All(key string) []string {
	var values []string
	for _, setting := range c {
		if setting.Key == key {
			values = append(values, setting.Value)
		}
	}
	return values
}

// Only fails, naming it, if there is a key other than these: a mistyped key shouldn't go unnoticed.
func (c Config) Only(known ...string) error {
	for _, setting := range c {
		switch {
		case slices.Contains(known, setting.Key):
		case len(known) == 0:
			return fmt.Errorf("unknown key `%s`: this plugin has none to set", setting.Key)
		default:
			return fmt.Errorf("unknown key `%s`: this plugin knows `%s`", setting.Key, strings.Join(known, "`, `"))
		}
	}
	return nil
}

// Parse is the value of a key as a number, a duration…, or else the default; the error names the key, the value and what is wrong with
// it: `Parse(config, "max-keys", 1000, strconv.Atoi)`.
func Parse[T any](config Config, key string, otherwise T, parse func(string) (T, error)) (T, error) {
	text, given := config.Lookup(key)
	if !given {
		return otherwise, nil
	}
	value, err := parse(text)
	if err != nil {
		return otherwise, fmt.Errorf("`%s` can't be `%s`: %w", key, text, err)
	}
	return value, nil
}
