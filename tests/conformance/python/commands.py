"""The commands: each call of the kit by name, and a few of the plugin's own."""

import random
import time
from collections.abc import Callable
from typing import Any

import sockdock
from sockdock import Socket, SocketError, TlsOptions, timers
from record import Trace, escape


class Commands:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        # What the last `connect` has made.
        self.made: Socket | None = None
        # Of the `data` event that is going on, for `mirror`.
        self.bytes = b""
        # What `eat` keeps.
        self.eaten: list[bytearray] = []

    def run(self, script: str, socket: Socket | None) -> str:
        """Carries out the commands of a line, or of a script about `socket`; the answers."""
        if script.startswith("on ") and script.count(" ") > 1:
            _, event, kept = script.split(" ", 2)
            self.trace.scripts[event] = kept
            return "ok"
        return "; ".join([self.answer(command, socket) for command in script.split("; ")])

    def answer(self, command: str, socket: Socket | None) -> str:
        if socket is not None:
            command = command.replace("$", str(socket.id))
        if self.made is not None:
            command = command.replace("@", str(self.made.id))
        try:
            value = self.command(command)
        except SocketError as error:
            return f"err {error.code}"
        return "ok" if value is None or value == "" else f"ok {value}"

    def command(self, command: str) -> Any:
        name, _, tail = command.partition(" ")
        first, _, rest = tail.partition(" ")
        own = OWN.get(name)
        if own is not None:
            return own(self, first, rest, tail)
        return OF_A_SOCKET[name](Socket.of(int(first)), rest)

    def trap(self) -> None:
        raise RuntimeError("told to trap")

    def connect(self, address: str, options: str) -> int:
        named: dict[str, Any] = {}
        tls: dict[str, Any] = {}
        for word in options.split():
            key, _, value = word.partition("=")
            if key == "timeout":
                named["timeout"] = int(value) / 1000
            elif key == "half-open":
                named["allow_half_open"] = True
            elif key == "context":
                named["context"] = value.encode()
            else:
                named["tls"] = True
                if key == "name":
                    tls["server_name"] = value
                elif key == "alpn":
                    tls.setdefault("alpn", []).append(value)
                elif key == "credentials":
                    tls["credentials"] = value
                elif key != "tls":
                    raise ValueError(f"no option of connect: {word}")
        if tls:
            named["tls"] = TlsOptions(**tls)
        self.made = sockdock.connect(address, **named)
        return self.made.id


def busy(milliseconds: int) -> None:
    end = time.monotonic() + milliseconds / 1000
    while time.monotonic() < end:
        pass


def eat(commands: Commands, size: int) -> None:
    eaten = bytearray(size)
    eaten[::4096] = b"\1" * len(range(0, size, 4096))
    commands.eaten.append(eaten)


OWN: dict[str, Callable[[Commands, str, str, str], Any]] = {
    "off": lambda c, first, rest, tail: void(c.trace.scripts.pop(first, None)),
    "trace": lambda c, first, rest, tail: "\t".join(c.trace.events),
    "forget": lambda c, first, rest, tail: c.trace.events.clear(),
    "trap": lambda c, first, rest, tail: c.trap(),
    "busy": lambda c, first, rest, tail: busy(int(first)),
    "eat": lambda c, first, rest, tail: eat(c, int(first)),
    "print": lambda c, first, rest, tail: print(tail),
    "clock": lambda c, first, rest, tail: int(time.time()),
    "random": lambda c, first, rest, tail: random.random(),
    "log": lambda c, first, rest, tail: sockdock.log.log(first, rest),
    "live": lambda c, first, rest, tail: " ".join(str(id) for id in sorted(socket.id for socket in Socket.live())),
    "timer": lambda c, first, rest, tail: timers.set(int(first), int(rest) / 1000),
    "clear": lambda c, first, rest, tail: timers.clear(int(first)),
    "connect": lambda c, first, rest, tail: c.connect(first, rest),
    "publish": lambda c, first, rest, tail: sockdock.publish(first, rest.encode()),
    "mirror": lambda c, first, rest, tail: Socket.of(int(first)).write(c.bytes),
}


def void(_: object) -> None:
    """Nothing to answer."""


def flood(socket: Socket) -> int:
    """Writes until a write is short."""
    piece = b"x" * (32 << 10)
    taken = everything = socket.write(piece)
    while taken == len(piece):
        taken = socket.write(piece)
        everything += taken
    return everything


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def seconds(text: str) -> float | None:
    return None if text == "none" else int(text) / 1000


def set_context(socket: Socket, context: bytes) -> None:
    socket.context = context


def session(socket: Socket) -> str:
    found = socket.tls_session
    if found is None:
        return "-"
    flags = " ".join("true" if flag else "false" for flag in (found.resumed, found.verified))
    return f"{found.version} {found.cipher} {found.server_name or '-'} {found.alpn or '-'} {flags}"


def upgrade_client(socket: Socket, rest: str) -> None:
    name, credentials = (None if word == "-" else word for word in rest.split(" "))
    socket.upgrade_client(TlsOptions(server_name=name, credentials=credentials))


OF_A_SOCKET: dict[str, Callable[[Socket, str], Any]] = {
    "write": lambda s, rest: s.write(rest.encode()),
    "line": lambda s, rest: s.write(rest.encode() + b"\n"),
    "hex": lambda s, rest: s.write(bytes.fromhex(rest)),
    "pattern": lambda s, rest: s.write(pattern(int(rest))),
    "fill": lambda s, rest: s.write(b"x" * int(rest)),
    "flood": lambda s, rest: flood(s),
    "flush": lambda s, rest: s.flush(),
    "end": lambda s, rest: s.end(),
    "shutdown": lambda s, rest: s.shutdown(),
    "terminate": lambda s, rest: s.terminate(),
    "pause": lambda s, rest: s.pause(),
    "resume": lambda s, rest: s.resume(),
    "auto-pause": lambda s, rest: s.set_auto_pause(rest == "on"),
    "no-delay": lambda s, rest: s.set_no_delay(rest == "on"),
    "timeout": lambda s, rest: s.set_timeout(seconds(rest)),
    "keep-alive": lambda s, rest: s.set_keep_alive(seconds(rest)),
    "queued": lambda s, rest: s.queued,
    "read": lambda s, rest: s.bytes_read,
    "written": lambda s, rest: s.bytes_written,
    "local": lambda s, rest: f"{s.local.address}:{s.local.port}",
    "remote": lambda s, rest: f"{s.remote.address}:{s.remote.port}",
    "listener": lambda s, rest: s.listener or "-",
    "context": lambda s, rest: escape(s.context),
    "set-context": lambda s, rest: set_context(s, rest.encode()),
    "big-context": lambda s, rest: set_context(s, b"c" * int(rest)),
    "session": lambda s, rest: session(s),
    "certificates": lambda s, rest: len(s.peer_certificates),
    "upgrade-client": upgrade_client,
    "upgrade-server": lambda s, rest: s.upgrade_server(rest),
    "subscribe": lambda s, rest: s.subscribe(rest),
    "unsubscribe": lambda s, rest: s.unsubscribe(rest),
}
