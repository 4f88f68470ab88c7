"""What the tests of transactions need: a host with a virtual clock that carries out their effects, and messages."""

from __future__ import annotations

from math import inf

from sipsim.message import build
from sipsim.message.message import Message, Request, Response
from sipsim.protocol.machine import Machine
from sipsim.protocol.timing import Timing
from sipsim.protocol.transactions import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
    Effect,
    Transaction,
)

MACHINES = (INVITE_CLIENT, NON_INVITE_CLIENT, INVITE_SERVER, NON_INVITE_SERVER)


def request(method: str, branch: str = "z9hG4bK-alice-1", **changes: object) -> Request:
    """A request of alice's to bob."""
    values: dict[str, object] = {
        "via": f"SIP/2.0/UDP 192.0.2.1:5060;branch={branch}",
        "from_": "<sip:alice@example.com>;tag=alice-1",
        "to": "<sip:bob@example.com>",
        "call_id": "1@192.0.2.1",
        "cseq": 1,
    }
    return build.request(method, "sip:bob@example.com", **(values | changes))  # type: ignore[arg-type]


def response(status: int, of: Request, to_tag: str | None = "bob-1") -> Response:
    return build.reply(of, status, to_tag=None if status == 100 else to_tag)


def request_for(machine: Machine) -> Request:
    return request("INVITE" if machine.name.startswith("INVITE") else "OPTIONS")


class Host:
    """Carries out the effects of one transaction and notes them with their times.

    It is strict: a timer that is started while it runs, or stopped while it does not, is an error.
    """

    def __init__(
        self, machine: Machine, request: Request | None = None, timing: Timing | None = None, reliable: bool = False
    ) -> None:
        self.now = 0.0
        self.timers: dict[str, float] = {}
        self.done: list[tuple[float, Effect]] = []
        self.transaction = Transaction(machine, request or request_for(machine), timing or Timing(), reliable)
        self._carry_out(self.transaction.start())

    @property
    def request(self) -> Request:
        return self.transaction.request

    @property
    def state(self) -> str:
        return self.transaction.state

    def feed(self, input: str, message: Message | None = None) -> list[Effect]:
        return self._carry_out(self.transaction.feed(input, message))

    def receive(self, message: Message) -> list[Effect]:
        return self._carry_out(self.transaction.receive(message))

    def respond(self, status: int) -> list[Effect]:
        return self._carry_out(self.transaction.respond(response(status, self.request)))

    def fire(self, name: str) -> list[Effect]:
        """Let a timer fire at its time."""
        self.now = self.timers.pop(name)
        return self.feed(f"timer {name}")

    def run(self, until: float = inf) -> None:
        """Let all timers fire in their order, up to a time."""
        while self.timers and min(self.timers.values()) <= until:
            self.fire(min(self.timers, key=self.timers.__getitem__))
        self.now = self.now if until == inf else until

    def _carry_out(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            self.done.append((self.now, effect))
            if effect[0] == "start":
                assert effect[1] not in self.timers, f"{effect[1]} started twice"
                self.timers[effect[1]] = self.now + effect[2]
            elif effect[0] == "stop":
                del self.timers[effect[1]]
        return effects

    def times(self, kind: str) -> list[float]:
        """When effects of a kind were carried out."""
        return [time for time, effect in self.done if effect[0] == kind]

    def values(self, kind: str) -> list[object]:
        """What effects of a kind were about: the message, the reason, the timer."""
        return [effect[1] for _, effect in self.done if effect[0] == kind]
