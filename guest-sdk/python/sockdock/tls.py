"""How to speak TLS, and what was agreed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ._host import outbound, text


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How to speak TLS as a client. The peer's certificate is checked as the operator has configured it."""

    server_name: str | None = None
    """The name to ask for and to check the certificate against; `None`: the host part of the address."""

    alpn: Sequence[str] = ()
    """Application protocols to offer, the most wanted first, such as `h2`."""

    credentials: str | None = None
    """Names a certificate and key that the operator has configured, to be shown to the server."""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What a TLS handshake agreed on."""

    version: str
    """`TLSv1.3` or `TLSv1.2`."""

    cipher: str
    """The cipher suite's IANA name, such as `TLS_AES_128_GCM_SHA256`."""

    alpn: str | None
    """The application protocol."""

    server_name: str | None
    """The name that the client asked for."""

    resumed: bool
    """An earlier session was resumed."""

    verified: bool
    """The peer showed a certificate, and it was found good."""


def record(options: TlsOptions | None) -> outbound.TlsOptions:
    """As the contract has it."""
    options = options or TlsOptions()
    if isinstance(options.alpn, str):
        raise TypeError("alpn is a sequence of strings, not one string")
    return outbound.TlsOptions(
        server_name=None if options.server_name is None else text(options.server_name, "the server's name"),
        alpn=[text(protocol, "a protocol") for protocol in options.alpn],
        credentials=None if options.credentials is None else text(options.credentials, "the credentials' name"),
    )
