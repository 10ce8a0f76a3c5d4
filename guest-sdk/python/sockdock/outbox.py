"""Writes of which nothing is left over."""

from __future__ import annotations

from ._host import octets
from .socket import Socket


class Outbox:
    """Writes to any number of connections, keeping what a short write left until the queue has drained. One per plugin.

        def __init__(self):
            self.outbox = Outbox()
        def data(self, socket, data):
            self.outbox.write_all(socket, b"x" * 5_000_000)
        def drain(self, socket):
            self.outbox.drained(socket)
        def close(self, socket, info):
            self.outbox.forget(socket)

    It grows if it is written to without end for a peer that doesn't read: where `write_all` answers false, produce no more until `drain`;
    a proxy pauses where the bytes come from.
    """

    def __init__(self) -> None:
        self._held: dict[Socket, bytearray] = {}
        self._ending: set[Socket] = set()

    def write_all(self, socket: Socket, data: bytes | bytearray | memoryview) -> bool:
        """Takes all the bytes. Whether the queue has taken them, too; if not, the rest follows by `drained`.

        Raises as `Socket.write`; nothing of the bytes is kept then.
        """
        if data.__class__ is not bytes:
            data = octets(data)
        held = self._held.get(socket)
        if held is not None:
            # Behind what is held already.
            held += data
            return False
        taken = socket.write(data)
        if taken == len(data):
            return True
        self._held[socket] = bytearray(memoryview(data)[taken:])
        return False

    def drained(self, socket: Socket) -> bool:
        """To be called on `drain`: writes on where a short write had stopped. Whether nothing is held any more."""
        held = self._held.get(socket)
        if held is None:
            return True
        # The queue is empty, and takes a mebibyte by default: no more than that is copied.
        while held:
            piece = bytes(memoryview(held)[: 1 << 20])
            taken = socket.write(piece)
            del held[:taken]
            if taken < len(piece):
                return False
        del self._held[socket]
        if socket in self._ending:
            self._ending.discard(socket)
            socket.end()
        return True

    def end(self, socket: Socket) -> None:
        """Ends the connection once all that is held has been taken."""
        if socket in self._held:
            self._ending.add(socket)
        else:
            socket.end()

    def held(self, socket: Socket) -> int:
        """Bytes held for this connection, beside those that are queued."""
        return len(self._held.get(socket, b""))

    def forget(self, socket: Socket) -> None:
        """To be called on `close`: forgets what is held."""
        self._held.pop(socket, None)
        self._ending.discard(socket)
