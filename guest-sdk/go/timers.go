package sockdock

import (
	"time"

	"sockdock.dev/guest/internal/host"
)

// SetTimer arms the timer of this token: Fired comes once, after so long (rounded up to milliseconds; 49 days at most). If it is armed, the
// new time replaces the old one. It passes to the next generation on a reload; a trap cancels it.
//
// Goroutines and time.AfterFunc are no timers here: they run only while a handler runs.
//
// Errors: [LimitExceeded] for more timers than the listener allows (65,536 by default), [NotAllowed] in Snapshot.
func SetTimer(token uint64, delay time.Duration) error {
	return asError(host.SetTimer(token, milliseconds(delay)))
}

// ClearTimer disarms the timer of this token: it won't fire. Nothing happens if it isn't armed.
func ClearTimer(token uint64) {
	host.ClearTimer(token)
}
