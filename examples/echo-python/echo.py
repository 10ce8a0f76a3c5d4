"""Sends back what comes in."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import sockets
from wit_world.imports.types import ErrorCode


class SocketHandlers(exports.SocketHandlers):
    def data(self, socket, data):
        try:
            # Never short: while the peer reads more slowly than it sends, the host delivers no more.
            sockets.write(socket, data)
        except Err as error:
            # The connection is gone, which `close` will tell. Anything else is a mistake of ours.
            if error.value != ErrorCode.CLOSED:
                raise

    def open(self, socket):
        pass

    def drain(self, socket):
        pass

    def end(self, socket):
        pass  # the host sends what is queued, and closes

    def timeout(self, socket):
        pass

    def handshake(self, socket, verified):
        pass

    def error(self, socket, error):
        pass

    def close(self, socket, info):
        pass

    def connect_error(self, socket, error):
        pass
