"""Timers: by a token, which outlives a reload, or with a function, which doesn't."""

from __future__ import annotations

from collections.abc import Callable

from ._host import Err, milliseconds, number, raised, timers

# Tokens of timers with a function have these upper 32 bits.
_OURS = 0x736B_646B
_functions: dict[int, Callable[[], object]] = {}
_last = 0


def set(token: int, seconds: float) -> None:
    """Arms the timer of this token, a number of 64 bits: `Plugin.fired` comes once, after so many seconds (rounded up to milliseconds; 49
    days at most). If it is armed, the new time replaces the old one. It passes to the next generation on a reload; a trap
    cancels it.

    Raises `LimitExceeded` for more timers than the listener allows (65,536 by default), `NotAllowed` in `snapshot`.
    """
    try:
        timers.set_timer(number(token, 64, "a timer's token"), milliseconds(seconds))
    except Err as error:
        raise raised(error) from None


def clear(token: int) -> None:
    """Disarms the timer of this token: it won't fire. Nothing happens if it isn't armed."""
    timers.clear_timer(number(token, 64, "a timer's token"))


def after(seconds: float, function: Callable[[], object]) -> int:
    """Calls the function once, after so many seconds; answers the token, for `clear`. The next generation knows nothing of the
    function, so a reload forgets it: use `set` for what has to stay. Raises as `set`."""
    global _last
    _last = (_last + 1) & 0xFFFF_FFFF
    token = _OURS << 32 | _last
    set(token, seconds)
    _functions[token] = function
    return token


def run(token: int) -> bool:
    """The kit's own: calls the function of a timer that has fired; false if the token is the plugin's."""
    if token >> 32 != _OURS:
        return False
    function = _functions.pop(token, None)
    if function is not None:
        function()
    return True
