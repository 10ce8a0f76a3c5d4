package sockdock

// The component's exports, which call what Register has set.
import _ "sockdock.dev/guest/internal/wit/gen/exports"
