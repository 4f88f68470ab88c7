"""Faults planted into elements: for each invariant there is one that it alone, or it too, has to notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from campaign import stage, trial
from campaign.plan import draw
from campaign.trial import tried

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.acceptance import Acceptance
from sipsim.elements.calls.call import Call
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.calls.session import Session
from sipsim.elements.element import Element
from sipsim.elements.exchange import Exchange
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.servers.response_context import ResponseContext
from sipsim.elements.servers.stateless_proxy import StatelessProxy
from sipsim.elements.stream_reader import StreamReader
from sipsim.elements.via import straight_to
from sipsim.message import build
from sipsim.protocol import registering
from sipsim.protocol.digest_server import DigestServer
from sipsim.protocol.location import LocationService
from sipsim.protocol.nonces import Nonces
from sipsim.protocol.timing import Timing
from sipsim.simulation.connections import Connection
from sipsim.simulation.interference import Interference
from sipsim.simulation.memory import MemoryNetwork
from sipsim.simulation.network import Address

Plant = Callable[[Any], Any]
"""What a method is replaced by, made of the method."""

SEEDS = range(40)


def lost_without_record(old: Any) -> Any:
    return lambda self, packet, why: None


def octets_change(old: Any) -> Any:
    def arrive(self: Any, packet: Any) -> None:
        old(self, packet.again(packet.data.replace(b"Max-Forwards: 69", b"Max-Forwards: 68")))

    return arrive


def timeout_not_told(old: Any) -> Any:
    def tell(self: Any, effect: Any) -> None:
        if effect[0] != "fail" or self.user is None:
            old(self, effect)

    return tell


def final_told_twice(old: Any) -> Any:
    def tell(self: Any, effect: Any) -> None:
        old(self, effect)
        if self.user is not None and effect[0] == "pass" and effect[1].status >= 300:
            old(self, effect)

    return tell


def servers_forget_at_once(old: Any) -> Any:
    return lambda self, reliable: {**old(self, reliable), "J": 0.0}


def bye_without_end(old: Any) -> Any:
    def on_request(self: Any, exchange: Any, request: Any) -> None:
        if request.method == "BYE":
            self.agent.reply(exchange, 200)
        else:
            old(self, exchange, request)

    return on_request


def no_end_without_ack(old: Any) -> Any:
    return lambda self: self.stop()


def timer_c_stays(old: Any) -> Any:
    def close(self: Any, exchange: Any) -> bool:
        return self._pending.pop(exchange, None) is not None

    return close


def stray_timer(old: Any) -> Any:
    def on_provisional(self: Any, *given: Any) -> Any:
        self.agent.env.call_later(50_000.0, int, lingering=True)
        return old(self, *given)

    return on_provisional


def rests_late(old: Any) -> Any:
    def on_provisional(self: Any, *given: Any) -> Any:
        self.agent.env.call_later(500.0, int)
        return old(self, *given)

    return on_provisional


def no_back_off(old: Any) -> Any:
    return lambda self, name, last, state: self.t1


def rings_often(old: Any) -> Any:
    def respond(self: Any, response: Any) -> None:
        for _ in range(12 if response.status == 180 else 1):
            old(self, response)

    return respond


def older_accepted(old: Any) -> Any:
    return lambda table, wanted: False


def longer_than_said(old: Any) -> Any:
    def commit(self: Any, aor: str, bindings: Any) -> None:
        old(self, aor, [one._replace(expires_at=one.expires_at + 7.0) if one.call_id else one for one in bindings])

    return commit


def liked_less(old: Any) -> Any:
    return lambda self, aor, bindings: old(self, aor, [one._replace(q=0.3) for one in bindings])


def answers_again(old: Any) -> Any:
    def respond(self: Any, response: Any) -> None:
        old(self, response)
        if response.status >= 200:
            self.element.send(build.reply(self.request, 500, to_tag="again"), self.remote)

    return respond


def ack_answered(old: Any) -> Any:
    def on_ack(self: Any, request: Any) -> None:
        old(self, request)
        hop = straight_to(Address(request.via.host, request.via.port or 5060))
        self.send(build.reply(request, 200, to_tag="x"), hop)

    return on_ack


def rings_for_ever(old: Any) -> Any:
    def on_provisional(self: Any, *given: Any) -> Any:
        def again() -> None:
            self.agent.env.call_later(30.0, again)

        again()
        return old(self, *given)

    return on_provisional


def raises(old: Any) -> Any:
    def on_provisional(self: Any, *given: Any) -> Any:
        raise AttributeError("planted")

    return on_provisional


def any_password(old: Any) -> Any:
    return lambda self, shown, algorithm, request: True


def replay_taken(old: Any) -> Any:
    return lambda self, nonce, count, now: True


def counts_stay(old: Any) -> Any:
    """A client that says 1 for ever: nobody lets it in a second time."""

    def prepare(self: Any, request: Any) -> Any:
        for session in self._sessions.values():
            session.count = 0
        return old(self, request)

    return prepare


def lost_on_a_connection(old: Any) -> Any:
    def arrive(self: Any, segment: Any) -> None:
        if segment.data.startswith(b"ACK "):
            self._pipes[segment.source].awaited += 1
        else:
            old(self, segment)

    return arrive


def comes_twice(old: Any) -> Any:
    def receive(self: Any, piece: Any) -> None:
        old(self, piece)
        old(self, piece)

    return receive


def no_memory_and_yet_a_word(old: Any) -> Any:
    def handle(self: Any, request: Any, packet: Any) -> None:
        if request.method == "INVITE":
            self.send(build.reply(request, 100), straight_to(packet.source))
        old(self, request, packet)

    return handle


def another_branch_each_time(old: Any) -> Any:
    return lambda self, branch: self.new_via()


def full_without_record(old: Any) -> Any:
    def admits(self: Any, packet: Any) -> bool:
        return bool(self.down or self.queue_limit is None or len(self._inbox) < self.queue_limit) and bool(
            old(self, packet)
        )

    return admits


def acks_turned_away(old: Any) -> Any:
    def turn_away(server: Any, packet: Any, waiting: Any) -> bool:
        data = packet.data.replace(b"ACK ", b"OPTIONS ", 1) if packet.data.startswith(b"ACK ") else packet.data
        return bool(old(server, packet.again(data), waiting))

    return turn_away


def other_description(old: Any) -> Any:
    def agree(self: Any, local: Any, described: bytes) -> None:
        old(self, local, described.replace(b"RTP/AVP 0", b"RTP/AVP 8"))

    return agree


def deaf_afterwards(old: Any) -> Any:
    def heal(self: Any) -> None:
        old(self)
        self.partition("ann0", [name for name in self._nodes.values() if name != "ann0"])

    return heal


PLANTED: dict[Plant, tuple[Any, str, str]] = {
    lost_without_record: (Interference, "lose", "conservation"),
    octets_change: (Element, "_arrive", "as_it_was_sent"),
    timeout_not_told: (Exchange, "_tell", "one_outcome"),
    final_told_twice: (Exchange, "_tell", "one_outcome"),
    servers_forget_at_once: (Timing, "_values", "at_most_once"),
    bye_without_end: (Call, "on_request", "bye_ends_it"),
    no_end_without_ack: (Acceptance, "_give_up", "definite_end"),
    timer_c_stays: (ResponseContext, "_close", "nothing_left"),
    stray_timer: (OutgoingCall, "_on_provisional", "nothing_left"),
    rests_late: (OutgoingCall, "_on_provisional", "soon_at_rest"),
    no_back_off: (Timing, "again", "no_storm"),
    rings_often: (Exchange, "respond", "few_messages"),
    older_accepted: (registering, "_is_late", "table_is_the_log"),
    longer_than_said: (LocationService, "commit", "table_is_the_log"),
    liked_less: (LocationService, "commit", "table_is_the_log"),
    answers_again: (Exchange, "respond", "one_answer"),
    ack_answered: (UserAgent, "on_ack", "no_answer_from_nowhere"),
    any_password: (DigestServer, "_is_right", "only_the_invited"),
    replay_taken: (Nonces, "use", "only_the_invited"),
    lost_on_a_connection: (Connection, "_arrive", "conservation"),
    comes_twice: (StreamReader, "__call__", "conservation"),
    no_memory_and_yet_a_word: (StatelessProxy, "_handle_request", "nothing_made_up"),
    another_branch_each_time: (StatelessProxy, "via_with", "keeps_to_the_rfcs"),
    full_without_record: (Proxy, "_admits", "conservation"),
    other_description: (Session, "agree", "lives_again"),
    deaf_afterwards: (MemoryNetwork, "heal", "lives_again"),
    rings_for_ever: (OutgoingCall, "_on_provisional", "an end"),
    raises: (OutgoingCall, "_on_provisional", "no exception"),
}


@pytest.fixture(autouse=True)
def nothing_left_behind() -> None:
    """Nobody holds these labs against the RFCs, or asks what is left in them: they are broken on purpose."""


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_noticed(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, invariant = PLANTED[plant]
    monkeypatch.setattr(owner, name, plant(getattr(owner, name)))
    monkeypatch.setattr(stage, "MOST_STEPS", 20_000)
    assert any(invariant in tried(draw(seed)).amiss for seed in SEEDS), f"{invariant} notices nothing"


def test_an_invariant_that_raises_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(stage: Any) -> Any:
        raise AttributeError("planted")

    monkeypatch.setattr(trial, "INVARIANTS", (broken,))
    assert "planted" in tried(draw(0)).amiss["broken"][0]


def test_a_run_that_sets_nothing_off_and_does_not_come_back_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(self: Any, *given: Any) -> None:
        while True:
            pass

    monkeypatch.setattr(OutgoingCall, "_on_provisional", busy)
    monkeypatch.setattr(trial, "PATIENCE", 0.2)
    assert any("no end within" in tried(draw(seed)).amiss.get("an end", [""])[0] for seed in range(5))
