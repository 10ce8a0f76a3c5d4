"""Values that outlive the build that wrote them: the plugin's state, and contexts of sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .socket import Socket


@dataclass(frozen=True, slots=True)
class State:
    """What one generation of a plugin hands to the next."""

    version: str
    """Names the shape of `data`; the host shows it in the report of a reload."""

    data: bytes
    """The plugin's own bytes, 128 MiB at most by default."""


class VersionError(ValueError):
    """A value can't be read: its version isn't known, or its bytes don't have the version's shape."""


class Versions:
    """The versions of a value, and the way from each to the next: what a newer build needs to read what an older one has written.

        COUNT = Versions("count-2", {"count-1": lambda old: {"hits": old["hits"], "misses": 0}})

        def snapshot(self):
            return COUNT.save({"hits": self.hits, "misses": self.misses})

        def restore(self, state):
            value = COUNT.load(state)

    Values are what JSON can hold, so that builds in other languages can read them, too; for bytes use `hex()` or `base64`.
    """

    def __init__(self, current: str, upgrades: Mapping[str, Callable[[Any], Any]] | None = None) -> None:
        """`upgrades`: for each earlier version, the oldest first, a function that makes the next version's value of it."""
        if len(current.encode()) > 255:
            raise ValueError("a version's name has at most 255 bytes")
        self.current = current
        self.upgrades = dict(upgrades or {})
        if current in self.upgrades:
            raise ValueError(f"`{current}` is the current version: there is nothing to upgrade it to")

    def save(self, value: Any) -> State:
        """The state that holds this value, under the current version."""
        return State(self.current, self._bytes(value))

    def load(self, state: State) -> Any:
        """The value, brought from its version to the current one. Raises `VersionError`."""
        return self._value(state.version, state.data)

    def save_context(self, socket: Socket, value: Any) -> None:
        """Keeps the value with the connection, in place of `Socket.context`'s bytes: their first byte says how long the
        version's name is that follows, and behind that stands the value."""
        name = self.current.encode()
        socket.context = bytes([len(name)]) + name + self._bytes(value)

    def load_context(self, socket: Socket, default: Any = None) -> Any:
        """The value that was kept last, by this build or an older one; `default` if there is none. Raises `VersionError`."""
        data = socket.context
        if not data:
            return default
        length = 1 + data[0]
        return self._value(data[1:length].decode(errors="replace"), data[length:])

    @staticmethod
    def _bytes(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    def _value(self, version: str, data: bytes) -> Any:
        if version != self.current and version not in self.upgrades:
            known = "`, `".join([*self.upgrades, self.current])
            raise VersionError(f"version `{version}` isn't known to this build, which reads `{known}`")
        try:
            value = json.loads(data)
        except ValueError as error:
            raise VersionError(f"the bytes of version `{version}` aren't JSON: {error}") from error
        names = list(self.upgrades)
        for older in names[names.index(version) :] if version != self.current else ():
            value = self.upgrades[older](value)
        return value
