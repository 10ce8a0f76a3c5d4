"""What the imitated host knows."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Limits:
    """The host's limits; the defaults are the real host's."""

    write_buffer: int = 1 << 20
    """Bytes that `write` takes before it is short."""
    high_water: int = 64 << 10
    """Queued bytes above which reading stops and `drain` becomes due."""
    read_buffer: int = 64 << 10
    """The largest `data` event."""
    context: int = 64 << 10
    """Bytes of a context."""
    topics: int = 256
    """Topics that one socket may be subscribed to."""
    topic_name: int = 256
    """Bytes of a topic's name."""
    skip_slow_subscribers: bool = False
    """A subscriber without room for a message goes without it, rather than being closed."""


class Phase(enum.Enum):
    """Which calls are allowed."""

    EVENT = enum.auto()
    BEGIN = enum.auto()  # `start` and `restore`
    SNAPSHOT = enum.auto()


@dataclass
class Connection:
    outbound: bool = False
    """The plugin made it."""
    connecting: str | None = None
    """Where the plugin wants it to lead; `None` once it stands."""
    input: bytearray = field(default_factory=bytearray)
    """Sent by the peer, not yet delivered."""
    queue: bytearray = field(default_factory=bytearray)
    """Written by the plugin, not yet sent."""
    received: bytearray = field(default_factory=bytearray)
    """Sent, not yet looked at by the test."""
    window: int | None = None
    """How much more the peer reads; `None`: everything."""
    paused: bool = False
    auto_pause: bool = True
    drain_due: bool = False
    shut: bool = False
    """Our sending side has ended."""
    ended: bool = False
    """`end`: nothing more is read either."""
    terminated: bool = False
    failed: int | None = None
    """The code with which it has failed; the plugin is still to be told."""
    peer_finished: bool = False
    end_delivered: bool = False
    context: bytes = b""
    idle: float | None = None
    idle_until: float | None = None
    """When `timeout` is due."""
    bytes_read: int = 0
    bytes_written: int = 0
    tls: Any = None
    upgrading: int | None = None
    """TLS has been asked for, and its handshake waits until so many bytes of the queue have gone in the clear."""

    def takes(self) -> bool:
        """Whether anything more can be sent to it."""
        return not self.shut and not self.terminated and self.failed is None

    def moved(self, now: float) -> None:
        self.idle_until = None if self.idle is None else now + self.idle

    def transmit(self, now: float) -> bool:
        """The peer reads what its window allows; whether a `drain` is due now."""
        sent = min(len(self.queue), *(limit for limit in (self.window, self.upgrading, len(self.queue)) if limit is not None))
        if sent:
            if self.upgrading is not None:
                self.upgrading -= sent
            if self.window is not None:
                self.window -= sent
            self.received += self.queue[:sent]
            del self.queue[:sent]
            self.bytes_written += sent
            self.moved(now)
        due = not self.queue and not self.ended and self.drain_due
        if due:
            self.drain_due = False
        return due

    def deliver(self, limits: Limits, now: float) -> bytes | None:
        """The next piece for `data`."""
        full = self.auto_pause and len(self.queue) > limits.high_water
        if self.upgrading is not None or self.paused or self.ended or full or not self.input:
            return None
        piece = bytes(self.input[: limits.read_buffer])
        del self.input[: len(piece)]
        self.bytes_read += len(piece)
        self.moved(now)
        return piece

    def deliver_end(self) -> bool:
        """The peer's end of stream, behind the last byte."""
        held_back = self.upgrading is not None or self.paused or self.ended
        due = self.peer_finished and not self.end_delivered and not self.input and not held_back
        self.end_delivered = self.end_delivered or due
        return due

    def is_over(self) -> bool:
        """Over for both sides."""
        return self.terminated or (not self.queue and (self.ended or (self.end_delivered and not self.drain_due)))


@dataclass
class World:
    limits: Limits = field(default_factory=Limits)
    phase: Phase = Phase.EVENT
    connections: dict[int, Connection] = field(default_factory=dict)
    closed: dict[int, bytes] = field(default_factory=dict)
    """Those that are over, with what their peers had received."""
    last_id: int = 0
    now: float = 0.0
    timers: dict[int, float] = field(default_factory=dict)
    """When each armed timer fires."""
    log: list[tuple[str, str]] = field(default_factory=list)
    topics: dict[str, set[int]] = field(default_factory=dict)
    elsewhere: dict[str, int] = field(default_factory=dict)
    """How many sockets of other instances have subscribed."""
    published: list[tuple[str, bytes]] = field(default_factory=list)
    """What went to them."""

    def add(self, connection: Connection) -> int:
        self.last_id += 1
        self.connections[self.last_id] = connection
        return self.last_id

    def deliver(self, topic: str, data: bytes, skip: int | None) -> int:
        took = 0
        for id in sorted(self.topics.get(topic, ())):
            connection = self.connections.get(id)
            if id == skip or connection is None or not connection.takes():
                continue
            if len(connection.queue) + len(data) <= self.limits.write_buffer:
                connection.queue += data
                connection.drain_due = connection.drain_due or len(connection.queue) > self.limits.high_water
                took += 1
            elif not self.limits.skip_slow_subscribers:
                connection.failed = 9  # limit-exceeded
        return took

    @contextmanager
    def during(self, phase: Phase) -> Iterator[None]:
        self.phase = phase
        try:
            yield
        finally:
            self.phase = Phase.EVENT


_world = World()


def world() -> World:
    """The one that the calls go to: the last `Harness`'s."""
    return _world


def enter(new: World) -> World:
    global _world
    _world = new
    return new
