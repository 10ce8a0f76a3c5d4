"""What the tests ask of a plugin in Python; a command per line, as ../probe-js/probe.js lists them."""

import random
import time
from dataclasses import dataclass

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import logging, sockets
from wit_world.imports.types import ErrorCode


@dataclass
class Job:
    """What a socket has still to be sent: where it stands, and where it ends."""

    next: int
    total: int


# Made once: an event has 100 ms, and an interpreter's loop over a mebibyte takes longer.
PATTERN = bytes(i % 251 for i in range(4096 + 251))

jobs: dict[int, Job] = {}


def proceed(socket: int, job: Job):
    try:
        send(socket, job)
    except Err as error:
        # The peer may have gone away while it was being written to; `close` follows.
        if error.value != ErrorCode.CLOSED:
            raise


def send(socket: int, job: Job):
    while job.next < job.total:
        at, size = job.next % 251, min(4096, job.total - job.next)
        taken = sockets.write(socket, PATTERN[at : at + size])
        job.next += taken
        if taken < size:
            return  # `drain` will tell
    del jobs[socket]
    sockets.end(socket)


def foreign(socket: int) -> str:
    try:
        return str(sockets.write(socket + 1, b"x"))
    except Err as error:
        return error.value.name.lower()


def answer(socket: int, command: str, words: str) -> str:
    match command:
        case "print":
            print(words)
            return "ok"
        case "log":
            logging.log(logging.Level.WARN, words)
            return "ok"
        case "foreign":
            return foreign(socket)
        case "clock":
            return str(int(time.time()))
        case "random":
            return str(random.random())
    raise ValueError(f'told to fail by "{command}"')


class SocketHandlers(exports.SocketHandlers):
    def data(self, socket, data):
        line = data.decode().rstrip()
        if line.isdigit():
            jobs[socket] = Job(0, int(line))
            proceed(socket, jobs[socket])
            return
        command, _, words = line.partition(" ")
        sockets.write(socket, f"{answer(socket, command, words)}\n".encode())

    def drain(self, socket):
        if socket in jobs:
            proceed(socket, jobs[socket])

    def close(self, socket, info):
        jobs.pop(socket, None)

    def open(self, socket):
        pass

    def end(self, socket):
        pass

    def timeout(self, socket):
        pass

    def handshake(self, socket, verified):
        pass

    def error(self, socket, error):
        pass

    def connect_error(self, socket, error):
        pass
