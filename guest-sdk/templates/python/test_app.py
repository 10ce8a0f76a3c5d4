"""`python3 -m unittest` runs the plugin natively, in a host that the kit imitates."""

import sys
import unittest

sys.path.insert(0, "kit")

from app import App  # noqa: E402
from sockdock.testing import Harness  # noqa: E402


class Echo(unittest.TestCase):
    def setUp(self) -> None:
        self.host = Harness(App)

    def test_greets_and_echoes(self) -> None:
        socket = self.host.connect()
        self.assertEqual(self.host.received(socket), b"hello from {{name}}\n")
        self.host.send(socket, b"one ")
        self.host.send(socket, b"two")
        self.assertEqual(self.host.received(socket), b"one two")

    def test_the_count_goes_on_in_the_next_build(self) -> None:
        socket = self.host.connect()
        self.host.send(socket, b"before")
        self.host.reload(App)
        self.host.send(socket, b"after")
        self.host.finish(socket)
        self.assertIn(("info", "a connection has ended after 11 bytes"), self.host.log())


if __name__ == "__main__":
    unittest.main()
