"""One exception per error code. Each is an `OSError` too, and where Python has a class of its own for it, that."""

from __future__ import annotations

from typing import ClassVar


class SocketError(OSError):
    """Why a call was refused, or why a connection failed."""

    code: ClassVar[str] = "other"
    """The error code as the contract spells it, such as `timed-out`."""

    message: str
    """For people; one line, no promise about its wording."""

    _says: ClassVar[str] = "an error without a name"

    def __init__(self, message: str | None = None) -> None:
        self.message = self._says if message is None else message
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class Closed(SocketError, BrokenPipeError):
    """The connection is over, or not this instance's; or its sending side has ended."""

    code = "closed"
    _says = "the connection is over, or its sending side has ended"


class Reset(SocketError, ConnectionResetError):
    """The peer reset the connection."""

    code = "reset"
    _says = "the peer reset the connection"


class Refused(SocketError, ConnectionRefusedError):
    """The peer's host refused the connection."""

    code = "refused"
    _says = "the peer's host refused the connection"


class Unreachable(SocketError):
    """No route to the peer's host or network."""

    code = "unreachable"
    _says = "no route to the peer"


class TimedOut(SocketError, TimeoutError):
    """A time limit ran out: connecting, the TLS handshake, or the kernel's own."""

    code = "timed-out"
    _says = "a time limit ran out"


class NameResolution(SocketError):
    """The peer's name could not be resolved."""

    code = "name-resolution"
    _says = "the name could not be resolved"


class Tls(SocketError):
    """The TLS handshake or a TLS record failed."""

    code = "tls"
    _says = "TLS failed"


class NotAllowed(SocketError, PermissionError):
    """Not permitted in this handler (`start`, `snapshot`, `restore`), or not granted by the operator."""

    code = "not-allowed"
    _says = "not allowed in this handler, or not granted by the operator"


class InvalidArgument(SocketError, ValueError):
    """An argument is malformed or out of its range."""

    code = "invalid-argument"
    _says = "an argument is malformed or out of its range"


class LimitExceeded(SocketError):
    """A limit that the operator has set would be exceeded."""

    code = "limit-exceeded"
    _says = "a limit that the operator has set would be exceeded"


class InProgress(SocketError):
    """The same operation is already under way on this socket, or it is still connecting."""

    code = "in-progress"
    _says = "already under way on this socket, or it is still connecting"


class Unsupported(SocketError):
    """This host, or this kind of socket, doesn't offer the operation."""

    code = "unsupported"
    _says = "this host, or this kind of socket, doesn't offer it"


class Io(SocketError):
    """Another input or output error of the operating system."""

    code = "io"
    _says = "an input or output error"


class Other(SocketError):
    """None of the above."""

    code = "other"


# In the order of the contract's `error-code`.
CODES: tuple[type[SocketError], ...] = (
    Closed,
    Reset,
    Refused,
    Unreachable,
    TimedOut,
    NameResolution,
    Tls,
    NotAllowed,
    InvalidArgument,
    LimitExceeded,
    InProgress,
    Unsupported,
    Io,
    Other,
)
