"""Does a run have the messages that a published flow, or another run, has? Link by link, in order.

A total order would be wrong: one event sets off messages in several directions, and branches go on independently. So
what each element sends to each other one is compared, with methods, statuses and calls; which message of a link comes
before one of another does not matter, nor do transport and URI scheme. A 100 may be missing, and so may what is marked
optional. 200 for CANCEL and 487 for its INVITE come in either order, NOTIFY before or after the response that
it overtakes. That each message is where its transaction and its dialog want it is for `Trace.check` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sipsim.errors import UsageError
from sipsim.message.message import Message, Request, Response
from sipsim.trace.sentences import printable

if TYPE_CHECKING:
    from sipsim.trace.record import Record
    from sipsim.trace.trace import Trace

BEGINNING = "flow begins"
"""The text of a note in a trace: what was sent before it only prepared the scene."""

EITHER_WAY = (
    (("200", "CANCEL"), ("487", "INVITE")), (("202", "REFER"), ("NOTIFY", "")), (("200", "SUBSCRIBE"), ("NOTIFY", "")),
)  # fmt: skip
"""Pairs that may overtake each other on one link; what is to be taken for the first one stands first."""


class Step(NamedTuple):
    """One message: `what` is a method, or a status with the method `of` its request. 0 or "" is for unknown.

    `call` counts the Call-IDs as they appear, `name` is how people find the message: F5, or its number in a ladder.
    """

    sender: str
    receiver: str
    what: str
    of: str
    call: int
    name: str
    optional: bool = False

    def __str__(self) -> str:
        of = f" for {self.of}" if self.of else ""
        call = f" of call {self.call}" if self.call > 1 else ""
        return f"{self.what}{of}{call} ({self.name})"

    def fits(self, came: Step) -> bool:
        """Whether a message is the one expected here: 18x stands for any such status."""
        if (self.of and came.of and self.of != came.of) or (self.call and came.call and self.call != came.call):
            return False
        return self.what == came.what or bool(re.fullmatch(self.what.replace("x", r"\d"), came.what))


class Difference(NamedTuple):
    """On one link: the message expected and the one that came instead; None where there is none."""

    sender: str
    receiver: str
    expected: Step | None
    came: Step | None

    def __str__(self) -> str:
        said = f"{self.expected or 'nothing'} expected, {self.came or 'nothing'} came"
        return printable(f"{self.sender} -> {self.receiver}: {said}")


def compare(
    trace: Trace, expected: Trace | Mapping[str, Any], names: Mapping[str, str] | None = None,
    retransmissions: bool = False,
) -> list[Difference]:  # fmt: skip
    """How a trace differs from another one, or from a flow as a JSON object; an empty list where it does not.

    `names` says which of our elements stands for one of the expected flow; without it, and for others, names are
    equal but for case, blanks and punctuation: `proxy-1` is Proxy 1. An element that has another name in another trace,
    as in a capture, is known by its address; `UsageError` where not one name is common to both. `retransmissions`
    compares repeated messages too, where otherwise they count once.
    """
    if isinstance(expected, Mapping):
        ours, steps = dict[str, str](), steps_of_flow(expected, retransmissions)
    else:
        ours, steps = _same_places(trace, expected), steps_of(expected, retransmissions)
    ours |= {folded(theirs): folded(mine) for theirs, mine in (names or {}).items()}
    wanted = _by_link(steps, ours)
    came = _by_link(steps_of(trace, retransmissions), {})
    _check_names(wanted, came)
    return [
        difference
        for link in dict.fromkeys([*wanted, *came])
        for difference in _differences(wanted.get(link, []), came.get(link, []))
    ]


def _same_places(trace: Trace, expected: Trace) -> dict[str, str]:
    """Of two traces: names that only the other has, as in a capture, by the one of ours that has the same address."""
    here = {text: element["name"] for element in trace.header["elements"] for text in element.get("addresses", ())}
    names = {element["name"] for element in trace.header["elements"]}
    return {
        folded(element["name"]): folded(here[text])
        for element in expected.header["elements"] if element["name"] not in names
        for text in element.get("addresses", ()) if text in here
    }  # fmt: skip


def _check_names(wanted: Mapping[tuple[str, str], object], came: Mapping[tuple[str, str], object]) -> None:
    """`UsageError` where the two sides know nobody in common: then every message would be said to be missing."""
    theirs, mine = (sorted({name for link in links for name in link}) for links in (wanted, came))
    if theirs and mine and not set(theirs) & set(mine):
        raise UsageError(
            f"names: {', '.join(mine)} here and {', '.join(theirs)} there have no name in common; "
            "say who stands for whom: names={'theirs': 'ours'}"
        )


def folded(name: str) -> str:
    """An element's name as it is compared."""
    return re.sub(r"[\W_]+", "", name).lower()


