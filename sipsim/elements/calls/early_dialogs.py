"""The early dialogs of an INVITE: one for each phone that rings, until somebody has answered (RFC 3261 §12.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sipsim.elements.alarm import Alarm
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.message.message import Request, Response
from sipsim.protocol.dialog import Dialog
from sipsim.protocol.glare import GLARE
from sipsim.protocol.inspection import OUT_OF_ORDER
from sipsim.simulation.environment import Timer

if TYPE_CHECKING:
    from sipsim.elements.calls.call import Call


NONE: Mapping[str, int] = {}


class EarlyDialogs:
    """The caller's early dialogs by remote tag.

    A dialog is made of its response when somebody needs it; most never do. The call that they are of comes with each
    word, so that the two don't keep each other in memory.
    """

    __slots__ = ("_alarm", "_heard", "_numbers", "_tag")

    def __init__(self, local_tag: str) -> None:
        self._tag = local_tag
        self._heard: dict[str, Dialog | tuple[Request, Response]] = {}
        self._numbers: Mapping[str, int] = NONE  # the last RSeq of each that was acknowledged
        self._alarm: Alarm | Timer | None = None

    @property
    def dialogs(self) -> tuple[Dialog, ...]:
        return tuple([self._dialog(tag) for tag in self._heard])

    def hear(self, call: Call, invite: Request, response: Response) -> None:
        """A response from 101 to 199: with a tag that is new it makes a dialog."""
        tag = response.to_tag
        if tag and tag not in self._heard and call.dialog is None:
            self._heard[tag] = invite, response
            call.agent.dialogs[call.call_id, self._tag, tag] = call
            call.live(tag, "101-199")

    def expected(self, response: Response) -> Dialog | None:
        """The dialog of a reliable response that is to be acknowledged, None for one that was, or came too early.

        The first one counts as it comes; each has the number after the last (RFC 3262 §4).
        """
        tag, number = response.to_tag or "", response.rseq or 0
        last = self._numbers.get(tag)
        if tag not in self._heard or (last is not None and number != last + 1):
            return None
        self._numbers = {**self._numbers, tag: number}
        return self._dialog(tag)

    def is_repeated(self, response: Response) -> bool:
        """Whether a reliable response has been acknowledged before."""
        return (response.rseq or 0) <= self._numbers.get(response.to_tag or "", 0)

    def latest(self) -> Dialog | None:
        """The dialog of whoever rang last."""
        return self._dialog(next(reversed(self._heard))) if self._heard else None

    def dialog_with(self, tag: str) -> Dialog | None:
        """The dialog with this remote tag."""
        return self._dialog(tag) if tag in self._heard else None

    def confirmed(self, call: Call, invite: Request, response: Response) -> Dialog:
        """The dialog that a 2xx makes; its target and route set are those of the 2xx (§13.2.2.4)."""
        dialog = Dialog.of_client(invite, response)
        early = self._heard.pop(dialog.remote_tag, None)
        if early is not None:
            call.agent.dialogs.pop(dialog.key, None)
        if isinstance(early, Dialog):  # requests in it may still be under way
            early.remote_target, early.route_set = dialog.remote_target, dialog.route_set
            return early
        return dialog

    def on_request(self, call: Call, exchange: Exchange, request: Request) -> bool:
        """A request of the callee's; false where it is in none of these. A BYE is obeyed, though not allowed (§15)."""
        tag = request.from_tag or ""
        if tag not in self._heard:
            return False
        agent = call.agent
        if not self._dialog(tag).accepts(request):
            refuse(agent, exchange, OUT_OF_ORDER)
        elif request.method == "BYE":
            agent.reply(exchange, 200)
            self._end(call, tag, "BYE")
        elif request.method == "INVITE":
            refuse(agent, exchange, GLARE)
        else:
            call.on_other(exchange, request, self._dialog(tag))
        return True

    def end_by_bye(self, call: Call) -> bool:
        """Send a BYE in each (§15); its INVITE then gets 487 from there. False where there is none.

        Where it gets no final response at all within 64*T1 it is cancelled.
        """
        agent = call.agent
        if self._alarm is not None:  # as it was said before
            return True
        if self._heard:
            self._alarm = agent.alarm("wait for 487", agent.timing.limit, call.hang_up)
        for tag in self._heard:
            dialog = self._dialog(tag)
            agent.request(dialog.request("BYE", via=agent.new_via()), dialog.next_hop, call)
            call.live(tag, "BYE")
        return bool(self._heard)

    def expire(self, call: Call) -> None:
        """Somebody answered: phones that have not done so within 64*T1 are forgotten (§13.2.2.4)."""
        self.forget()
        if self._heard:
            why, limit = "64*T1 after the first 2xx", call.agent.timing.limit
            self._alarm = call.agent.alarm("early dialogs", limit, self.end, call, why, lingering=True)

    def end(self, call: Call, input: str) -> None:
        """None of them is left."""
        self.forget()
        for tag in list(self._heard):
            self._end(call, tag, input)

    def end_of(self, call: Call, tag: str) -> None:
        """One is no more, as a proxy says of it (RFC 6228 §4)."""
        if tag in self._heard:
            self._end(call, tag, "3xx-6xx")

    def forget(self) -> None:
        """Stop what would still happen by itself."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _end(self, call: Call, tag: str, input: str) -> None:
        del self._heard[tag]
        call.agent.dialogs.pop((call.call_id, self._tag, tag), None)
        call.live(tag, input)

    def _dialog(self, tag: str) -> Dialog:
        found = self._heard[tag]
        if not isinstance(found, Dialog):
            found = self._heard[tag] = Dialog.of_client(*found)
        return found
