"""Connections that the plugin opens."""

from __future__ import annotations

from ._host import Err, milliseconds, octets, outbound, raised, text
from .socket import Socket, known
from .tls import TlsOptions, record


def connect(
    address: str,
    *,
    tls: TlsOptions | bool | None = None,
    timeout: float | None = None,
    allow_half_open: bool = False,
    context: bytes = b"",
) -> Socket:
    """Begins to connect to `HOST:PORT`, `[ADDRESS]:PORT` or `unix:/path`. Either `open` follows or `connect_error`; what is written until
    then is queued.

    `tls`: `True` for TLS with the host's name. `timeout`: seconds until `open`; `None`: the operator's limit (10 s by default).
    `allow_half_open`: the peer's end doesn't end our side. `context`: as `Socket.context`.

    Raises `NotAllowed` where no rule of the operator's (`--allow-connect`) permits the address, `InvalidArgument` for what isn't one,
    or can't be asked for in a TLS handshake, `LimitExceeded`. What a look-up or the peer says comes by `connect_error`.
    """
    options = outbound.ConnectOptions(
        tls=(record(None if tls is True else tls) if tls else None),
        timeout_milliseconds=None if timeout is None else milliseconds(timeout),
        allow_half_open=bool(allow_half_open),
        context=octets(context),
    )
    try:
        return known[outbound.connect(text(address, "the address"), options)]
    except Err as error:
        raise raised(error) from None
