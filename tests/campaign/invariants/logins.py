"""Who has to log in, and whether anybody got by: nobody with a wrong password, nothing said by somebody before."""

from __future__ import annotations

from collections.abc import Iterator

from campaign.reading import message_of
from campaign.stage import Stage

from sipsim.errors import SipParseError
from sipsim.message.auth import Credentials
from sipsim.message.message import Request, Response

KEPT_OUT = (400, 401, 403, 407, 503)
"""What somebody gets who can't log in, or comes to a server with too much to do."""

Counts = dict[tuple[str, str, str, str], str | None]
"""By server, realm, nonce and nonce count: the branch of the request that had them."""


def only_the_invited(stage: Stage) -> Iterator[str]:
    """A REGISTER is done for a user with the right password, once for each nonce count (RFC 7616 §3.4)."""
    if stage.plan.login is None or "corrupt" in stage.plan.link:
        return
    heard = stage.eve.heard if stage.eve is not None and not stage.plan.queues else []
    for message in heard:  # where there was no room for the REGISTER itself eve may be the first to say it
        if isinstance(message, Response) and message.status >= 200 and message.status not in KEPT_OUT:
            yield f"who says a REGISTER of somebody else's once more gets {message.status}"
    wrong = {f"sip:{stage.phones[name].host_port}" for name in stage.plan.login.wrong}
    servers = {one.name for one in stage.registrars.values()}
    asked: dict[tuple[str, str | None], Request] = {}
    counts: Counts = {}
    for record in stage.lab.trace:
        message = message_of(record) if record.element in servers and record.kind in ("sent", "delivered") else None
        if message is None or message.cseq.method != "REGISTER":
            continue
        key = (record.element, message.branch)
        if isinstance(message, Request) and record.kind == "delivered":
            asked.setdefault(key, message)
        elif isinstance(message, Response) and record.kind == "sent" and message.status == 200 and key in asked:
            yield from _unproved(record.element, asked[key], wrong, counts)


def _unproved(server: str, request: Request, wrong: set[str], counts: Counts) -> Iterator[str]:
    shown = [known for text in request.values("Authorization") if (known := _read(text)) is not None]
    if len(request.vias) > 1:
        return  # passed on from elsewhere
    if f"sip:{request.via.sent_by.removesuffix(':5060')}" in wrong:
        yield f"{server} lets in who has a wrong password: {request!r}"
    if not shown:
        yield f"{server} says yes to {request!r} without credentials"
    for one in shown:
        key = (server, one.realm, one.nonce, one.nc or "")
        if counts.setdefault(key, request.branch) != request.branch:
            yield f"{server} takes nonce count {one.nc} a second time: {request!r}"


def _read(text: str) -> Credentials | None:
    try:
        return Credentials.parse(text)
    except SipParseError:
        return None
