"""How a message's attributes read its header lines: at first look; then the value stands in the message's dictionary.

These descriptors have no `__set__`, so that a second look finds the dictionary's entry and runs no Python code at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

from sipsim.errors import SipParseError
from sipsim.message.codes import CANONICAL
from sipsim.message.headers import Headers

T = TypeVar("T")


class Lazy(Generic[T]):
    """An attribute that `read(message)` works out, as a decorator for the method that does so."""

    name = ""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self.read = read
        self.__doc__ = read.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, message: None, owner: type) -> Self: ...

    @overload
    def __get__(self, message: Headers, owner: type) -> T: ...

    def __get__(self, message: Any, owner: type) -> Self | T:
        if message is None:
            return self
        value: T = message.__dict__[self.name] = self.read(message)
        return value


class Needed(Lazy[T]):
    """What `read(line)` makes of the first line of a header field; SipParseError where there is none."""

    def __init__(self, folded: str, read: Callable[[bytes], T], doc: str) -> None:
        self.folded = folded
        self.take = read
        self.__doc__ = doc

    def read(self, message: Headers) -> T:
        try:
            at = message.names.index(self.folded)
        except ValueError:
            raise SipParseError(f"no {CANONICAL[self.folded]} header field") from None
        try:
            return self.take(message.lines[at])
        except SipParseError as error:
            raise message.placed(error, at) from None