def steps_of(trace: Trace, retransmissions: bool = False) -> list[Step]:
    """What was sent in a trace, from its note "flow begins" on if there is one; what is no SIP is left out."""
    calls: dict[str, int] = {}
    records: list[Record] = []
    for record in trace:
        if record.kind == "note" and record.data["text"] == BEGINNING:
            records.clear()
        elif record.kind == "sent":
            records.append(record)
    seen: set[tuple[str, str, object]] = set()
    steps = []
    for record in records:
        message = record.message
        once = record.element, record.peer, same_again(message, record.raw)
        if isinstance(message, (Request, Response)) and (retransmissions or once not in seen):
            seen.add(once)
            if isinstance(message, Request):
                what, of = message.method, ""
            else:
                what, of = str(message.status), message.cseq.method
            call = calls.setdefault(message.call_id, len(calls) + 1)
            steps.append(Step(record.element, record.peer, what, of, call, f"message {record.number}"))
    return steps


def same_again(message: Message | None, raw: bytes) -> object:
    """What is the same of a message and its repetition: the octets, but for an ACK.

    A 2xx that comes twice is acknowledged twice, and each time a proxy passes the ACK on with another branch
    (RFC 3261 §13.2.2.4, §16.6): what the ACK answers tells it from others.
    """
    if isinstance(message, Request) and message.method == "ACK":
        return message.uri_text, *(message.header(name) for name in ("Call-ID", "CSeq", "From", "To"))
    return raw


def steps_of_flow(flow: Mapping[str, Any], retransmissions: bool = False) -> list[Step]:
    """The SIP messages of a published flow: `messages` are objects with from, to, kind, method or status, and so on."""
    return [
        Step(
            message["from"], message["to"], str(message.get("method") or message["status"]),
            message.get("cseq_method", "") if message["kind"] == "response" else "",
            message.get("call", 0), f"F{message['n']}", bool(message.get("optional")),
        )
        for message in flow["messages"]
        if message["kind"] in ("request", "response") and (retransmissions or "retransmission_of" not in message)
    ]  # fmt: skip


def _by_link(steps: Iterable[Step], ours: Mapping[str, str]) -> dict[tuple[str, str], list[Step]]:
    links: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        sender, receiver = (ours.get(name, name) for name in (folded(step.sender), folded(step.receiver)))
        links.setdefault((sender, receiver), []).append(step)
    return links


def _differences(wanted: list[Step], came: list[Step]) -> list[Difference]:
    """The differences on one link: neighbours of the two kinds, missing and extra, make one."""
    found: list[Difference] = []
    open_ = False  # whether the last difference lacks a message that the next one may be instead of
    for expected, got in _aligned(_settled(wanted), _settled(came)):
        if expected and (got or expected.optional or expected.what == "100"):
            open_ = open_ and not got
        elif got and open_:
            found[-1] = found[-1]._replace(came=got)
            open_ = False
        else:
            at = expected or got
            assert at is not None
            found.append(Difference(at.sender, at.receiver, expected, got))
            open_ = got is None
    return found


def _settled(steps: list[Step]) -> list[Step]:
    """The steps of a link with those that may overtake each other in one and the same order."""
    steps = list(steps)
    for at in range(len(steps) - 1):
        first, second = steps[at : at + 2]
        if any(_is(second, one) and _is(first, other) for one, other in EITHER_WAY):
            steps[at], steps[at + 1] = second, first
    return steps


def _is(step: Step, kind: tuple[str, str]) -> bool:
    """Whether a step is of this kind, as far as is known what it answers."""
    return step.what == kind[0] and step.of in (kind[1], "")


def _aligned(wanted: list[Step], came: list[Step]) -> list[tuple[Step | None, Step | None]]:
    """The longest common part of two lists, side by side, and between it what only one of them has."""
    lengths = [[0] * (len(came) + 1) for _ in range(len(wanted) + 1)]
    for i in reversed(range(len(wanted))):
        for j in reversed(range(len(came))):
            fits = wanted[i].fits(came[j])
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if fits else max(lengths[i + 1][j], lengths[i][j + 1])
    pairs: list[tuple[Step | None, Step | None]] = []
    i = j = 0
    while i < len(wanted) or j < len(came):
        if i < len(wanted) and j < len(came) and wanted[i].fits(came[j]):
            pairs.append((wanted[i], came[j]))
            i, j = i + 1, j + 1
        elif j == len(came) or (i < len(wanted) and lengths[i + 1][j] >= lengths[i][j + 1]):
            pairs.append((wanted[i], None))
            i += 1
        else:
            pairs.append((None, came[j]))
            j += 1
    return pairs
