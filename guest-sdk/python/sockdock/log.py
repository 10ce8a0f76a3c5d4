"""The host's log. A message stands in it under the plugin's name; the operator chooses from which level on.

One longer than 8 KiB is cut, and of more than 1,000 in a second the rest are only counted (defaults). `print` and tracebacks reach the
same log, line by line. So does the standard library's `logging`, if the program imports it and sets up no handler of its own.
"""

from __future__ import annotations

import sys

from ._host import logging as _logging


def trace(message: object) -> None:
    """Every step, for the plugin's author."""
    _log("TRACE", message)


def debug(message: object) -> None:
    """What helps to find a fault."""
    _log("DEBUG", message)


def info(message: object) -> None:
    """What an operator wants to read on a good day."""
    _log("INFO", message)


def warn(message: object) -> None:
    """Something is wrong, and handled."""
    _log("WARN", message)


def error(message: object) -> None:
    """Something has failed."""
    _log("ERROR", message)


def log(level: str, message: object) -> None:
    """At a level that is named: `trace`, `debug`, `info`, `warn` or `error`."""
    _log(level.upper(), message)


def _log(level: str, message: object) -> None:
    text = str(message)
    if not text.isascii():
        # Half a surrogate pair, as in file names that aren't UTF-8, would trap on its way to the host.
        text = text.encode(errors="backslashreplace").decode()
    _logging.log(_logging.Level[level], text)


def adopt() -> None:
    """The kit's own: has the root logger of `logging` write to the host's log, if the program uses it."""
    if "logging" not in sys.modules:
        return
    import logging

    if logging.root.handlers:
        return

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            number = record.levelno
            level = (
                error if number >= 40 else warn if number >= 30 else info if number >= 20 else debug if number >= 10 else trace
            )
            level(self.format(record))

    handler = Handler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.root.addHandler(handler)
    # Which levels are kept is the operator's choice.
    if logging.root.level == logging.WARNING:
        logging.root.setLevel(logging.NOTSET)
