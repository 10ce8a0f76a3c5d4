"""The imported functions: the contract's in a component, imitated ones under plain CPython."""

from __future__ import annotations

from typing import Any

from .errors import CODES, SocketError

try:
    from componentize_py_types import Err
    from wit_world.imports import logging, outbound, sockets, timers, tls, topics, types
except ModuleNotFoundError as missing:
    # Made by componentize-py, and so always there in a component.
    if missing.name not in ("componentize_py_types", "wit_world"):
        raise
    from ._imitation.calls import Err, logging, outbound, sockets, timers, tls, topics, types

__all__ = ["Err", "logging", "milliseconds", "outbound", "raised", "sockets", "text", "timers", "tls", "topics", "types"]


def raised(error: Err) -> SocketError:
    """The exception for an error code that a call has answered."""
    return CODES[error.value.value]()


def failure(error: Any) -> SocketError:
    """The exception for the contract's record `socket-error`."""
    return CODES[error.code.value](error.message)


def milliseconds(seconds: float) -> int:
    """Rounded up, so that nothing comes early; 49 days at most."""
    if not seconds >= 0:
        raise ValueError(f"a time of {seconds!r} seconds")
    # What the multiplication adds to a decimal fraction isn't a millisecond more.
    whole = min(seconds * 1000, 0xFFFF_FFFF)
    return int(whole) + (whole - int(whole) > 1e-6)


def number(value: int, bits: int, what: str) -> int:
    """The value itself, if it fits: what doesn't would trap on its way to the host."""
    if not isinstance(value, int):
        raise TypeError(f"{what} is a number, not {type(value).__name__}")
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{what} has 0 to 2^{bits} - 1, not {value}")
    return value


def text(value: str, what: str) -> str:
    """The value itself, if it can be sent: anything but a string, and half a surrogate pair, would trap."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a string, not {type(value).__name__}")
    if not value.isascii():
        value.encode()
    return value


def octets(value: bytes | bytearray | memoryview) -> bytes:
    """As the host takes them. Of a string this would be a guess about its encoding."""
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, bytes):
        # A class derived from bytes.
        return bytes(value)
    raise TypeError(f"bytes are needed, not {type(value).__name__}" + (": call encode()" if isinstance(value, str) else ""))
