module sockdock.dev/guest

go 1.24
