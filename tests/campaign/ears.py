"""What the users of transactions hear, noted at the two doors of an element: what it asks for, and what comes to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sipsim.elements.element import Element
from sipsim.message.message import Request, Response


class Asked(NamedTuple):
    """A request that an element sent through a client transaction, and the final outcomes that its user heard of."""

    time: float
    element: str
    request: Request
    outcomes: list[tuple[float, str]]  # when, and "200 tag", "486", "timeout", "transport error"


class Came(NamedTuple):
    """A request that a transaction passed up to an element: when, and the transaction's name."""

    time: float
    element: str
    transaction: tuple[str, str, str]


class Listener:
    """The user of a client transaction, and a note of what it is told."""

    def __init__(self, user: Any, asked: Asked, env: Any) -> None:
        self._user, self._asked, self._env = user, asked, env

    def __getattr__(self, name: str) -> Any:
        return getattr(self._user, name)

    def on_response(self, exchange: Any, response: Response) -> None:
        if response.status >= 200:
            tag = f" {response.to_tag}" if response.status < 300 else ""
            self._asked.outcomes.append((self._env.now, f"{response.status}{tag}"))
        self._user.on_response(exchange, response)

    def on_failure(self, exchange: Any, reason: str) -> None:
        self._asked.outcomes.append((self._env.now, reason))
        self._user.on_failure(exchange, reason)


class Ears:
    """What was asked for and what came, of every element that it listens to."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.came: list[Came] = []

    def listen(self, element: Element) -> None:
        """Listen at one element from now on."""
        request, on_request = element.request, element.on_request

        def asking(message: Request, hop: Any, user: Any) -> Any:
            asked = Asked(element.env.now, element.name, message, [])
            self.asked.append(asked)
            return request(message, hop, Listener(user, asked, element.env))

        def coming(exchange: Any, message: Request) -> None:
            via = message.via
            self.came.append(Came(element.env.now, element.name, (via.branch or "", via.sent_by, message.method)))
            on_request(exchange, message)

        element.request, element.on_request = asking, coming  # type: ignore[method-assign]
