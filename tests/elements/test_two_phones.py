"""Two phones whose users do whatever they like, whenever they like, over a bad link: every call comes to a sound end.

Actions are data, so that hypothesis shrinks what fails to a few steps. Checked are the invariants of fault campaigns:
every call has one definite end that both sides can believe (I2, I4), nothing is left (I5), both ends agree on the
stream as long as the call stands (I10), and no rule of the RFCs is broken.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sipsim import Call, CallFailed, Lab, UserAgent
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.elements.calls.outgoing_call import OutgoingCall


class Act(NamedTuple):
    """What a user does, `at` so many hundredths of a second: 0 is Alice, 1 is Bob."""

    at: int
    who: int
    what: str


LATER = ("answer", "reject", "hang up", "hang up early", "hold", "resume", "codec", "unfit", "refresh", "ask", "move")
CALLS = ("call", "call without offer")

whos = st.integers(0, 1)
first = st.builds(Act, st.just(0), whos, st.sampled_from(CALLS))
later = st.builds(Act, st.integers(0, 600), whos, st.sampled_from((*LATER, *LATER, *CALLS)))
acts = st.builds(lambda one, more: [one, *more], first, st.lists(later, max_size=12))
answering = st.sampled_from([None, 0.0, 0.01, 0.3, 2.0])
links = st.fixed_dictionaries(
    {}, optional={"loss": st.sampled_from([0.1, 0.3]), "jitter": st.just(0.02), "duplicate": st.just(0.2)}
)
transports = st.sampled_from(["udp", "tcp"])
ways = st.tuples(transports, transports, st.booleans())
UDP = ("udp", "udp", False)


class Users:
    """A lab with two phones, and all the calls that there ever were."""

    def __init__(
        self, seed: int, answers: tuple[float | None, float | None], link: dict[str, float], way: tuple[str, str, bool]
    ) -> None:
        *transports, proxied = way
        self.lab = Lab(seed, **link)
        self.calls: list[Call] = []
        self.changes: list[Any] = []
        proxy = self.lab.proxy("example.com") if proxied else None
        self.phones = [
            self.lab.user_agent(f"sip:{name}@example.com", transport=transport)
            for name, transport in zip(("alice", "bob"), transports, strict=True)
        ]
        self.names = [phone.uri if proxy is not None else phone for phone in self.phones]
        for phone in self.phones if proxy is not None else ():
            proxy.location.add(phone.uri.aor, phone.contact_uri)
        for phone, after in zip(self.phones, answers, strict=True):
            phone.on_call = lambda call, after=after: self.rings(call, after)

    def rings(self, call: IncomingCall, after: float | None) -> None:
        self.calls.append(call)
        if after is None:
            call.ring()
        elif after:
            call.answer_after(after)
        else:
            call.answer()

    def act(self, act: Act) -> None:
        phone, peer = self.phones[act.who], self.names[1 - act.who]
        if act.what.startswith("call"):
            self.calls.append(phone.call(peer, offer=act.what == "call"))
        elif act.what == "move":
            phone.move()
        elif phone.current_call is not None:
            self.act_on(phone.current_call, act.what)

    def act_on(self, call: Call, what: str) -> None:
        rings = call.state in ("calling", "ringing")
        if what == "hang up early" and isinstance(call, OutgoingCall):
            call.hang_up(early_bye=True)
        elif what.startswith("hang up"):
            call.hang_up()
        elif what in ("answer", "reject"):
            if isinstance(call, IncomingCall) and rings and call._unacknowledged is None:
                getattr(call, what)()
        elif not rings:
            how: dict[str, Any] = {
                "hold": {"direction": "sendonly"}, "resume": {"direction": "sendrecv"}, "codec": {"codecs": ["PCMA"]},
                "unfit": {"codecs": ["G729"]}, "refresh": {}, "ask": {"offer": False},
            }[what]  # fmt: skip
            self.changes.append(call.reinvite(**how))

    def hang_up_all(self) -> None:
        for _ in range(3):  # a BYE may get lost for good, and leave the other end where it was
            for phone in self.phones:
                for call in list(phone.calls.values()):
                    call.hang_up()
            self.lab.run()


@settings(max_examples=150)
@given(st.integers(1, 50), st.tuples(answering, answering), links, ways, acts)
@example(1, (None, 0.0), {}, UDP, [Act(0, 0, "call"), Act(1, 1, "hang up"), Act(1, 0, "hang up")])
@example(1, (None, 0.0), {}, UDP, [Act(0, 0, "call"), Act(50, 0, "codec"), Act(50, 1, "hold")])
@example(1, (None, 0.0), {}, UDP, [Act(0, 0, "call"), Act(50, 0, "hold"), Act(50, 1, "hang up")])
@example(1, (0.0, 0.0), {}, UDP, [Act(0, 0, "call"), Act(0, 1, "call"), Act(90, 0, "hang up"), Act(90, 1, "hang up")])
@example(1, (None, 2.0), {}, UDP, [Act(0, 0, "call"), Act(200, 0, "hang up early")])
@example(1, (None, 2.0), {}, UDP, [Act(0, 0, "call without offer"), Act(200, 0, "hang up"), Act(300, 1, "hang up")])
@pytest.mark.covers("P01", "P17", "P18")
def test_whatever_two_users_do_every_call_comes_to_a_sound_end(
    seed: int, answers: tuple[float | None, float | None], link: dict[str, float], way: tuple[str, str, bool],
    acts: list[Act],
) -> None:  # fmt: skip
    users = Users(seed, answers, link, way)
    lab = users.lab
    for act in sorted(acts):
        lab.env.call_later(act.at / 100, users.act, act)
    lab.run()
    moved = any(act.what == "move" for act in acts)
    ends = sides(users.calls)
    if not moved:
        for caller, callee in ends:
            believe(caller, callee)
    users.hang_up_all()
    for call in users.calls:
        assert call.state == "ended" and call.ended.triggered, call
        assert call.answered.triggered, "whoever waits for the answer hears of the end"
    assert all(change.triggered for change in users.changes)
    for phone in users.phones:
        assert not phone.calls and not phone.dialogs
    if not moved:
        for caller, callee in ends:
            assert verdict(caller) in PAIRS[verdict(callee)], (caller.ended.value, callee.ended.value)
        names = [phone.name for phone in users.phones]
        assert not [found for found in lab.trace.check() if found.severity == "MUST" and found.element in names]
    lab.drain()
    assert not lab.leftovers()


def sides(calls: list[Call]) -> list[tuple[Call, Call]]:
    """The two ends of each call that reached the other phone."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[call.call_id].append(call)
    return [(ends[0], ends[1]) for ends in found.values() if len(ends) == 2]


