module echo

go 1.24

require sockdock.dev/guest v0.1.0

replace sockdock.dev/guest => ../../../../guest-sdk/go
