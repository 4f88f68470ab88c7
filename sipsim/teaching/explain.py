"""Messages in words: what the start line says, what each header field is for, and why the message was sent."""

from __future__ import annotations

from typing import Any

from sipsim.errors import SipParseError, UsageError
from sipsim.flows.atlas import ATLAS
from sipsim.message.codes import CODES, equivalent, reason_phrase
from sipsim.message.message import Message, Request, Response
from sipsim.protocol.options import whole
from sipsim.trace.record import Record
from sipsim.trace.sentences import printable
from sipsim.trace.trace import Trace

METHODS = {
    "INVITE": ("asks for a session", "RFC 3261 §13"),
    "ACK": ("confirms that the final response to an INVITE arrived", "RFC 3261 §13.2.2.4, §17.1.1.3"),
    "BYE": ("ends a session", "RFC 3261 §15"),
    "CANCEL": ("takes back an INVITE that has no final response yet", "RFC 3261 §9"),
    "REGISTER": ("tells the registrar where a user can be reached", "RFC 3261 §10"),
    "OPTIONS": ("asks what the other side can do", "RFC 3261 §11"),
    "PRACK": ("confirms a provisional response", "RFC 3262"),
    "UPDATE": ("changes a session before or after it is answered", "RFC 3311"),
    "INFO": ("carries information within a session", "RFC 6086"),
    "MESSAGE": ("carries an instant message", "RFC 3428"),
    "SUBSCRIBE": ("asks to be told of events", "RFC 6665"),
    "NOTIFY": ("tells of an event", "RFC 6665"),
    "REFER": ("asks the other side to contact someone", "RFC 3515"),
    "PUBLISH": ("hands in state that others may be told of", "RFC 3903"),
}
CLASSES = {
    1: "provisional: it goes on", 2: "success", 3: "redirection: try elsewhere", 4: "the request failed here",
    5: "the server failed", 6: "the request fails everywhere",
}  # fmt: skip
FIELDS = {
    "via": ("a hop of the request's way; responses go back along them, the topmost first", "RFC 3261 §20.42"),
    "max-forwards": ("how many more hops the request may take", "RFC 3261 §20.22"),
    "from": ("who makes the request; the tag is its half of the dialog's name", "RFC 3261 §20.20"),
    "to": ("whom the request is for; its tag, once there is one, is the other half", "RFC 3261 §20.39"),
    "call-id": ("what all messages of a dialog, or of a registration, have in common", "RFC 3261 §20.8"),
    "cseq": ("the request's number and method: puts requests in order, ties responses to them", "RFC 3261 §20.16"),
    "contact": ("where the sender can be reached directly", "RFC 3261 §20.10"),
    "route": ("proxies that the request must still pass", "RFC 3261 §20.34"),
    "record-route": ("proxies that want to see later requests of the dialog", "RFC 3261 §20.30"),
    "expires": ("seconds that the binding, or the message, is good for", "RFC 3261 §20.19"),
    "min-expires": ("the shortest time that the registrar grants", "RFC 3261 §20.23"),
    "allow": ("the methods that the sender understands", "RFC 3261 §20.5"),
    "supported": ("the extensions that the sender understands", "RFC 3261 §20.37"),
    "require": ("the extensions that the receiver must understand", "RFC 3261 §20.32"),
    "proxy-require": ("the extensions that every proxy must understand", "RFC 3261 §20.29"),
    "unsupported": ("the extensions that were required and aren't understood", "RFC 3261 §20.40"),
    "content-type": ("what kind of body follows", "RFC 3261 §20.15"),
    "content-length": ("the octets of the body", "RFC 3261 §20.14"),
    "accept": ("the kinds of body that the sender takes", "RFC 3261 §20.1"),
    "user-agent": ("the program that made the request", "RFC 3261 §20.41"),
    "server": ("the program that made the response", "RFC 3261 §20.35"),
    "retry-after": ("seconds to wait before another try", "RFC 3261 §20.33"),
    "www-authenticate": ("a challenge: prove who you are", "RFC 3261 §20.44"),
    "authorization": ("the answer to a challenge", "RFC 3261 §20.7"),
    "proxy-authenticate": ("a proxy's challenge", "RFC 3261 §20.27"),
    "proxy-authorization": ("the answer to a proxy's challenge", "RFC 3261 §20.28"),
    "subject": ("what it is about", "RFC 3261 §20.36"),
    "priority": ("how urgent it is", "RFC 3261 §20.26"),
}
UNKNOWN = ("a field that sipsim has no words for; it is kept as it is", "RFC 3261 §7.3.1")


