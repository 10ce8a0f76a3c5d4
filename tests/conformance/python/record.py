"""What has happened, and how it is handed on."""

from sockdock import Socket


class Trace:
    def __init__(self) -> None:
        self.events: list[str] = []
        # By the events that they are run after.
        self.scripts: dict[str, str] = {}
        # The control connections, each with the line that hasn't ended yet.
        self.controls: dict[Socket, bytes] = {}

    def lines(self, socket: Socket, data: bytes) -> list[str]:
        """The lines that these bytes complete."""
        *lines, rest = (self.controls.get(socket, b"") + data).split(b"\n")
        self.controls[socket] = rest
        return [line.decode(errors="replace") for line in lines]

    def save(self) -> bytes:
        lines = [f"h{event} {script}" for event, script in self.scripts.items()]
        lines += [f"c{socket.id}" for socket in self.controls]
        lines += [f"e{event}" for event in self.events]
        return "\n".join(lines).encode()

    def load(self, data: bytes) -> None:
        """What was saved comes before what this instance has recorded."""
        own, self.events = self.events, []
        for line in data.decode().split("\n") if data else ():
            kind, rest = line[:1], line[1:]
            if kind == "h":
                event, script = rest.split(" ", 1)
                self.scripts[event] = script
            elif kind == "c":
                self.controls[Socket.of(int(rest))] = b""
            elif kind == "e":
                self.events.append(rest)
            else:
                raise ValueError(f"no line of a trace: {line!r}")
        self.events += own


_NAMED = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x22: '\\"', 0x27: "\\'", 0x5C: "\\\\"}
_ESCAPED = [_NAMED.get(byte) or (chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02x}") for byte in range(256)]


def escape(data: bytes) -> str:
    """The first 64 bytes, as a line can hold them."""
    return "".join([_ESCAPED[byte] for byte in data[:64]])
