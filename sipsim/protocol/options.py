"""What callers may give as an option: each kind of value has one check here, and one way of saying what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from inspect import signature
from ipaddress import ip_address
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sipsim.errors import UsageError

T = TypeVar("T")

LARGEST = 2**32 - 1
"""The largest number of seconds that header fields can hold (RFC 3261 §20.19)."""


_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-_.]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_PARAMS = re.compile(r"""(?:;[\w.!%*+`'~-]+(?:=(?:[\w.!%*+`'~-]+|"[ !#-\[\]-~]*"))?)*""", re.ASCII)


class Option(Generic[T]):
    """An attribute that is checked whenever it is given, at first and later; it is read like any other.

    `check` takes the name and a value, and raises `UsageError`. What is `fixed` can't be given a second time.
    """

    def __init__(self, check: Callable[[str, Any], object], *, fixed: bool = False) -> None:
        self._check = check
        self._fixed = fixed

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __set__(self, owner: object, value: T) -> None:
        if self._fixed and self._name in vars(owner):
            raise UsageError(f"{self._name}: is chosen when the element is made, and stays")
        self._check(self._name, value)
        vars(owner)[self._name] = value

    if TYPE_CHECKING:

        def __get__(self, owner: object, kind: type | None = None) -> T: ...


def one_of(name: str, value: object, allowed: Iterable[object]) -> None:
    """`UsageError` for a value that is none of those that are allowed."""
    if value not in (known := list(allowed)):
        raise not_allowed(name, value, ", ".join(map(repr, known)))


def whole(name: str, value: object, least: int = 0, most: float = LARGEST, what: str = "whole numbers") -> None:
    """`UsageError` for what is no whole number in this range; infinity for no upper bound."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise not_allowed(name, value, f"{what} {_range(least, most)}")


def whole_or_none(name: str, value: object, least: int = 0, most: float = LARGEST) -> None:
    """`UsageError` for what is neither None nor a whole number in this range."""
    if value is not None:
        whole(name, value, least, most, "None and whole numbers")


def number(name: str, value: object, least: float = 0.0, most: float = inf, what: str = "numbers") -> None:
    """`UsageError` for what is no finite number in this range."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not real or not least <= value <= most or value == inf:  # type: ignore[operator]
        raise not_allowed(name, value, f"{what} {_range(least, most)}")


def seconds(name: str, value: object, least: float = 0.0, most: float = inf) -> None:
    """`UsageError` for what is no length of time in this range."""
    number(name, value, least, most, "seconds")


def seconds_or_none(name: str, value: object, least: float = 0.0, most: float = inf) -> None:
    """`UsageError` for what is neither None nor a length of time in this range."""
    if value is not None:
        number(name, value, least, most, "None and seconds")


def yes_or_no(name: str, value: object) -> None:
    """`UsageError` for what is neither True nor False."""
    if not isinstance(value, bool):
        raise not_allowed(name, value, "True and False")


def domain(name: str, value: object) -> None:
    """`UsageError` for what is no name of a domain: no URI, no port."""
    if not isinstance(value, str) or _DOMAIN.fullmatch(value) is None:
        raise not_allowed(name, value, "names such as 'example.com'")


def contact_params(name: str, value: object) -> None:
    """`UsageError` for what can't follow the URI of a Contact."""
    if not isinstance(value, str) or _PARAMS.fullmatch(value) is None:
        raise not_allowed(name, value, """parameters such as ';+sip.rendering="no"'""")


def host(name: str, value: object) -> None:
    """`UsageError` for what is no IP address; "" has the network choose one."""
    try:
        if value != "":
            ip_address(value if isinstance(value, str) else "")
    except ValueError:
        raise not_allowed(name, value, "IP addresses such as '192.0.2.1'") from None


def whole_seconds(name: str, value: object, least: int = 0) -> None:
    """`UsageError` for what no header field could say: Expires, Retry-After."""
    whole(name, value, least, what="whole seconds")


def octets(name: str, value: object) -> bytes:
    """Texts and bytes as octets; `UsageError` for anything else, and for a surrogate that stands for no octet."""
    if not isinstance(value, str):
        if not isinstance(value, bytes):
            raise not_allowed(name, value, "texts and bytes")
        return value
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise UsageError(f"{name}: {value!r} has a surrogate that stands for no octet") from None


def not_allowed(name: str, value: object, allowed: str) -> UsageError:
    """The error for a value that an option does not take."""
    return UsageError(f"{name}: {value!r} will not do; allowed are {allowed}")


def unknown(name: str, what: str, known: Iterable[str]) -> UsageError:
    """The error for a name that there is not: it names those that are spelt nearly like it, or else all."""
    from difflib import get_close_matches

    there = sorted(set(known))
    near = get_close_matches(name, there, 3)
    return UsageError(f"{name}: {what}; {'did you mean' if near else 'there are'} {', '.join(near or there)}")


def check_options(maker: object, given: Iterable[str], what: type, also: Iterable[str] = ()) -> None:
    """`UsageError` for what is no class of `what`, and for an option that a class of ours does not take.

    Options are the keywords of its `__init__`, of those that it builds on, and `also` others.
    """
    if not isinstance(maker, type) or not issubclass(maker, what):
        raise not_allowed("kind", maker, f"{what.__name__} and classes that build on it")
    if not given or not maker.__module__.startswith("sipsim."):
        return
    makers = [vars(one)["__init__"] for one in maker.__mro__[:-1] if "__init__" in vars(one)]
    named = [
        name for make in makers for name, one in signature(make).parameters.items() if one.kind is one.KEYWORD_ONLY
    ]
    for name in given:
        if name not in (known := [*named, *also]):
            raise unknown(name, f"no option of a {getattr(maker, 'kind', maker.__name__)}", known)


def _range(least: float, most: float) -> str:
    return f"from {least:g} on" if most == inf else f"from {least:g} to {most:.10g}"