def explain(trace: Trace, number: int | None = None) -> list[dict[str, Any]]:
    """Each message of a trace in words, or the one with this number: lists and dicts, ready for JSON."""
    records = trace.select("sent") if number is None else [trace.message(number)]
    if not records:
        raise UsageError("there is no SIP message to explain")
    return [_explained(trace, record) for record in records]


def as_text(explanations: list[dict[str, Any]]) -> str:
    """Explanations for reading."""
    return "\n\n".join(_paragraph(explanation) for explanation in explanations)


def explain_code(status: int) -> dict[str, Any]:
    """What a response code means, ready for JSON; for those of the atlas also who sends it, when, and a scenario.

    `UsageError` for what is no response code.
    """
    whole("status", status, 100, 699)
    page, code = ATLAS.get(status), CODES.get(status)
    if page is not None:
        return {**page.about(), "command": page.command}
    if code is not None:
        return {"status": status, "phrase": code.phrase, "class": code.kind, "rfc": code.section}
    kind = f"{CLASSES[status // 100]}; nobody has defined it, so it counts as {equivalent(status)}"
    return {"status": status, "phrase": "", "class": kind, "rfc": "RFC 3261 §8.1.3.2"}


def code_as_text(about: dict[str, Any]) -> str:
    """A response code for reading."""
    rows = [f"{about['status']} {about['phrase']}".rstrip(), f"  {about['class']} ({about['rfc']})"]
    if "sender" in about:
        rows += [f"  sent by a {about['sender']}: {about['when']}", f"  see it: {about['command']}"]
        rows[-1] += "" if about["live"] else " (in memory only)"
    return "\n".join(rows)


def meaning_of(message: Message) -> tuple[str, str]:
    """What a start line says, and the section that says more."""
    if isinstance(message, Request):
        return METHODS.get(message.method, ("a method that sipsim has no words for", "RFC 3261 §7.1"))
    assert isinstance(message, Response)
    usual = reason_phrase(message.status)
    phrase = "" if usual == message.reason else f", usually called {usual}"
    return f"{CLASSES[message.status // 100]}{phrase}", "RFC 3261 §21"


def _explained(trace: Trace, record: Record) -> dict[str, Any]:
    about: dict[str, Any] = {
        "number": record.number, "time": record.time, "from": record.element, "to": record.peer,
    }  # fmt: skip
    message = record.message
    if message is None:
        return {**about, "start_line": None, "meaning": "octets that are no SIP message", "lines": []}
    meaning, rfc = meaning_of(message)
    lines = [
        {"name": name, "value": value, "meaning": words, "rfc": section}
        for (name, value), folded in zip(message.headers, message.names[1:], strict=True)
        for words, section in [FIELDS.get(folded, UNKNOWN)]
    ]
    start = message.lines[0].decode("utf-8", "backslashreplace")
    why = [str(step) for step in str(trace.why(record)).splitlines()[1:]]
    about |= {"start_line": start, "meaning": meaning, "rfc": rfc, "lines": lines, "body": _body(message), "why": why}
    return about


def _body(message: Message) -> str | None:
    try:
        kind = message.content_type
    except SipParseError:
        kind = None
    return f"{len(message.body)} octets of {kind or 'no stated type'}" if message.body else None


def _paragraph(about: dict[str, Any]) -> str:
    """One message for reading: what came off the wire is shown, whatever it would do to a terminal."""
    head = f"{about['number']}  {about['from']} -> {about['to']} at {about['time']:.3f} s"
    rows = [f"  {about['meaning']}"]
    if about["start_line"] is not None:
        rows = [f"  {about['start_line']}", f"      {about['meaning']} ({about['rfc']})"]
    for line in about["lines"]:
        rows += [f"  {line['name']}: {line['value']}", f"      {line['meaning']} ({line['rfc']})"]
    if about.get("body"):
        rows.append(f"  body: {about['body']}")
    rows += [f"  {step}" for step in about.get("why", ())]
    return "\n".join(map(printable, [head, *rows]))
