"""I8: what a registrar knows is what it has said yes to, one REGISTER after the other, since it lost its memory."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from campaign.invariants.answers import is_turned_away
from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.message.fields import STAR, NameAddr
from sipsim.message.message import Message, Request, Response
from sipsim.protocol.location import REMEMBERED


class Entry(NamedTuple):
    """A binding as the 2xx has promised it."""

    until: float
    q: float
    call_id: str
    cseq: int


Table = dict[tuple[str, str], Entry]
"""The bindings of one registrar, by address of record and contact."""


def table_is_the_log(stage: Stage) -> Iterator[str]:
    """The whole table of each registrar: who is bound where, until when, how much liked, and by which REGISTER."""
    if "corrupt" in stage.plan.link:
        return  # a registrar may have said yes to what nobody meant
    log = Log(stage)
    yield from log.amiss
    now = stage.lab.env.now
    for registrar in stage.registrars.values():
        wanted = {key: entry for key, entry in log.tables[registrar.name].items() if entry.until > now}
        found = {
            (aor, str(one.contact)): Entry(round(one.expires_at, 6), one.q, one.call_id, one.cseq)
            for aor in registrar.location._bindings
            for one in registrar.location.look_up(aor, now)
        }
        for key in dict.fromkeys([*wanted, *found]):
            if wanted.get(key) != found.get(key):
                yield f"{registrar.name} has {key} as {found.get(key)}, and has said {wanted.get(key)}"


class Log:
    """The changes that registrars have said yes to, in order; what a crash took away is left out."""

    def __init__(self, stage: Stage) -> None:
        self.amiss: list[str] = []
        self.tables: dict[str, Table] = {one.name: {} for one in stage.registrars.values()}
        self._domains = {one.name: domain for domain, one in stage.registrars.items()}
        self._asked: dict[tuple[str, str, int], Request] = {}
        self._seen: set[tuple[str, str, int]] = set()
        for user, domain, contact in stage.plan.bindings:
            table = self.tables[stage.registrars[domain].name]
            table[f"sip:{user}@{domain}", contact] = Entry(inf, 1.0, "", 0)
        for record in stage.lab.trace:
            if record.element not in self.tables:
                continue
            if record.kind == "fault" and record.data["what"] == "crash":
                self._forget(record.element)
            message = message_of(record) if record.kind in ("delivered", "sent") else None
            if message is None or message.cseq.method != "REGISTER" or not self._is_its(record.element, message):
                continue
            if stage.registrars[self._domains[record.element]].queue_limit is not None and is_turned_away(
                stage, record, message
            ):
                self._again(record.element, message)
            else:
                self._read(record.element, record.kind, record.time, message)

    def _is_its(self, name: str, message: Message) -> bool:
        """Whether it is for this registrar; others may pass it on, being proxies too."""
        return message.to.uri.host == self._domains[name]

    def _forget(self, name: str) -> None:
        self.tables[name].clear()
        self._asked = {key: request for key, request in self._asked.items() if key[0] != name}
        self._seen = {key for key in self._seen if key[0] != name}

    def _again(self, name: str, message: Message) -> None:
        """A REGISTER for which there was no room is as good as new when it comes again."""
        key = (name, message.branch or "", message.cseq.number)
        self._seen.discard(key)
        self._asked.pop(key, None)

    def _read(self, name: str, kind: str, time: float, message: Message) -> None:
        """A REGISTER, or the answer to one; what is repeated changes nothing."""
        key = (name, message.branch or "", message.cseq.number)
        if isinstance(message, Request) and kind == "delivered":
            if key not in self._seen:
                self._asked[key] = message
                self._seen.add(key)
        elif isinstance(message, Response) and kind == "sent" and message.status >= 200 and key in self._asked:
            request = self._asked.pop(key)
            if message.status < 300:
                self._change(name, time, request, message)

    def _change(self, name: str, time: float, request: Request, answer: Response) -> None:
        """Each contact of the request is bound for as long as the 2xx grants it, or not any more (§10.3)."""
        table, aor = self.tables[name], request.to.uri.aor
        said = {str(one.uri): one for one in answer.contacts if isinstance(one, NameAddr)}
        named = [str(one.uri) for one in request.contacts if one is not STAR]
        for contact in named or [contact for known, contact in table if known == aor and request.contacts]:
            before, one = table.get((aor, contact)), said.get(contact)
            again = before is not None and before.call_id == request.call_id and time < before.until + REMEMBERED
            if before is not None and again and request.cseq.number <= before.cseq:
                self.amiss.append(f"{name} says yes to {request!r} for {contact} after CSeq {before.cseq}")
            left = one.expires or 0 if one is not None else 0
            q = one.q if one is not None else 1.0
            table[aor, contact] = Entry(round(time + left, 6), q, request.call_id, request.cseq.number)
        standing = {contact for (known, contact), entry in table.items() if known == aor and entry.until > time}
        if standing != set(said):
            self.amiss.append(f"{name} says {sorted(said)} of {aor} at {time:g} s, and it is {sorted(standing)}")
