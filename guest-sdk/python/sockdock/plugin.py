"""The events that a plugin answers."""

from __future__ import annotations

from dataclasses import dataclass

from .config import Config
from .errors import Closed, Io, Reset, SocketError, TimedOut, Tls
from .socket import Socket
from .state import State


@dataclass(frozen=True, slots=True)
class CloseInfo:
    """How a connection ended."""

    error: SocketError | None
    """What broke it; `None` after a local `end`, or a clean end by both sides."""

    unsent: int
    """Bytes that `write` had taken and that were never handed to the kernel."""


class Plugin:
    """A plugin: one object per instance, one method per event. Each has a default that does nothing (but `error` and `restore`).

    The object is made when an instance starts, so `__init__` runs under the host; the top level of the module runs once, when the
    component is built.

    Calls never overlap, and nothing that a handler calls comes back into the plugin: the effects of a call arrive as events of their
    own. Each event has a budget of CPU time (100 ms by default). An exception that `error` lets pass traps: it costs the event's
    connection, and the instance. A fresh one takes over the others, which it finds in `Socket.live()` with their contexts intact.

    Order: `open`; then `data`, `drain`, `timeout`, `end`, `error` as they come; then `close`, exactly once, and nothing after it.
    """

    def start(self, config: Config) -> None:
        """The first call into an instance, once; 5 s of CPU time by default. An exception stops the listener's begin or the reload, with
        its text as the reason. Sockets can't be written or ended here (`NotAllowed`)."""

    def open(self, socket: Socket) -> None:
        """A connection stands, its TLS handshake included."""

    def data(self, socket: Socket, data: bytes) -> None:
        """Bytes have come in: in order, each once, 1 byte to 64 KiB at a time by default. TCP is a stream: a message may be split, or
        joined with the next, at any byte."""

    def drain(self, socket: Socket) -> None:
        """The outbound queue is empty again after a short write, or after it had crossed its high-water mark (64 KiB)."""

    def end(self, socket: Socket) -> None:
        """The peer has ended its sending side, and all its bytes were delivered. Unless the listener allows half-open connections, the
        host closes once everything is sent."""

    def timeout(self, socket: Socket) -> None:
        """No byte has moved either way for the time given to `Socket.set_timeout`; closes nothing by itself."""

    def handshake(self, socket: Socket, unverified: str | None) -> None:
        """A TLS handshake has succeeded; before `open`, or after `Socket.upgrade_client` or `upgrade_server`. `unverified` is a reason
        only where the listener lets peers without a good certificate pass."""

    def error(self, socket: Socket, error: Exception) -> None:
        """Either the connection has failed (`Reset`, `TimedOut`, `Tls`, `Io`), and `close` follows with the same error; or a handler of this
        socket's has raised this exception, and the connection goes on.

        The default keeps silent if the connection is over, which `close` tells, and raises anything else again: a trap, with the
        traceback in the host's log.
        """
        if not isinstance(error, (Closed, Reset, TimedOut, Tls, Io)):
            raise error

    def close(self, socket: Socket, info: CloseInfo) -> None:
        """The connection is over: forget it. Its id never comes again."""

    def connect_error(self, socket: Socket, error: SocketError) -> None:
        """`connect` has failed; the only event of that socket."""

    def fired(self, token: int) -> None:
        """A timer armed by `timers.set` has run out; it is no longer armed."""

    def snapshot(self) -> State | None:
        """What the next generation must know, beside the contexts of sockets, which the host keeps; `None`: nothing.

        For each reload and each dry run; this instance may well live on afterwards. Only logging and calls that read work. An
        exception stops the reload. See `Versions`.
        """
        return None

    def restore(self, state: State) -> None:
        """Takes over what the previous generation's `snapshot` gave; after `start`, before any event. Not called if that was `None`. An
        exception stops the reload: the previous generation goes on. See `Versions`.

        The default raises, so that no state is lost in silence.
        """
        raise NotImplementedError(f"this plugin takes over no state, and was given version `{state.version}`")
