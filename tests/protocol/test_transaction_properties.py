"""Whatever comes in whatever order: transactions keep their promises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from transaction_bench import MACHINES, Host, request, request_for, response

from sipsim.protocol.machine import Machine
from sipsim.protocol.transactions import INVITE_CLIENT

STATUSES = st.sampled_from([100, 180, 183, 199, 200, 202, 299, 300, 302, 401, 404, 486, 487, 503, 603, 699])
TAGS = st.sampled_from(["bob-1", "bob-2", None])
METHODS = st.sampled_from(["INVITE", "ACK", "CANCEL", "OPTIONS", "BYE", "FOO"])
TIMERS = st.sampled_from("ABCDEFGHIJKLMZ")
INPUTS = {input for machine in MACHINES for _, input in machine.rows}
NONSENSE = st.text(max_size=10).filter(lambda text: text not in INPUTS)  # Hypothesis finds names in the code, too


class AnyOrder(RuleBasedStateMachine):
    """One transaction, fed with anything at all."""

    machine: Machine
    reliable: bool

    @initialize()
    def begin(self) -> None:
        self.host = Host(self.machine, reliable=self.reliable)
        self.asked = request_for(self.machine)

    def observe(self, feed: Any, *arguments: object) -> None:
        """Feed, and look at what came of it."""
        before = self.host.state
        effects = feed(*arguments)
        kinds = [effect[0] for effect in effects]
        assert ("end" in kinds) == (self.host.state == "terminated" != before)
        assert kinds.count("pass") + kinds.count("fail") <= 1
        assert kinds.count("send") <= 1
        if "ignored" in kinds:
            assert len(kinds) == 1
            assert self.host.state == before
        if before == "terminated":
            assert kinds == ["ignored"]

    @rule(status=STATUSES, tag=TAGS)
    def a_response_arrives(self, status: int, tag: str | None) -> None:
        self.observe(self.host.receive, response(status, self.asked, tag))

    @rule(method=METHODS)
    def a_request_arrives(self, method: str) -> None:
        self.observe(self.host.receive, request(method))

    @rule(status=STATUSES)
    def the_user_responds(self, status: int) -> None:
        self.observe(self.host.respond, status)

    @rule()
    def the_transport_fails(self) -> None:
        self.observe(self.host.feed, "transport error")

    @precondition(lambda self: self.host.timers)
    @rule(data=st.data())
    def a_timer_fires(self, data: st.DataObject) -> None:
        self.observe(self.host.fire, data.draw(st.sampled_from(sorted(self.host.timers))))

    @rule(name=TIMERS)
    def a_timer_fires_though_it_was_stopped(self, name: str) -> None:
        if name not in self.host.timers:
            self.observe(self.host.feed, f"timer {name}")

    @rule(input=NONSENSE)
    def nonsense(self, input: str) -> None:
        self.observe(self.host.feed, input)

    @invariant()
    def the_timers_alive_are_those_of_the_state(self) -> None:
        unused = "AEG" if self.reliable else ""
        alive = {name for name in self.machine.timers[self.host.state] if name not in unused}
        assert set(self.host.timers) == alive

    @invariant()
    def a_user_hears_one_outcome(self) -> None:
        if "client" not in self.machine.name:
            return
        finals = [message.status for message in self.host.values("pass") if message.status >= 200]  # type: ignore[attr-defined]
        refusals = [status for status in finals if status >= 300]
        failures = self.host.values("fail")
        if self.machine is INVITE_CLIENT:
            # Any number of 2xx or one refusal; after it the ACK may fail to leave (RFC 3261 §17.1.4).
            assert not refusals or len(finals) == 1
            assert len(failures) <= 1
            assert not finals or failures in ([], ["transport error"] if refusals else [])
        else:
            assert len(finals) + len(failures) <= 1

    @invariant()
    def a_server_gives_one_final_answer(self) -> None:
        if "server" not in self.machine.name:
            return
        sent = [effect[1].status for _, effect in self.host.done if effect[0] == "send" and effect[2] == 1]
        finals = [status for status in sent if status >= 200]
        assert len(finals) <= 1 or (self.machine.name == "INVITE server" and max(finals) < 300)
        assert self.host.values("fail").count("timeout") <= 1
        assert not finals or sent[-len(finals) :] == finals

    def teardown(self) -> None:
        """Left alone, a transaction that waits for nothing but timers comes to its end."""
        host = self.host
        if host.timers:
            host.run()
            assert host.transaction.terminated
        assert host.timers == {}


@pytest.mark.parametrize("reliable", [False, True], ids=["unreliable", "reliable"])
@pytest.mark.parametrize("machine", MACHINES, ids=repr)
def test_a_transaction_fed_with_anything(machine: Machine, reliable: bool) -> None:
    case = type("Case", (AnyOrder,), {"machine": machine, "reliable": reliable})
    run_state_machine_as_test(case, settings=settings(max_examples=40, stateful_step_count=25))
