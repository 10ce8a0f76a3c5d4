"""The conformance plugin, by the Python kit: records each event, and does what it is told. `../README.md` says what."""

import sockdock
from commands import Commands
from sockdock import CloseInfo, Closed, Config, Outbox, Socket, SocketError, State
from record import Trace, escape

VERSION = "trace-1"


class Conformance(sockdock.Plugin):
    def __init__(self) -> None:
        self.settings = Config()
        self.trace = Trace()
        self.commands = Commands(self.trace)
        # Answers, and what is echoed, that a short write has left.
        self.outbox = Outbox()
        self.is_echo = False

    def is_control(self, socket: Socket) -> bool:
        try:
            return socket.local.address == self.settings.get("control", "")
        except SocketError:
            return False

    def event(self, name: str, socket: Socket, detail: str = "") -> None:
        """Records an event of a subject's, unless this is an echo, and runs the script that is kept for it."""
        if not self.is_echo and not self.is_control(socket):
            self.record(name, socket, f"{socket.id} {detail}")

    def record(self, name: str, socket: Socket | None, detail: str) -> None:
        self.trace.events.append(f"{name} {detail}".rstrip())
        self.act(name, socket, self.trace.scripts.get(name, ""))

    def act(self, name: str, socket: Socket | None, script: str) -> None:
        """Runs a script, and records what came of it."""
        if script:
            answers = self.commands.run(script, socket)
            self.trace.events.append(f"did {name} {script} -> {answers}")

    def lifecycle(self, name: str) -> None:
        """Runs the script that the operator has given for this one."""
        self.act(name, None, self.settings.get(name, ""))

    def may(self, what: str) -> None:
        """Fails if the operator wants this one to fail."""
        if self.settings.get("refuse") == what:
            raise ValueError("told to refuse")

    def start(self, config: Config) -> None:
        self.settings = config
        self.is_echo = config.get("mode") == "echo"
        self.may("start")
        self.record("start", None, " ".join(f"{key}={value}" for key, value in config))
        self.lifecycle("start")

    def open(self, socket: Socket) -> None:
        try:
            detail = f"from {socket.remote.address}:{socket.remote.port}"
        except SocketError:
            detail = ""
        self.event("open", socket, detail)

    def data(self, socket: Socket, data: bytes) -> None:
        if self.is_echo:
            self.outbox.write_all(socket, data)
        elif self.is_control(socket):
            for line in self.trace.lines(socket, data):
                answer = self.commands.run(line, None) + "\n"
                self.outbox.write_all(socket, answer.encode())
        else:
            self.commands.bytes = data
            self.event("data", socket, f"{len(data)} {escape(data)}")

    def drain(self, socket: Socket) -> None:
        self.outbox.drained(socket)
        self.event("drain", socket)

    def end(self, socket: Socket) -> None:
        self.event("end", socket)

    def timeout(self, socket: Socket) -> None:
        self.event("timeout", socket)

    def handshake(self, socket: Socket, unverified: str | None) -> None:
        self.event("handshake", socket, "verified" if unverified is None else f"unverified: {unverified}")

    def error(self, socket: Socket, error: Exception) -> None:
        if isinstance(error, Closed):
            return  # A handler has written to a connection that is gone.
        if not isinstance(error, SocketError):
            raise error  # A handler was told to trap.
        self.event("error", socket, f"{error.code} {error.message}")

    def close(self, socket: Socket, info: CloseInfo) -> None:
        self.outbox.forget(socket)
        self.trace.controls.pop(socket, None)
        self.event("close", socket, f"{info.error.code if info.error else 'none'} unsent={info.unsent}")

    def connect_error(self, socket: Socket, error: SocketError) -> None:
        self.event("connect-error", socket, f"{error.code} {error.message}")

    def fired(self, token: int) -> None:
        self.record("fired", None, str(token))

    def snapshot(self) -> State | None:
        self.lifecycle("snapshot")
        self.may("snapshot")
        return None if self.settings.get("state") == "none" else State(VERSION, self.trace.save())

    def restore(self, state: State) -> None:
        if state.version != VERSION:
            raise ValueError(f"unknown version {state.version}")
        self.may("restore")
        self.trace.load(state.data)
        self.record("restore", None, state.version)
        self.lifecycle("restore")


sockdock.plugin(Conformance)