def believe(caller: Call, callee: Call) -> None:
    """At rest both ends of a standing call have the same idea of it."""
    if caller.state == callee.state == "answered":
        a, b = caller.stream, callee.stream
        assert a is not None and b is not None
        mirror = {"sendonly": "recvonly", "recvonly": "sendonly"}
        assert (a.codec, a.local, a.remote) == (b.codec, b.remote, b.local)
        assert b.direction == mirror.get(a.direction, a.direction)


def verdict(call: Call) -> str:
    """How a call came to its end, in a word."""
    if call.answered.ok:
        return "completed"
    why = call.ended.value.why
    if why in ("CANCEL", "early BYE"):
        return "cancelled"
    if "no ACK" in why:
        return "no ACK"
    if why.startswith("BYE"):
        return "ended before the ACK"
    return "timed out" if why.startswith("408") else "refused"


PAIRS = {
    "completed": {"completed"},
    "cancelled": {"cancelled", "timed out", "refused"},
    "no ACK": {"completed", "timed out", "cancelled"},
    "ended before the ACK": {"completed", "refused", "timed out"},
    "refused": {"refused", "cancelled", "timed out"},
    "timed out": set(),
}
"""What the caller may say of a call, by what the callee says (I4)."""


def test_a_phone_that_waits_for_an_answer_hears_when_the_call_ends_before_it() -> None:
    lab = Lab()
    alice, bob = lab.user_agent("sip:alice@example.com"), lab.user_agent("sip:bob@example.com")
    told: list[int] = []

    def waits(call: IncomingCall) -> Any:
        try:
            yield call.answer()
        except CallFailed as failure:
            told.append(failure.status)

    bob.on_call = waits
    lab.network.drop("ACK")  # type: ignore[attr-defined]
    call = alice.call(bob)
    lab.run(call.answered)
    call.hang_up()
    lab.run()
    assert told == [487] and isinstance(bob, UserAgent)
