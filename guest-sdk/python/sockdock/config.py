"""The operator's keys and values for a plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, overload

T = TypeVar("T")


class Config:
    """What the operator has set for this plugin (`sockdock serve --set KEY=VALUE`), in the order given.

    config.only("greeting", "max-keys")
    greeting = config.get("greeting", "hello")
    max_keys = config.parse("max-keys", int, 1000)
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = [(key, value) for key, value in pairs]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Every key with its value, in the order given."""
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __contains__(self, key: str) -> bool:
        return any(name == key for name, _ in self._pairs)

    @overload
    def get(self, key: str) -> str | None: ...
    @overload
    def get(self, key: str, default: str) -> str: ...
    def get(self, key: str, default: str | None = None) -> str | None:
        """The value of a key; of the last, if it was given more than once."""
        for name, value in reversed(self._pairs):
            if name == key:
                return value
        return default

    def all(self, key: str) -> list[str]:
        """All values of a key that was given more than once, in order."""
        return [value for name, value in self._pairs if name == key]

    def parse(self, key: str, convert: Callable[[str], T], default: T) -> T:
        """The value of a key as a number, an address…; the error names the key, the value and what is wrong with it.

        Raises `ValueError`.
        """
        value = self.get(key)
        if value is None:
            return default
        try:
            return convert(value)
        except ValueError as error:
            raise ValueError(f"`{key}` can't be `{value}`: {error}") from error

    def only(self, *known: str) -> None:
        """Raises `ValueError`, naming it, if there is a key other than these: a mistyped key shouldn't go unnoticed."""
        for key, _ in self._pairs:
            if key not in known:
                reads = f"this plugin knows `{'`, `'.join(known)}`" if known else "this plugin has none to set"
                raise ValueError(f"unknown key `{key}`: {reads}")
