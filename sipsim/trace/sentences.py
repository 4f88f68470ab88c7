"""A record in plain words: `3 180 Ringing proxy -> alice at 0.015 s`.

One sentence for each kind of record; kinds that others add are told by their named values. Whatever came off
the wire is escaped, so that a sentence can be printed on any terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sipsim.trace.record import Record


def printable(text: str) -> str:
    """`text` with controls, bidi marks, raw octets and all else that can't be seen as their code points."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)


def label(raw: bytes) -> str:
    """What a message is called on its arrow: `INVITE`, `180 Ringing`; `not SIP` without a start line.

    At most 60 characters of it, 30 of a method; a longer one ends in `…`.
    """
    line = raw.lstrip(b"\r\n").split(b"\n", 1)[0].strip().decode("utf-8", "replace")
    first, _, rest = line.partition(" ")
    if first.upper() == "SIP/2.0" and rest[:3].isascii() and rest[:3].isdigit():
        return printable(_begun(rest.strip(), 60))
    if line.upper().endswith(" SIP/2.0") and line.count(" ") == 2:
        return printable(_begun(first, 30))
    return "not SIP"


def _begun(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def sentence(record: Record) -> str:
    """The record in plain words, with its time."""
    return f"{_TOLD.get(record.kind, _other)(record, record.data)} at {record.time:.3f} s"


def _message(record: Record) -> str:
    return label(record.raw)


def _sent(record: Record, data: dict[str, Any]) -> str:
    copy = f" (copy {data['copy']})" if "copy" in data else ""
    return f"{record.number} {_message(record)}{copy} {printable(record.element)} -> {printable(record.peer)}"


def _delivered(record: Record, data: dict[str, Any]) -> str:
    told = f"{_message(record)} arrived at {printable(record.element)} from {printable(record.peer)}"
    return f"{told}{_numbered(record)}"


def _lost(record: Record, data: dict[str, Any]) -> str:
    lost = f"{_message(record)}{_numbered(record)} was lost on the way to {printable(record.peer)}"
    return f"{lost}: {_value(data.get('why', ''))}"


def _duplicated(record: Record, data: dict[str, Any]) -> str:
    return f"{_message(record)}{_numbered(record)} was duplicated on the way"


def _unparsable(record: Record, data: dict[str, Any]) -> str:
    told = f"{printable(record.element)} could not read what {printable(record.peer)} sent{_numbered(record)}"
    return f"{told}: {_value(data.get('reason', ''))}"


def _ignored(record: Record, data: dict[str, Any]) -> str:
    rfc = f" ({_value(data['rfc'])})" if data.get("rfc") else ""
    return f"{printable(record.element)} ignored it: {_value(data.get('why', ''))}{rfc}"


def _timer(record: Record, data: dict[str, Any]) -> str:
    event, name, machine = (_value(data.get(key, "")) for key in ("event", "name", "machine"))
    length = f" for {data['delay']:g} s" if event == "set" and isinstance(data.get("delay"), float) else ""
    how = event if event == "fired" else f"was {event}"
    return f"timer {name} of {printable(record.element)}'s {machine} {how}{length}"


def _state(record: Record, data: dict[str, Any]) -> str:
    machine, before, cause, after, rfc = (
        _value(data.get(k, "")) for k in ("machine", "before", "input", "after", "rfc")
    )
    way = f"went from {before} to {after}" if before else f"began as {after}"
    return f"{printable(record.element)}'s {machine} {way} on {cause}{f' ({rfc})' if rfc else ''}"


def called(data: dict[str, Any]) -> str:
    """An API call or callback in words: its `text` where it has one, else `name(arguments)`."""
    if data.get("text"):
        return str(data["text"])
    given = data.get("arguments")
    named = [f"{name}={value}" for name, value in given.items()] if isinstance(given, dict) else []
    plain = [str(value) for value in given] if isinstance(given, list) else []
    return f"{data.get('name', 'call')}({', '.join(named or plain)})"


def _api(record: Record, data: dict[str, Any]) -> str:
    way = "calls back" if data.get("direction") == "callback" else "is called"
    return f"{printable(record.element)}'s API {way}: {printable(called(data))}"


def _isup(record: Record, data: dict[str, Any]) -> str:
    text, peer, circuit = (_value(data.get(name, "")) for name in ("text", "peer", "circuit"))
    return f"ISUP {text} {printable(record.element)} -> {peer} on circuit {circuit}"


def _other(record: Record, data: dict[str, Any]) -> str:
    where = f" at {record.element}" if record.element else ""
    what = str(data["text"]) if set(data) == {"text"} else ", ".join(f"{k} {v}" for k, v in data.items())
    return printable(f"{record.kind}{where}{': ' if what else ''}{what}")


def _numbered(record: Record) -> str:
    return "" if record.number is None else f" (message {record.number})"


def _value(value: object) -> str:
    return printable(str(value))


_TOLD: dict[str, Callable[[Record, dict[str, Any]], str]] = {
    "sent": _sent, "delivered": _delivered, "lost": _lost, "duplicated": _duplicated, "unparsable": _unparsable,
    "ignored": _ignored, "timer": _timer, "state": _state, "api": _api, "isup": _isup,
}  # fmt: skip
