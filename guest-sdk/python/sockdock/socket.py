"""What a plugin does with a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._host import Err, milliseconds, number, octets, raised, sockets, text, tls, topics
from .errors import LimitExceeded
from .tls import SessionInfo, TlsOptions, record

# Looked up once, not per event.
_write = sockets.write


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection."""

    address: str
    """A numeric IPv4 or IPv6 address without brackets; for a unix socket its path, empty if it has none."""

    port: int
    """0 for a unix socket."""

    def __str__(self) -> str:
        if self.port == 0:
            return f"unix:{self.address}"
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Socket:
    """A connection. While it lives, each of its events comes with the same object, so it may be a key of a `dict`.

    No call blocks. Each raises `Closed` once the connection is over; each but the reading ones raises `NotAllowed` in
    `snapshot`, and, with the exception of the context's, in `start` and `restore`.
    """

    __slots__ = ("data", "id")

    id: int
    """Names it for as long as the host runs; never used twice. For a snapshot: `Socket.of(id)` finds the socket again."""

    data: Any
    """Yours: whatever belongs to this connection; `None` at first. It lives in this instance's memory, so a reload or a trap loses it;
    see `context` for what has to stay."""

    def __init__(self, id: int) -> None:
        self.id = id
        self.data = None

    def __repr__(self) -> str:
        return f"Socket({self.id})"

    @staticmethod
    def of(id: int) -> Socket:
        """The socket of an id that was kept as a number. It answers `Closed` if it is over, or none of this instance's."""
        if id not in known:
            try:
                sockets.queued(number(id, 64, "a socket's id"))
            except Err:
                # Not kept: its `close`, with which it would be forgotten, won't come.
                return Socket(id)
        return known[id]

    @staticmethod
    def live() -> list[Socket]:
        """All sockets of this instance: those that it accepted, opened or took over from the generation before, in no particular
        order."""
        return [known[id] for id in sockets.live()]

    # Writing

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Queues bytes and answers how many were taken, from the front.

        Fewer than all only at the listener's write limit (1 MiB by default): keep the rest and go on in `drain`, or let an
        `Outbox` do that. A handler that answers each `data` with no more bytes than came never meets it. All that one handler
        writes leaves together when it returns.

        Raises `Closed`, also after `end` or `shutdown`.
        """
        if data.__class__ is not bytes:
            data = octets(data)
        try:
            return _write(self.id, data)
        except Err as error:
            raise raised(error) from None

    def flush(self) -> None:
        """Sends what is queued now, not first when the handler returns."""
        try:
            sockets.flush(self.id)
        except Err as error:
            raise raised(error) from None

    @property
    def queued(self) -> int:
        """Bytes that were taken and not yet sent."""
        try:
            return sockets.queued(self.id)
        except Err as error:
            raise raised(error) from None

    # Ending

    def end(self, data: bytes | bytearray | memoryview = b"") -> None:
        """Sends what is queued, with `data` behind it, ends the connection in good order, and reads no more. `close` is the only
        event after it.

        Raises `LimitExceeded` if the queue doesn't take all of `data`; then nothing has ended. Look at `write` for more than a
        few bytes.
        """
        try:
            if data:
                data = octets(data)
                taken = _write(self.id, data)
                if taken < len(data):
                    raise LimitExceeded(f"the queue took {taken} of the last {len(data)} bytes")
            sockets.end(self.id)
        except Err as error:
            raise raised(error) from None

    def shutdown(self) -> None:
        """Sends what is queued and ends our side; `data` goes on until the peer ends as well."""
        try:
            sockets.shutdown(self.id)
        except Err as error:
            raise raised(error) from None

    def terminate(self) -> None:
        """Resets the connection and discards what is queued. `close` is the only event after it."""
        try:
            sockets.terminate(self.id)
        except Err as error:
            raise raised(error) from None

    # Reading and back-pressure

    def pause(self) -> None:
        """No `data` until `resume`; the peer is slowed down by its own window."""
        try:
            sockets.pause(self.id)
        except Err as error:
            raise raised(error) from None

    def resume(self) -> None:
        """Takes `pause` back."""
        try:
            sockets.resume(self.id)
        except Err as error:
            raise raised(error) from None

    def set_auto_pause(self, enabled: bool) -> None:
        """Whether the host stops reading while more than 64 KiB (by default) are queued for this socket. On by default; a proxy
        turns it off and pauses the source of the bytes instead."""
        try:
            sockets.set_auto_pause(self.id, bool(enabled))
        except Err as error:
            raise raised(error) from None

    # Settings

    def set_timeout(self, seconds: float | None) -> None:
        """Has `timeout` called after so long without a byte either way; `None`: never.

        Raises `InvalidArgument` for zero.
        """
        try:
            sockets.set_timeout(self.id, None if seconds is None else milliseconds(seconds))
        except Err as error:
            raise raised(error) from None

    def set_no_delay(self, enabled: bool) -> None:
        """TCP_NODELAY; on by default.

        Raises `Unsupported` on a unix socket.
        """
        try:
            sockets.set_no_delay(self.id, bool(enabled))
        except Err as error:
            raise raised(error) from None

    def set_keep_alive(self, seconds: float | None) -> None:
        """TCP keep-alive, with the first probe after so much silence; `None`, the default: off.

        Raises `InvalidArgument` for zero, `Unsupported` on a unix socket.
        """
        try:
            sockets.set_keep_alive(self.id, None if seconds is None else milliseconds(seconds))
        except Err as error:
            raise raised(error) from None

    # Facts

    @property
    def remote(self) -> Endpoint:
        """The peer's end."""
        try:
            end = sockets.remote_endpoint(self.id)
        except Err as error:
            raise raised(error) from None
        return Endpoint(end.address, end.port)

    @property
    def local(self) -> Endpoint:
        """Our end."""
        try:
            end = sockets.local_endpoint(self.id)
        except Err as error:
            raise raised(error) from None
        return Endpoint(end.address, end.port)

    @property
    def remote_address(self) -> str:
        """The peer's numeric address, or a unix socket's path."""
        return self.remote.address

    @property
    def listener(self) -> str | None:
        """The name of the listener that accepted it; `None` for an outbound socket."""
        try:
            return sockets.listener(self.id)
        except Err as error:
            raise raised(error) from None

    @property
    def bytes_read(self) -> int:
        """Bytes delivered by `data` so far."""
        try:
            return sockets.bytes_read(self.id)
        except Err as error:
            raise raised(error) from None

    @property
    def bytes_written(self) -> int:
        """Bytes handed to the kernel so far: taken by `write`, less what is queued."""
        try:
            return sockets.bytes_written(self.id)
        except Err as error:
            raise raised(error) from None

    # Context

    @property
    def context(self) -> bytes:
        """Bytes of yours that the host keeps with the connection, through reloads and traps; empty at first.

        Setting raises `LimitExceeded` for more than the listener allows (64 KiB by default): the old ones stay. `Versions` puts
        values into them.
        """
        try:
            return sockets.context(self.id)
        except Err as error:
            raise raised(error) from None

    @context.setter
    def context(self, data: bytes | bytearray | memoryview) -> None:
        try:
            sockets.set_context(self.id, octets(data))
        except Err as error:
            raise raised(error) from None

    # Topics

    def subscribe(self, topic: str) -> None:
        """From now on the socket is sent what is published on this topic (`publish`). Twice is once.

        Raises `InvalidArgument` for an empty name, `LimitExceeded` for one that is too long, or for too many topics.
        """
        try:
            topics.subscribe(self.id, text(topic, "a topic"))
        except Err as error:
            raise raised(error) from None

    def unsubscribe(self, topic: str) -> None:
        """Takes the subscription back; nothing happens if there is none."""
        try:
            topics.unsubscribe(self.id, text(topic, "a topic"))
        except Err as error:
            raise raised(error) from None

    # TLS

    @property
    def tls_session(self) -> SessionInfo | None:
        """What the handshake agreed on; `None` for a plain socket, and before the handshake has finished."""
        try:
            info = tls.session(self.id)
        except Err as error:
            raise raised(error) from None
        if info is None:
            return None
        return SessionInfo(info.version, info.cipher, info.alpn, info.server_name, info.resumed, info.verified)

    @property
    def peer_certificates(self) -> list[bytes]:
        """The peer's certificates in DER, the leaf first; empty if it showed none."""
        try:
            return tls.peer_certificates(self.id)
        except Err as error:
            raise raised(error) from None

    def upgrade_client(self, options: TlsOptions | None = None) -> None:
        """Begins TLS as the client on a plain connection (STARTTLS). What was written before goes in the clear; then `handshake`
        comes, or `error` and `close`. Bytes that came in the clear behind the request for TLS aren't to be trusted: drop them.

        Raises `InProgress`, and `InvalidArgument` where TLS is spoken already, and for names, protocols and credentials that
        can't be used.
        """
        try:
            tls.upgrade_client(self.id, record(options))
        except Err as error:
            raise raised(error) from None

    def upgrade_server(self, credentials: str) -> None:
        """Begins TLS as the server, with a certificate and key that the operator has configured under this name
        (`--credentials`). As `upgrade_client` otherwise."""
        try:
            tls.upgrade_server(self.id, text(credentials, "the credentials' name"))
        except Err as error:
            raise raised(error) from None


class _Known(dict[int, Socket]):
    """The live sockets that have been met. One taken over from the generation before is made at its first event."""

    __slots__ = ()

    def __missing__(self, id: int) -> Socket:
        socket = self[id] = Socket(id)
        return socket


known = _Known()
