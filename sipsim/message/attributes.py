"""How a message's attributes read its header lines: at first look; then the value stands in its dictionary.

These descriptors have no `__set__`, so a second look finds the dictionary's entry and runs no Python code at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from sipsim.errors import SipParseError
from sipsim.message.codes import LIST_HEADERS
from sipsim.message.grammar import refuse, split_list
from sipsim.message.headers import Headers
from sipsim.message.lines import value_of

T = TypeVar("T")


class Attribute(Generic[T]):
    """An attribute that `read(message)` works out once."""

    name: str
    read: Callable[[Any], T]

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, message: None, owner: type) -> Self: ...

    @overload
    def __get__(self, message: Headers, owner: type) -> T: ...

    def __get__(self, message: Any, owner: type) -> Self | T:
        if message is None:
            return self
        value = self.read(message)
        message.__dict__[self.name] = value
        return value


class Lazy(Attribute[T]):
    """A decorator for the method that works the attribute out."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self.read = read
        self.__doc__ = read.__doc__


class Needed(Attribute[T]):
    """What `take(line)` makes of the first line of a header field; SipParseError where there is none."""

    def __init__(self, field: str, take: Callable[[bytes], T]) -> None:
        self.field = field
        self.take = take

    def read(self, message: Headers) -> T:
        return message.first(self.field, self.take)

    if not TYPE_CHECKING:  # as inherited, but one call where all is well: every element looks at these

        def __get__(self, message, owner):
            try:
                value = self.take(message.lines[message.names.index(self.field)])
            except (AttributeError, ValueError, SipParseError):
                return super().__get__(message, owner)
            message.__dict__[self.name] = value
            return value


class Maybe(Needed[T | None]):
    """As `Needed`, but None where there is no such header field."""

    def read(self, message: Headers) -> T | None:
        return super().read(message) if self.field in message.names else None


class One(Maybe[T]):
    """What `parse(text)` makes of the value of a header field, the first; None where there is none."""

    def __init__(self, field: str, parse: Callable[[str], T]) -> None:
        super().__init__(field, lambda line: parse(value_of(line)))


class Every(Attribute[tuple[T, ...]]):
    """What `parse(text)` makes of each value of a header field, top to bottom; SipParseError for more than `most`.

    Empty values are left out where they mean "nothing", as in Accept.
    """

    def __init__(self, field: str, parse: Callable[[str], T], most: int = 256, empty: bool = False) -> None:
        self.field = field
        self.parse = parse
        self.most = most
        self.empty = empty
        self.on_line = lru_cache(maxsize=256)(self._on_line)  # a few lines make up most of the traffic

    def _on_line(self, line: bytes) -> list[T]:
        value = value_of(line)
        values = split_list(value)[: self.most + 1] if self.field in LIST_HEADERS else [value]
        return [self.parse(value) for value in values if value or not self.empty]

    def read(self, message: Headers) -> tuple[T, ...]:
        if self.field not in message.names:
            return ()
        found: list[T] = []
        for at, name in enumerate(message.names):
            if name == self.field:
                try:
                    found += self.on_line(message.lines[at])
                    if len(found) > self.most:
                        raise refuse(f"more than {self.most} values", value_of(message.lines[at]))
                except SipParseError as error:
                    raise message.placed(error, at) from None
        return tuple(found)


class Words(Attribute[tuple[str, ...]]):
    """The members of lists of tokens, empty ones left out."""

    def __init__(self, field: str) -> None:
        self.field = field

    def read(self, message: Headers) -> tuple[str, ...]:
        if self.field not in message.names:
            return ()
        return tuple([value for _, value in message.members(self.field) if value])
