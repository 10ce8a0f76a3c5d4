"""From the component's exports to the methods of `Plugin`."""

from __future__ import annotations

import os
import sys
from typing import Any, TypeVar

from . import log, timers
from ._host import Err, failure, types
from .config import Config
from .plugin import CloseInfo, Plugin
from .socket import known
from .state import State

P = TypeVar("P", bound=type[Plugin])


def plugin(cls: P) -> P:
    """Makes a component of a `Plugin` class: exports every event. Once, at the top level of the module that is built; `@sockdock.plugin`
    above the class does the same."""
    if not (isinstance(cls, type) and issubclass(cls, Plugin)):
        raise TypeError(f"plugin() is given a class derived from sockdock.Plugin, not {cls!r}")
    log.adopt()
    # componentize-py makes an object of each of these, which it looks for in the module that it is given.
    sys._getframe(1).f_globals.update(exports(cls))
    return cls


def exports(cls: type[Plugin]) -> dict[str, Any]:
    """The three classes of the contract's world, around one object of the plugin's."""

    class SocketHandlers:
        """The methods are set when the instance starts, so that an event passes no layer but one."""

    handlers = SocketHandlers()

    class Lifecycle:
        plugin: Plugin

        def start(self, config: list[tuple[str, str]]) -> None:
            randomize()
            try:
                self.plugin = cls()
                bind(handlers, self.plugin)
                self.plugin.start(Config(config))
            except Exception as error:
                raise reason(error) from error

        def snapshot(self) -> Any:
            try:
                state = self.plugin.snapshot()
                if state is None:
                    return None
                if not isinstance(state, State):
                    raise TypeError(f"snapshot() returns a sockdock.State or None, not {type(state).__name__}")
                return types.State(version=state.version, data=bytes(state.data))
            except Exception as error:
                raise reason(error) from error

        def restore(self, state: Any) -> None:
            try:
                self.plugin.restore(State(state.version, state.data))
            except Exception as error:
                raise reason(error) from error

    lifecycle = Lifecycle()

    class TimerHandler:
        def fired(self, token: int) -> None:
            if not timers.run(token):
                lifecycle.plugin.fired(token)

    return {"SocketHandlers": lambda: handlers, "Lifecycle": lambda: lifecycle, "TimerHandler": TimerHandler}


def bind(handlers: Any, plugin: Plugin) -> None:
    """Sets the handlers' methods. What they raise goes to the plugin's `error`, what that raises to the host: a trap."""
    on_open, on_data, on_drain, on_end, on_timeout = plugin.open, plugin.data, plugin.drain, plugin.end, plugin.timeout
    raised = plugin.error

    def open(id: int) -> None:
        try:
            on_open(known[id])
        except Exception as error:
            raised(known[id], error)

    def data(id: int, data: bytes) -> None:
        try:
            on_data(known[id], data)
        except Exception as error:
            raised(known[id], error)

    def drain(id: int) -> None:
        try:
            on_drain(known[id])
        except Exception as error:
            raised(known[id], error)

    def end(id: int) -> None:
        try:
            on_end(known[id])
        except Exception as error:
            raised(known[id], error)

    def timeout(id: int) -> None:
        try:
            on_timeout(known[id])
        except Exception as error:
            raised(known[id], error)

    def handshake(id: int, verified: Any) -> None:
        try:
            plugin.handshake(known[id], verified.value if isinstance(verified, Err) else None)
        except Exception as error:
            raised(known[id], error)

    def error(id: int, error: Any) -> None:
        raised(known[id], failure(error))

    def close(id: int, info: Any) -> None:
        socket = known[id]
        try:
            plugin.close(socket, CloseInfo(info.error and failure(info.error), info.unsent))
        except Exception as error:
            raised(socket, error)
        finally:
            known.pop(id, None)

    def connect_error(id: int, error: Any) -> None:
        socket = known[id]
        try:
            plugin.connect_error(socket, failure(error))
        except Exception as error:
            raised(socket, error)
        finally:
            known.pop(id, None)

    handlers.open, handlers.data, handlers.drain, handlers.end, handlers.timeout = open, data, drain, end, timeout
    handlers.handshake, handlers.error, handlers.close, handlers.connect_error = handshake, error, close, connect_error


def randomize() -> None:
    """The generator of `random` was seeded when the component was built: with the same numbers for every instance."""
    if "random" in sys.modules:
        sys.modules["random"].seed(os.urandom(32))


def reason(error: Exception) -> Err:
    """The whole chain of causes in one line, for the host; where nobody can have meant it, the traceback for the log as well."""
    if not isinstance(error, (ValueError, NotImplementedError)):
        sys.__excepthook__(type(error), error, error.__traceback__)
    texts = []
    link: BaseException | None = error
    while link is not None:
        texts.append(str(link) or type(link).__name__)
        link = link.__cause__
    return Err(": ".join(texts))
