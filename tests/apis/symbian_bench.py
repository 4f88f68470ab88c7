"""A Symbian phone for tests: a device, an application that notes what it is told, and a plain phone to talk to."""

from __future__ import annotations

from typing import Any

from sipsim.apis import symbian
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.lab.lab import Lab


class App(symbian.MSIPObserver, symbian.MSIPConnectionObserver):
    """An application: `told` has (instant, callback, arguments)."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.told: list[tuple[float, str, tuple[Any, ...]]] = []
        self.reply: int | None = None

    def _note(self, name: str, *what: Any) -> None:
        self.told.append((round(self.lab.env.now, 6), name, what))

    def IncomingRequest(self, *what: Any) -> None:
        self._note("IncomingRequest", *what)
        transaction = next(one for one in what if isinstance(one, symbian.CSIPServerTransaction))
        if self.reply is not None and transaction.ResponseAllowed():
            transaction.SendResponseL(symbian.CSIPResponseElements(self.reply))

    def TimedOut(self, *what: Any) -> None:
        self._note("TimedOut", *what)

    def IncomingResponse(self, *what: Any) -> None:
        held = what[0].ResponseElements()
        self._note(f"IncomingResponse {held.StatusCode()}", *what)

    def ErrorOccured(self, *what: Any) -> None:
        self._note("ErrorOccured", *what)

    def InviteCompleted(self, *what: Any) -> None:
        self._note("InviteCompleted", *what)

    def InviteCanceled(self, *what: Any) -> None:
        self._note("InviteCanceled", *what)

    def ConnectionStateChanged(self, *what: Any) -> None:
        self._note("ConnectionStateChanged", *what)

    @property
    def names(self) -> list[str]:
        return [name for _, name, _ in self.told]

    def last(self, name: str) -> tuple[Any, ...]:
        return next(what for _, said, what in reversed(self.told) if said == name)


class Phone:
    """A device with an application that is connected."""

    def __init__(self, lab: Lab, uri: str = "sip:alice@example.com", uid: int = 1, **options: Any) -> None:
        self.lab = lab
        self.server = symbian.SIPServer(lab, uri, **options)
        self.app = App(lab)
        self.csip = symbian.CSIP.NewL(uid, self.app, self.server)
        self.connection = symbian.CSIPConnection.NewL(self.csip, 1, self.app)
        lab.run(until=lab.env.now + 1.0)

    @property
    def stack(self) -> Any:
        return self.connection.stack

    def message(self, to: str = "sip:bob@example.com", text: str = "hello", *more: Any, method: str = "MESSAGE") -> Any:
        elements = symbian.CSIPRequestElements.NewL(to)
        elements.SetMethodL(method)
        if text:
            elements.MessageElements().SetContentL(text, "text/plain")
        return self.connection.SendRequestL(elements, *more)

    def bind(self, *, refresh: bool = False, **options: Any) -> symbian.CSIPRegistrationBinding:
        made = symbian.CSIPRefresh() if refresh else None
        return symbian.CSIPRegistrationBinding(
            self.connection, "sip:alice@example.com", "sip:example.com", None, made, **options
        )


def pair(seed: int = 7, **options: Any) -> tuple[Lab, Phone, UserAgent]:
    """A Symbian phone of Alice, and Bob's, whom everything for example.com reaches."""
    lab = Lab(seed=seed)
    bob = lab.user_agent("sip:bob@example.com", answers=1.0)
    lab.names.add("example.com", bob.address)
    return lab, Phone(lab, **options), bob


def left(call: Any, *arguments: Any) -> int:
    """The error number that a call leaves with."""
    try:
        call(*arguments)
    except symbian.Leave as error:
        return error.code
    return 0
