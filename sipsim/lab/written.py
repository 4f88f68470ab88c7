"""Values as people write them, on a command line or in a document: `ring=1.5`, `alice, bob`, `none`."""

from __future__ import annotations

from typing import Any

from sipsim.errors import UsageError

_WORDS = {"true": True, "false": False, "none": None}


def read_value(text: str, default: object = None) -> Any:
    """A value: whole number, number, true, false, none, else text; text alone where the default is one."""
    if isinstance(default, str):
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def call_named(text: str) -> int | str:
    """A call, by its number or its Call-ID."""
    return int(text) if text.isdecimal() else text


def listed(*texts: str) -> list[str]:
    """The parts of texts that are separated by commas."""
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def pairs(texts: list[str], option: str) -> list[tuple[str, str]]:
    """`KEY=VALUE` texts in two halves. UsageError, naming the option, for one without an equals sign or a key."""
    found = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{option}: {text!r} is no KEY=VALUE")
        found.append((name.strip(), value.strip()))
    return found


def parameters(texts: list[str], option: str) -> list[tuple[str, str]]:
    """Such pairs by the names that parameters have in Python: `max-forwards=5` is `max_forwards`."""
    return [(name.replace("-", "_"), text) for name, text in pairs(texts, option)]
