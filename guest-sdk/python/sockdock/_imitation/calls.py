"""The imported functions, with the names, arguments and errors of those that componentize-py makes."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from .world import Connection, Phase, world

ErrorCode = enum.IntEnum(
    "ErrorCode",
    "CLOSED RESET REFUSED UNREACHABLE TIMED_OUT NAME_RESOLUTION TLS NOT_ALLOWED INVALID_ARGUMENT LIMIT_EXCEEDED IN_PROGRESS "
    "UNSUPPORTED IO OTHER",
    start=0,
)


class Err(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


@dataclass
class State:
    version: str
    data: bytes


@dataclass
class Endpoint:
    address: str
    port: int


@dataclass
class SocketError:
    code: ErrorCode
    message: str


@dataclass
class CloseInfo:
    error: SocketError | None
    unsent: int


@dataclass
class TlsOptions:
    server_name: str | None
    alpn: list[str]
    credentials: str | None


@dataclass
class ConnectOptions:
    tls: TlsOptions | None
    timeout_milliseconds: int | None
    allow_half_open: bool
    context: bytes


@dataclass
class SessionInfo:
    version: str
    cipher: str
    alpn: str | None
    server_name: str | None
    resumed: bool
    verified: bool


def reading(socket: int) -> Connection:
    connection = world().connections.get(socket)
    if connection is None:
        raise Err(ErrorCode.CLOSED)
    return connection


def affecting(socket: int) -> Connection:
    if world().phase is not Phase.EVENT:
        raise Err(ErrorCode.NOT_ALLOWED)
    return reading(socket)


def not_in_snapshot() -> None:
    if world().phase is Phase.SNAPSHOT:
        raise Err(ErrorCode.NOT_ALLOWED)


def write(socket: int, data: bytes) -> int:
    # As in a component, where anything else traps.
    assert type(data) is bytes, type(data)
    limits, connection = world().limits, affecting(socket)
    if not connection.takes():
        raise Err(ErrorCode.CLOSED)
    taken = min(len(data), limits.write_buffer - len(connection.queue))
    connection.queue += data[:taken]
    connection.drain_due = connection.drain_due or taken < len(data) or len(connection.queue) > limits.high_water
    return taken


def flush(socket: int) -> None:
    affecting(socket)


def end(socket: int) -> None:
    connection = affecting(socket)
    if connection.ended or connection.terminated:
        raise Err(ErrorCode.CLOSED)
    connection.shut = connection.ended = True


def shutdown(socket: int) -> None:
    connection = affecting(socket)
    if connection.shut or connection.terminated:
        raise Err(ErrorCode.CLOSED)
    connection.shut = True


def terminate(socket: int) -> None:
    affecting(socket).terminated = True


def setter(name: str, value: bool | None = None) -> Callable[..., None]:
    def call(socket: int, given: bool | None = value) -> None:
        setattr(affecting(socket), name, given)

    return call


def set_timeout(socket: int, milliseconds: int | None) -> None:
    connection = affecting(socket)
    if milliseconds == 0:
        raise Err(ErrorCode.INVALID_ARGUMENT)
    connection.idle = None if milliseconds is None else milliseconds / 1000
    connection.moved(world().now)


def set_no_delay(socket: int, enabled: bool) -> None:
    affecting(socket)


def set_keep_alive(socket: int, milliseconds: int | None) -> None:
    affecting(socket)
    if milliseconds == 0:
        raise Err(ErrorCode.INVALID_ARGUMENT)


def local_endpoint(socket: int) -> Endpoint:
    reading(socket)
    return Endpoint("127.0.0.1", 7000)


def remote_endpoint(socket: int) -> Endpoint:
    reading(socket)
    return Endpoint("127.0.0.1", 40_000 + socket % 20_000)


def set_context(socket: int, context: bytes) -> None:
    assert type(context) is bytes, type(context)
    not_in_snapshot()
    connection = reading(socket)
    if len(context) > world().limits.context:
        raise Err(ErrorCode.LIMIT_EXCEEDED)
    connection.context = context


sockets = SimpleNamespace(
    write=write,
    flush=flush,
    end=end,
    shutdown=shutdown,
    terminate=terminate,
    pause=setter("paused", True),
    resume=setter("paused", False),
    set_auto_pause=setter("auto_pause"),
    queued=lambda socket: len(reading(socket).queue),
    set_timeout=set_timeout,
    set_no_delay=set_no_delay,
    set_keep_alive=set_keep_alive,
    local_endpoint=local_endpoint,
    remote_endpoint=remote_endpoint,
    listener=lambda socket: None if reading(socket).outbound else "test",
    bytes_read=lambda socket: reading(socket).bytes_read,
    bytes_written=lambda socket: reading(socket).bytes_written,
    context=lambda socket: reading(socket).context,
    set_context=set_context,
    live=lambda: list(world().connections),
)


def connect(address: str, options: ConnectOptions) -> int:
    if world().phase is not Phase.EVENT:
        raise Err(ErrorCode.NOT_ALLOWED)
    if options.timeout_milliseconds == 0:
        raise Err(ErrorCode.INVALID_ARGUMENT)
    if len(options.context) > world().limits.context:
        raise Err(ErrorCode.LIMIT_EXCEEDED)
    return world().add(Connection(outbound=True, connecting=address, context=options.context))


outbound = SimpleNamespace(connect=connect, ConnectOptions=ConnectOptions, TlsOptions=TlsOptions)


def upgrade(socket: int, _: object) -> None:
    connection = affecting(socket)
    if connection.shut or connection.terminated:
        raise Err(ErrorCode.CLOSED)
    if connection.upgrading is not None:
        raise Err(ErrorCode.IN_PROGRESS)
    if connection.tls is not None:
        raise Err(ErrorCode.INVALID_ARGUMENT)
    connection.upgrading = len(connection.queue)


def peer_certificates(socket: int) -> list[bytes]:
    reading(socket)
    return []


tls = SimpleNamespace(
    session=lambda socket: reading(socket).tls,
    peer_certificates=peer_certificates,
    upgrade_client=upgrade,
    upgrade_server=upgrade,
)


def set_timer(token: int, delay_milliseconds: int) -> None:
    not_in_snapshot()
    world().timers[token] = world().now + delay_milliseconds / 1000


def clear_timer(token: int) -> None:
    if world().phase is not Phase.SNAPSHOT:
        world().timers.pop(token, None)


timers = SimpleNamespace(set_timer=set_timer, clear_timer=clear_timer)


def check_topic(topic: str) -> None:
    if not topic:
        raise Err(ErrorCode.INVALID_ARGUMENT)
    if len(topic.encode()) > world().limits.topic_name:
        raise Err(ErrorCode.LIMIT_EXCEEDED)


def subscribe(socket: int, topic: str) -> None:
    not_in_snapshot()
    if not reading(socket).takes():
        raise Err(ErrorCode.CLOSED)
    check_topic(topic)
    own = [name for name, sockets in world().topics.items() if name != topic and socket in sockets]
    if len(own) >= world().limits.topics:
        raise Err(ErrorCode.LIMIT_EXCEEDED)
    world().topics.setdefault(topic, set()).add(socket)


def unsubscribe(socket: int, topic: str) -> None:
    not_in_snapshot()
    reading(socket)
    world().topics.get(topic, set()).discard(socket)


def publish(topic: str, data: bytes, skip: int | None) -> int:
    assert type(data) is bytes, type(data)
    here = world()
    if here.phase is not Phase.EVENT:
        raise Err(ErrorCode.NOT_ALLOWED)
    check_topic(topic)
    if len(data) > here.limits.write_buffer:
        raise Err(ErrorCode.LIMIT_EXCEEDED)
    elsewhere = here.elsewhere.get(topic, 0)
    if elsewhere and data:
        here.published.append((topic, data))
    return elsewhere + here.deliver(topic, data, skip)


topics = SimpleNamespace(subscribe=subscribe, unsubscribe=unsubscribe, publish=publish)

Level = enum.Enum("Level", "TRACE DEBUG INFO WARN ERROR", start=0)


def log(level: Any, message: str) -> None:
    world().log.append((level.name.lower(), message))


logging = SimpleNamespace(Level=Level, log=log)
types = SimpleNamespace(
    ErrorCode=ErrorCode, State=State, Endpoint=Endpoint, SocketError=SocketError, CloseInfo=CloseInfo, SessionInfo=SessionInfo
)
