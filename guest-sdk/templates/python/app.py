"""{{name}}: sends back what comes in, and counts it.

The host calls a method per event of a socket. `sockdock dev` puts each save behind the live connections.
"""

import sockdock
from sockdock import CloseInfo, Socket, Versions, log

# What is remembered of a connection. The host keeps it, also while builds are swapped. Another shape is another version: see `Versions`.
SESSION = Versions("1")


class App(sockdock.Plugin):
    """One object per instance. What it remembers ends with it, unless `snapshot` and `restore` hand it to the next build."""

    def open(self, socket: Socket) -> None:
        log.info(f"{socket.remote} has connected")
        socket.write(b"hello from {{name}}\n")

    def data(self, socket: Socket, data: bytes) -> None:
        """Some bytes of a stream: a line may come in two calls, or two lines in one."""
        count = SESSION.load_context(socket, 0) + len(data)
        SESSION.save_context(socket, count)
        # Try it: `data.upper()`.
        socket.write(data)

    def close(self, socket: Socket, info: CloseInfo) -> None:
        log.info(f"a connection has ended after {SESSION.load_context(socket, 0)} bytes")


sockdock.plugin(App)
