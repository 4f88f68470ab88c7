"""I8: what a registrar knows is what it has said yes to, one REGISTER after the other, since it lost its memory."""

from __future__ import annotations

from collections.abc import Iterator

from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.message.fields import NameAddr
from sipsim.message.message import Request, Response

Log = dict[tuple[str, str], float]
"""Until when a contact is bound, by registrar and contact."""


def table_is_the_log(stage: Stage) -> Iterator[str]:
    """Phone by phone: bound where the last REGISTER that got a 2xx says so, as long as it says."""
    if "corrupt" in stage.plan.link:
        return  # a registrar may have said yes to what nobody meant
    now, log = stage.lab.env.now, acknowledged(stage)
    for phone in stage.plan.phones:
        agent, registrar = stage.phones[phone.name], stage.registrars.get(phone.domain)
        if registrar is None:
            continue
        until = log.get((registrar.name, str(agent.contact_uri)), 0.0)
        bound = any(binding.contact == agent.contact_uri for binding in registrar.location.look_up(agent.uri, now))
        if bound != (until > now):
            yield f"{registrar.name} {'knows' if bound else 'does not know'} {phone.name}, bound until {until:g} s"


def acknowledged(stage: Stage) -> Log:
    """The changes that registrars have said yes to, in order; what a crash took away is left out."""
    servers = {registrar.name for registrar in stage.registrars.values()}
    asked: dict[tuple[str, str, int], Request] = {}
    log: Log = {}
    seen: set[tuple[str, str, int]] = set()
    for record in stage.lab.trace:
        if record.element not in servers:
            continue
        if record.kind == "fault" and record.data["what"] == "crash":
            log = {key: until for key, until in log.items() if key[0] != record.element}
            seen = {key for key in seen if key[0] != record.element}
        message = message_of(record) if record.kind in ("delivered", "sent") else None
        if message is None or message.cseq.method != "REGISTER":
            continue
        key = (record.element, message.call_id, message.cseq.number)
        if isinstance(message, Request) and record.kind == "delivered":
            if key not in seen:
                asked[key] = message
                seen.add(key)
        elif isinstance(message, Response) and record.kind == "sent" and message.status < 300 and key in asked:
            _note(log, record.element, record.time, asked.pop(key), message)  # a repeated one changes nothing
    return log


def _note(log: Log, element: str, time: float, request: Request, answer: Response) -> None:
    """Each contact of the request is bound for as long as the 2xx grants it, or not any more."""
    granted = {str(one.uri): one.expires or 0 for one in answer.contacts if isinstance(one, NameAddr)}
    for contact in request.contacts:
        if isinstance(contact, NameAddr):
            log[element, str(contact.uri)] = time + granted.get(str(contact.uri), 0)
