"""Values that outlive the build that wrote them, and the operator's settings."""

import unittest

import sockdock
from sockdock import Config, State, VersionError, Versions
from sockdock.testing import Harness

COUNT = Versions("count-3", {"count-1": lambda old: old + [0], "count-2": lambda old: {"hits": old[0], "misses": old[1]}})


class State_(unittest.TestCase):
    def test_the_current_version(self) -> None:
        value = {"hits": 7, "misses": 0, "name": "ö"}
        state = COUNT.save(value)
        self.assertEqual(state.version, "count-3")
        self.assertEqual(COUNT.load(state), value)

    def test_older_ones_are_brought_up(self) -> None:
        self.assertEqual(COUNT.load(State("count-1", b"[7]")), {"hits": 7, "misses": 0})
        self.assertEqual(COUNT.load(State("count-2", b"[7,1]")), {"hits": 7, "misses": 1})

    def test_what_cant_be_read_says_why(self) -> None:
        with self.assertRaisesRegex(
            VersionError, "`count-4` isn't known to this build, which reads `count-1`, `count-2`, `count-3`"
        ):
            COUNT.load(State("count-4", b"{}"))
        with self.assertRaisesRegex(VersionError, "version `count-3` aren't JSON"):
            COUNT.load(State("count-3", b"\xff"))

    def test_contexts(self) -> None:
        host = Harness(sockdock.Plugin)
        socket = host.connect()
        self.assertEqual(COUNT.load_context(socket, {}), {})
        COUNT.save_context(socket, {"hits": 1})
        self.assertEqual(socket.context, b'\x07count-3{"hits":1}')
        self.assertEqual(COUNT.load_context(socket), {"hits": 1})
        socket.context = b"\x07count-1[4]"
        self.assertEqual(COUNT.load_context(socket), {"hits": 4, "misses": 0})


class Settings(unittest.TestCase):
    config = Config([("n", "1"), ("word", "x"), ("n", "2")])

    def test_the_last_of_a_key_counts(self) -> None:
        self.assertEqual((self.config.get("n"), self.config.all("n")), ("2", ["1", "2"]))
        self.assertEqual((self.config.get("none"), self.config.get("none", "d")), (None, "d"))
        self.assertEqual(list(self.config), [("n", "1"), ("word", "x"), ("n", "2")])

    def test_errors_name_key_and_value(self) -> None:
        self.assertEqual((self.config.parse("n", int, 0), self.config.parse("none", int, 5)), (2, 5))
        with self.assertRaisesRegex(ValueError, "`word` can't be `x`: invalid literal"):
            self.config.parse("word", int, 0)
        with self.assertRaisesRegex(ValueError, "unknown key `word`: this plugin knows `n`"):
            self.config.only("n")
        with self.assertRaisesRegex(ValueError, "unknown key `n`: this plugin has none to set"):
            self.config.only()


class Log(unittest.TestCase):
    def test_levels_and_what_isnt_text(self) -> None:
        host = Harness(sockdock.Plugin)
        sockdock.log.info("grün")
        sockdock.log.log("warn", "half \ud800")
        self.assertEqual(host.log(), [("info", "grün"), ("warn", "half \\ud800")])


if __name__ == "__main__":
    unittest.main()
