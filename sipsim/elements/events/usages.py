"""Several usages of one dialog: subscriptions beside a call, or without one (RFC 5057).

A dialog lives as long as its last usage. A call keeps its own; what stands here is the rest: each subscription that
uses a dialog, so that it goes on being found when the call is over.
"""

from __future__ import annotations

from typing import Protocol

from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.refusing import refuse
from sipsim.message.message import Request
from sipsim.message.rare_fields import Parameterised
from sipsim.protocol.dialog import Dialog, DialogKey
from sipsim.protocol.inspection import NO_DIALOG, OUT_OF_ORDER
from sipsim.protocol.machine import Machine

SERVED = frozenset(("SUBSCRIBE", "NOTIFY", "REFER", "OPTIONS", "MESSAGE"))
"""Methods that mean something in a dialog without a call."""


class Usage(Protocol):
    """One subscription in a dialog, from either side."""

    notifies: bool
    """Whether we are the one who notifies."""

    def matches(self, event: Parameterised) -> bool:
        """Whether a request of this event is about it."""


class Life:
    """Where a subscription stands in its table; each step is a record, where the trace keeps states."""

    __slots__ = ("_element", "_machine", "state", "which")

    def __init__(self, element: Element, machine: Machine, which: str) -> None:
        self._element = element
        self._machine = machine
        self.state = machine.initial
        self.which = which

    def feed(self, input: str) -> bool:
        """Take an input; false where the table has no row for it, which is recorded."""
        element, machine, before = self._element, self._machine, self.state
        row = machine.row(before, input)
        if row is None:
            element.ignored(f"{machine.name} in {before} has no row for {input}", machine.rfc)
            return False
        self.state = row.next
        if element.trace.everything:
            now = element.env.now
            element.trace.state(now, element.name, machine.name, before, input, row.next, row.rfc, self.which)
        return True


class EventDialog:
    """A dialog with the subscriptions that use it; requests in it are the element's to serve."""

    def __init__(self, element: Element, dialog: Dialog) -> None:
        self.element = element
        self.dialog = dialog
        self.usages: list[Usage] = []

    def on_request(self, exchange: Exchange, request: Request) -> None:
        element = self.element
        if request.method not in SERVED:
            refuse(element, exchange, NO_DIALOG)
        elif not self.dialog.accepts(request):
            refuse(element, exchange, OUT_OF_ORDER)
        else:
            element.serve(exchange, request)  # type: ignore[attr-defined]

    def on_ack(self, request: Request) -> None:
        """No INVITE belongs to such a dialog, so no ACK does."""
        self.element.ignored("an ACK for no answer of ours", "RFC 3261 §17.2.3")

    def on_cancel(self, invite: Exchange) -> None:
        """Nor can any be taken back."""

    def lost(self) -> None:
        """The subscriptions hear of a crash themselves."""

    def forget(self) -> None:
        """They stop by themselves too."""


class Usages:
    """The dialogs of an element that subscriptions use, by their keys."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self.dialogs: dict[DialogKey, EventDialog] = {}

    def add(self, dialog: Dialog, usage: Usage) -> None:
        """From now on this subscription uses the dialog."""
        there = self.dialogs.get(dialog.key)
        if there is None:
            there = self.dialogs[dialog.key] = EventDialog(self._element, dialog)
        there.usages.append(usage)

    def drop(self, dialog: Dialog, usage: Usage) -> None:
        """It does no longer; with the last one the dialog is over."""
        there = self.dialogs.get(dialog.key)
        if there is not None and usage in there.usages:
            there.usages.remove(usage)
            if not there.usages:
                del self.dialogs[dialog.key]

    def find(self, request: Request, event: Parameterised, notifies: bool) -> Usage | None:
        """The subscription that a request in a dialog is about (RFC 6665 §4.1.3)."""
        there = self.dialogs.get(key_of(request))
        for usage in there.usages if there is not None else ():
            if usage.notifies is notifies and usage.matches(event):
                return usage
        return None


def key_of(request: Request) -> DialogKey:
    """The key of the dialog that a request says it is in, as its receiver knows it."""
    return (request.call_id, request.to_tag or "", request.from_tag or "")
