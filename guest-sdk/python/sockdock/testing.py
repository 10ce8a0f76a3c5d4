"""A host without sockets, for native tests of a plugin: connections are queues in memory, time is a number, and everything happens
in the order that the real host promises.

    host = Harness(Echo)
    socket = host.connect()
    host.send(socket, b"hello")
    assert host.received(socket) == b"hello"

What it doesn't imitate: CPU and memory limits, TLS itself (an upgrade stands when the test says so: `secure`), and the kernel's
buffers. There is one instance; what others subscribe to and publish, the test says (`subscribed_elsewhere`). An exception that would trap
comes out of the step that caused it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import _exports, timers
from ._host import Err
from ._imitation import calls
from ._imitation.world import Connection, Limits, Phase, World, enter
from .errors import CODES, SocketError
from .plugin import Plugin
from .socket import Socket, known

__all__ = ["Harness", "Limits", "Refused"]

Config = Mapping[str, str] | Iterable[tuple[str, str]]


class Refused(Exception):
    """`start`, `snapshot` or `restore` has failed: with this reason the host wouldn't begin, or reload."""


class Harness:
    """A plugin in the imitated host, and what its peers and its operator do. After each step all events that follow from it have been
    delivered. One at a time: a new one is the host from then on."""

    def __init__(self, plugin: type[Plugin], config: Config = (), limits: Limits | None = None) -> None:
        """A fresh host whose plugin has started. Raises `Refused`."""
        self._world = enter(World(limits=limits or Limits()))
        self._config = list(config.items() if isinstance(config, Mapping) else config)
        self._class: type[Plugin] = plugin
        self._exports: dict[str, Any] = {}
        _forget()
        self._begin(plugin)

    # The operator's side

    def reload(self, plugin: type[Plugin] | None = None) -> None:
        """Puts another build behind the live connections (or a fresh instance of the same). Raises `Refused`, and this one goes on."""
        world, before = self._world, (self._class, self._exports)
        contexts = {id: connection.context for id, connection in world.connections.items()}
        staged = dict(world.timers), {topic: set(ids) for topic, ids in world.topics.items()}
        sockets, functions = dict(known), dict(timers._functions)
        try:
            with world.during(Phase.SNAPSHOT):
                state = _told(self._exports["Lifecycle"]().snapshot)
            _forget()
            self._begin(plugin or self._class)
            if state is not None:
                with world.during(Phase.BEGIN):
                    _told(self._exports["Lifecycle"]().restore, state)
        except Refused:
            (self._class, self._exports), (world.timers, world.topics) = before, staged
            for id, context in contexts.items():
                world.connections[id].context = context
            _forget()
            known.update(sockets)
            timers._functions.update(functions)
            raise
        self._settle()

    def crash(self, socket: Socket) -> None:
        """The plugin traps in an event of this connection: it is reset, and a fresh instance takes over the others."""
        self._world.connections.pop(socket.id, None)
        self._world.timers.clear()
        _forget()
        self._begin(self._class)
        self._settle()

    def advance(self, seconds: float) -> None:
        """Lets time pass; timers fire, and idle connections get `timeout`."""
        world = self._world
        until = world.now + seconds
        while True:
            idle = [(c.idle_until, id, c) for id, c in world.connections.items() if c.idle_until is not None]
            due = [(at, token, None) for token, at in world.timers.items()] + idle
            at, which, connection = min(due, key=lambda entry: entry[0], default=(until + 1, 0, None))
            if at > until:
                break
            world.now = at
            if connection is None:
                del world.timers[which]
                self._exports["TimerHandler"]().fired(which)
            else:
                # Once per idle period.
                connection.idle_until = None
                self._handlers.timeout(which)
            self._settle()
        world.now = until

    @property
    def plugin(self) -> Any:
        """The plugin's object."""
        return self._exports["Lifecycle"]().plugin

    def log(self) -> list[tuple[str, str]]:
        """Takes what was logged by `sockdock.log`: level and message, oldest first."""
        taken, self._world.log = self._world.log, []
        return taken

    # The peers' side

    def connect(self) -> Socket:
        """A peer connects."""
        id = self._world.add(Connection())
        socket = known[id]
        self._handlers.open(id)
        self._settle()
        return socket

    def send(self, socket: Socket, data: bytes) -> None:
        """The peer sends bytes: one `data`, if they fit the read buffer and nothing holds reading back."""
        if socket.id in self._world.connections:
            self._world.connections[socket.id].input += data
        self._settle()

    def read(self, socket: Socket, count: int | None) -> None:
        """The peer reads so many bytes more, and then no further; `None`: everything, which is how it begins."""
        if socket.id in self._world.connections:
            self._world.connections[socket.id].window = count
        self._settle()

    def finish(self, socket: Socket) -> None:
        """The peer ends its sending side."""
        if socket.id in self._world.connections:
            self._world.connections[socket.id].peer_finished = True
        self._settle()

    def fail(self, socket: Socket, error: type[SocketError]) -> None:
        """The connection fails: `Reset`, `TimedOut`, `Tls` or `Io`."""
        if socket.id in self._world.connections:
            self._world.connections[socket.id].failed = CODES.index(error)
        self._settle()

    def received(self, socket: Socket) -> bytes:
        """Takes what the peer has received, also after the connection's end, until `closed` has told that."""
        if socket.id in self._world.closed:
            taken, self._world.closed[socket.id] = self._world.closed[socket.id], b""
            return taken
        connection = self._world.connections.get(socket.id, Connection())
        taken, connection.received = bytes(connection.received), bytearray()
        return taken

    def unread(self, socket: Socket) -> int:
        """Bytes from the peer that the plugin hasn't been given yet."""
        return len(self._world.connections.get(socket.id, Connection()).input)

    def closed(self, socket: Socket) -> bool:
        """Whether the connection is over."""
        return socket.id not in self._world.connections

    # The other side of what the plugin connects to

    def dialled(self) -> list[tuple[Socket, str]]:
        """Connections that the plugin has asked for and that wait for `accept` or `refuse`: where they are to lead, oldest first."""
        return [(known[id], c.connecting) for id, c in self._world.connections.items() if c.connecting is not None]

    def accept(self, socket: Socket) -> None:
        """The connection stands: `open` (without `handshake`), unless the plugin has ended it meanwhile."""
        connection = self._world.connections.get(socket.id)
        if connection is not None and connection.connecting is not None:
            connection.connecting = None
            if not connection.ended:
                self._handlers.open(socket.id)
        self._settle()

    def refuse(self, socket: Socket, error: type[SocketError]) -> None:
        """The connection can't be made: `connect_error`."""
        connection = self._world.connections.get(socket.id)
        if connection is not None and connection.connecting is not None:
            self._handlers.connect_error(socket.id, calls.SocketError(calls.ErrorCode(CODES.index(error)), "refused by the test"))
            del self._world.connections[socket.id]
        self._settle()

    def secure(self, socket: Socket) -> None:
        """The handshake that the plugin has begun on this connection succeeds: `handshake`. Nothing happens if it hasn't begun one."""
        connection = self._world.connections.get(socket.id)
        if connection is not None and connection.upgrading is not None:
            connection.upgrading = None
            connection.tls = calls.SessionInfo("TLSv1.3", "TLS_AES_128_GCM_SHA256", None, None, False, connection.outbound)
            self._handlers.handshake(socket.id, None)
        self._settle()

    # The listener's other instances

    def subscribed_elsewhere(self, topic: str, sockets: int) -> None:
        """So many sockets of other instances have subscribed to this topic."""
        self._world.elsewhere[topic] = sockets

    def publish_elsewhere(self, topic: str, data: bytes) -> None:
        """Another instance publishes."""
        self._world.deliver(topic, data, None)
        self._settle()

    def published(self) -> list[tuple[str, bytes]]:
        """Takes what was published and went to other instances, too: topic and bytes, oldest first."""
        taken, self._world.published = self._world.published, []
        return taken

    # Its own

    def _begin(self, plugin: type[Plugin]) -> None:
        exports = _exports.exports(plugin)
        with self._world.during(Phase.BEGIN):
            _told(exports["Lifecycle"]().start, list(self._config))
        self._class, self._exports = plugin, exports

    @property
    def _handlers(self) -> Any:
        return self._exports["SocketHandlers"]()

    def _settle(self) -> None:
        """Delivers events until none is left."""
        while any([self._deliver_one(id) for id in list(self._world.connections)]):
            pass

    def _deliver_one(self, id: int) -> bool:
        world, handlers = self._world, self._handlers
        connection = world.connections.get(id)
        if connection is None:
            return False
        if connection.connecting is not None:
            if connection.terminated:
                self.refuse(known[id], CODES[0])
            return connection.terminated
        unsent = len(connection.queue)
        if connection.failed is not None:
            error = calls.SocketError(calls.ErrorCode(connection.failed), "failed in the test's host")
            handlers.error(id, error)
            self._close(id, calls.CloseInfo(error, unsent))
        elif not connection.terminated and connection.transmit(world.now):
            handlers.drain(id)
        elif connection.is_over():
            self._close(id, calls.CloseInfo(None, len(connection.queue)))
        elif (data := connection.deliver(world.limits, world.now)) is not None:
            handlers.data(id, data)
        elif connection.deliver_end():
            handlers.end(id)
        else:
            return False
        return True

    def _close(self, id: int, info: calls.CloseInfo) -> None:
        self._handlers.close(id, info)
        self._world.closed[id] = bytes(self._world.connections.pop(id).received)


def _forget() -> None:
    """A fresh instance knows nothing of what the module keeps."""
    known.clear()
    timers._functions.clear()


def _told(call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except Err as error:
        raise Refused(error.value) from error
