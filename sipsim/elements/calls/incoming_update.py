"""UPDATE from the peer: another target, another session, before the call is answered or after (RFC 3311 §5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sipsim.elements.calls.in_dialog import packages
from sipsim.elements.calls.incoming_change import UNDESCRIBED, UNFIT
from sipsim.elements.calls.session import SDP, description_from, description_in, unreadable
from sipsim.elements.calls.session_timer import granting
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.message import build
from sipsim.message.message import Request
from sipsim.message.sdp import Sdp
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.glare import offers_cross, put_off
from sipsim.protocol.inspection import NO_DIALOG, Refusal
from sipsim.protocol.session_timers import too_small

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call


def take_update(call: Call, exchange: Exchange, request: Request, dialog: Dialog) -> None:
    """Answer an UPDATE: at once, for nobody is asked about it."""
    agent, described = call.agent, description_in(request)
    refused = _refusal(call, request, described)
    local = None
    if refused is None and described:
        local = _answer(call, described)
        if not isinstance(local, Sdp):
            refused = local
    if refused is not None:
        refuse(agent, exchange, refused)
        return
    dialog.refresh(request)
    body = bytes(local) if isinstance(local, Sdp) else b""
    fields, kind = (*packages(agent, request), *granting(call, request)), SDP if body else None
    exchange.respond(build.reply(request, 200, contact=agent.contact, headers=fields, body=body, content_type=kind))
    if isinstance(local, Sdp):
        call.agree_in(dialog, local, described)
    call.go_on()


def _refusal(call: Call, request: Request, described: bytes) -> Refusal | None:
    """What stands in the way: the end of the call, or an offer that has no answer yet (§5.2)."""
    if call.state in ("ending", "ended"):
        return NO_DIALOG
    if request.body and not described:
        return UNDESCRIBED
    if call.agent.min_se is not None and (small := too_small(request, call.agent.min_se)) is not None:
        return small
    under_way = call.open_offer if described else ""
    if under_way:
        return offers_cross() if under_way == "ours" else put_off(call.agent.dice("glare"), "RFC 3311 §5.2")
    return None


def _answer(call: Call, described: bytes) -> Sdp | Refusal:
    offered = description_from(described)
    if offered is None:
        return unreadable(described)
    local = call.answer_to(offered, call.codecs, call.direction)
    return UNFIT._replace(rfc="RFC 3311 §5.2", headers=(call.agent.warning,)) if local is None else local
