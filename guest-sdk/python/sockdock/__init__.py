"""Plugins for the sockdock socket host: a class with one method per event of a socket.

    import sockdock

    class Echo(sockdock.Plugin):
        def data(self, socket, data):
            socket.write(data)

    sockdock.plugin(Echo)

- `Plugin`: the events, all with defaults; `plugin` makes a component of a class.
- `Socket`: what can be done with a connection; `Outbox` keeps what a short write left.
- `State` and `Versions`: what passes from one build to the next.
- `connect`, `TlsOptions`; `timers`; `publish`, `subscribers`; `log`; `Config`.
- `SocketError` and a class below it for each error code.
- `testing`: a host for native tests, with a clock of its own.
"""

from . import log, timers
from ._exports import plugin
from .config import Config
from .errors import (
    Closed,
    InProgress,
    InvalidArgument,
    Io,
    LimitExceeded,
    NameResolution,
    NotAllowed,
    Other,
    Refused,
    Reset,
    SocketError,
    TimedOut,
    Tls,
    Unreachable,
    Unsupported,
)
from .outbound import connect
from .outbox import Outbox
from .plugin import CloseInfo, Plugin
from .socket import Endpoint, Socket
from .state import State, VersionError, Versions
from .tls import SessionInfo, TlsOptions
from .topics import publish, subscribers

__all__ = [
    "CloseInfo",
    "Closed",
    "Config",
    "Endpoint",
    "InProgress",
    "InvalidArgument",
    "Io",
    "LimitExceeded",
    "NameResolution",
    "NotAllowed",
    "Other",
    "Outbox",
    "Plugin",
    "Refused",
    "Reset",
    "SessionInfo",
    "Socket",
    "SocketError",
    "State",
    "TimedOut",
    "Tls",
    "TlsOptions",
    "Unreachable",
    "Unsupported",
    "VersionError",
    "Versions",
    "connect",
    "log",
    "plugin",
    "publish",
    "subscribers",
    "timers",
]
