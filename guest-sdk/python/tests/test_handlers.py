"""A plugin as its author writes it, in the harness."""

import random
import unittest
from typing import Any

import sockdock
from sockdock import CloseInfo, Config, Socket, SocketError, State, timers
from sockdock.testing import Harness, Limits, Refused


class Notes(sockdock.Plugin):
    """Notes every event that it sees."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def start(self, config: Config) -> None:
        config.only("greeting")
        self.seen.append(f"start {config.get('greeting')}")

    def open(self, socket: Socket) -> None:
        self.seen.append(f"open {socket.id}")

    def data(self, socket: Socket, data: bytes) -> None:
        self.seen.append(f"data {socket.id} {data!r}")

    def drain(self, socket: Socket) -> None:
        self.seen.append(f"drain {socket.id}")

    def end(self, socket: Socket) -> None:
        self.seen.append(f"end {socket.id}")

    def timeout(self, socket: Socket) -> None:
        self.seen.append(f"timeout {socket.id}")

    def handshake(self, socket: Socket, unverified: str | None) -> None:
        self.seen.append(f"handshake {socket.id} {unverified}")

    def error(self, socket: Socket, error: Exception) -> None:
        self.seen.append(f"error {socket.id} {error!r}")

    def close(self, socket: Socket, info: CloseInfo) -> None:
        self.seen.append(f"close {socket.id} {info.error and info.error.code} {info.unsent}")

    def connect_error(self, socket: Socket, error: SocketError) -> None:
        self.seen.append(f"connect_error {socket.id} {error.code}")

    def fired(self, token: int) -> None:
        self.seen.append(f"fired {token}")


class Events(unittest.TestCase):
    def setUp(self) -> None:
        self.host = Harness(Notes, {"greeting": "hi"})

    def seen(self) -> list[str]:
        taken: list[str] = self.host.plugin.seen
        self.host.plugin.seen = []
        return taken

    def test_each_event_reaches_its_method(self) -> None:
        one, other = self.host.connect(), self.host.connect()
        self.host.send(one, b"a\n")
        one.set_timeout(5)
        timers.set(7, 2.5)
        self.host.advance(10)
        one.upgrade_server("cert")
        self.host.secure(one)
        self.host.finish(one)
        self.host.fail(other, sockdock.Reset)
        self.assertEqual(
            self.seen(),
            [
                "start hi",
                "open 1",
                "open 2",
                "data 1 b'a\\n'",
                "fired 7",
                "timeout 1",
                "handshake 1 None",
                "end 1",
                "close 1 None 0",
            ]
            + ['error 2 Reset("failed in the test\'s host")', "close 2 reset 0"],
        )

    def test_outbound(self) -> None:
        upstream = sockdock.connect("10.0.0.7:5432", tls=True, context=b"mine")
        self.assertEqual(self.host.dialled(), [(upstream, "10.0.0.7:5432")])
        self.assertEqual((upstream.context, upstream.listener), (b"mine", None))
        upstream.write(b"early")
        self.host.accept(upstream)
        self.assertEqual(self.host.received(upstream), b"early")
        refused = sockdock.connect("10.0.0.8:5432")
        self.host.refuse(refused, sockdock.Refused)
        self.assertEqual(self.seen()[1:], [f"open {upstream.id}", f"connect_error {refused.id} refused"])

    def test_an_unknown_setting_is_refused(self) -> None:
        with self.assertRaisesRegex(Refused, "unknown key `colour`: this plugin knows `greeting`"):
            Harness(Notes, [("colour", "red")])

    def test_a_socket_is_the_same_object_while_it_lives(self) -> None:
        one = self.host.connect()
        one.data = {"lines": 3}
        self.assertIs(Socket.of(one.id), one)
        self.assertEqual(Socket.live(), [one])
        one.end()
        self.host.send(one, b"")
        self.assertTrue(self.host.closed(one))
        self.assertIsNot(Socket.of(one.id), one)
        with self.assertRaises(sockdock.Closed):
            Socket.of(one.id).write(b"late")

    def test_timers_with_a_function(self) -> None:
        called: list[str] = []
        token = timers.after(1, lambda: called.append("never"))
        timers.clear(token)
        timers.after(2, lambda: called.append("once"))
        timers.after(3, lambda: called.append("forgotten"))
        self.host.advance(2.5)
        self.host.reload()
        self.host.advance(10)
        self.assertEqual(called, ["once"])
        self.assertEqual(self.seen(), ["start hi"], "no token of the kit's reaches the plugin")


class Exceptions(unittest.TestCase):
    def harness(self, raises: Any, **methods: Any) -> Harness:
        def data(self: Any, socket: Socket, data: bytes) -> None:
            raise raises

        return Harness(type("Raises", (sockdock.Plugin,), {"data": data, **methods}))

    def test_one_that_a_handler_raises_goes_to_error(self) -> None:
        seen: list[Any] = []
        wrong = KeyError("no such room")
        host = self.harness(wrong, error=lambda self, socket, error: seen.append((socket, error)))
        socket = host.connect()
        host.send(socket, b"x")
        self.assertEqual(seen, [(socket, wrong)])
        self.assertFalse(host.closed(socket), "the connection goes on")

    def test_without_error_it_traps(self) -> None:
        host = self.harness(KeyError("no such room"))
        socket = host.connect()
        with self.assertRaises(KeyError):
            host.send(socket, b"x")

    def test_without_error_a_closed_socket_is_no_mistake(self) -> None:
        host = self.harness(sockdock.Closed())
        socket = host.connect()
        host.send(socket, b"x")
        self.assertFalse(host.closed(socket))

    def test_one_in_start_is_the_reason(self) -> None:
        def start(self: Any, config: Config) -> None:
            try:
                int(config.get("port", "seven"))
            except ValueError as error:
                raise ValueError("no port") from error

        with self.assertRaisesRegex(Refused, "^no port: invalid literal for int.*seven"):
            Harness(type("Picky", (sockdock.Plugin,), {"start": start}))


class Randomness(unittest.TestCase):
    def test_two_instances_begin_with_different_numbers(self) -> None:
        told = []
        for _ in range(2):
            random.seed(1)  # As it was when the component was built.
            Harness(Notes)
            told.append(random.random())
        self.assertNotEqual(told[0], told[1])


class Queues(unittest.TestCase):
    def test_a_short_write_is_followed_by_drain(self) -> None:
        host = Harness(Notes, limits=Limits(write_buffer=10, high_water=4))
        socket = host.connect()
        host.read(socket, 0)
        self.assertEqual(socket.write(b"0123456789abc"), 10)
        self.assertEqual((socket.queued, socket.write(b"d")), (10, 0))
        host.read(socket, None)
        self.assertEqual(host.received(socket), b"0123456789")
        self.assertIn(f"drain {socket.id}", host.plugin.seen)

    def test_writes_take_all_kinds_of_bytes_and_no_text(self) -> None:
        host = Harness(Notes)
        socket = host.connect()
        for data in (b"a", bytearray(b"b"), memoryview(b"cd")[:1]):
            self.assertEqual(socket.write(data), 1)
        with self.assertRaisesRegex(TypeError, "encode"):
            socket.write("text")  # type: ignore[arg-type]
        host.send(socket, b"")
        self.assertEqual(host.received(socket), b"abc")

    def test_an_outbox_keeps_what_is_left(self) -> None:
        class Generous(sockdock.Plugin):
            def __init__(self) -> None:
                self.outbox = sockdock.Outbox()

            def data(self, socket: Socket, data: bytes) -> None:
                self.outbox.write_all(socket, b"x" * 25)
                self.outbox.write_all(socket, b"y")
                self.outbox.end(socket)

            def drain(self, socket: Socket) -> None:
                self.outbox.drained(socket)

            def close(self, socket: Socket, info: CloseInfo) -> None:
                self.outbox.forget(socket)

        host = Harness(Generous, limits=Limits(write_buffer=10, high_water=4))
        socket = host.connect()
        host.send(socket, b"go")
        self.assertEqual(host.received(socket), b"x" * 25 + b"y")
        self.assertTrue(host.closed(socket))


class Registration(unittest.TestCase):
    def test_what_is_no_plugin_class_is_refused(self) -> None:
        for wrong in (Notes(), dict):
            with self.assertRaisesRegex(TypeError, "derived from sockdock.Plugin"):
                sockdock.plugin(wrong)  # type: ignore[type-var]

    def test_the_module_gets_what_componentize_py_looks_for(self) -> None:
        scope: dict[str, Any] = {"__name__": "app"}
        exec("import sockdock\n@sockdock.plugin\nclass Echo(sockdock.Plugin): ...", scope)
        self.assertEqual({"SocketHandlers", "Lifecycle", "TimerHandler", "Echo"} - scope.keys(), set())


class Reloads(unittest.TestCase):
    def test_a_state_that_nobody_takes_over_is_refused(self) -> None:
        class Saves(sockdock.Plugin):
            def snapshot(self) -> State | None:
                return State("notes-1", b"kept")

        host = Harness(Saves)
        socket = host.connect()
        before = host.plugin
        socket.context = b"mine"
        with self.assertRaisesRegex(Refused, "takes over no state, and was given version `notes-1`"):
            host.reload(Notes)
        self.assertIs(host.plugin, before)
        self.assertIs(Socket.of(socket.id), socket)

    def test_contexts_and_connections_pass_over(self) -> None:
        host = Harness(Notes)
        socket = host.connect()
        socket.context, socket.data = b"mine", "lost"
        host.reload(Notes)
        (taken,) = Socket.live()
        self.assertEqual((taken.id, taken.context, taken.data), (socket.id, b"mine", None))
        host.crash(host.connect())
        self.assertEqual([socket.id for socket in Socket.live()], [taken.id])


if __name__ == "__main__":
    unittest.main()
