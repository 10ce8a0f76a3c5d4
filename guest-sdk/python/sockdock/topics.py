"""Publish and subscribe among the sockets of one listener's plugin, over all its instances.

    def open(self, socket):
        socket.subscribe("everybody")

    def data(self, speaker, data):
        sockdock.publish("everybody", data, skip=speaker)

A subscription belongs to its socket: it survives reloads and traps, and goes with the socket, or when that is ended. A plugin can't
listen to a topic: what is published reaches sockets, not the other instances' memory.
"""

from __future__ import annotations

from ._host import Err, octets, raised, text, topics
from .socket import Socket


def publish(topic: str, data: bytes | bytearray | memoryview, skip: Socket | None = None) -> int:
    """Writes the bytes to every socket that has subscribed, except `skip`; how many took them.

    A subscriber gets the whole message or none of it: one whose queue has no room for it is closed with `limit-exceeded`, or goes
    without, as the operator has configured. Of this instance's sockets, those whose queues took it are counted; of the others', those
    that are subscribed. An empty message counts and sends nothing.

    Raises `InvalidArgument` for an empty name; `LimitExceeded` for a name that is too long (256 bytes by default), a message longer than
    a queue can be (1 MiB), or while an instance that should get it has too much waiting; `NotAllowed` in `start`, `restore`
    and `snapshot`.
    """
    try:
        return topics.publish(text(topic, "a topic"), octets(data), None if skip is None else skip.id)
    except Err as error:
        raise raised(error) from None


def subscribers(topic: str) -> int:
    """How many sockets have subscribed, on all instances. Of two sockets that subscribe at the same time and then count, at least one
    counts both: so a topic that only one may have can be claimed."""
    return publish(topic, b"")
