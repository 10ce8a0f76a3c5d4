"""A host without sockets, for native tests: what `sockdock.testing` is the front of."""
