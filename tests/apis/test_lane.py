"""The lane: calls and callbacks are records, with causes that lead on to the wire and back."""

from __future__ import annotations

import pytest
from bench_pair import said

from sipsim.apis.lane import Lane, shown
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.call import Call
from sipsim.lab.lab import Lab


def application(trace: str = "all") -> tuple[Lab, UserAgent, Lane]:
    lab = Lab(seed=7, trace=trace)
    alice = lab.user_agent("sip:alice@example.com")
    return lab, alice, Lane(lab.env, lab.trace, "alice")


class App:
    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.told: list[str] = []

    def place(self, agent: UserAgent, to: UserAgent) -> Call:
        with self.lane.calling("makeCall", to.contact_uri):
            call = agent.call(to)
        self.lane.follow(call.answered, self.answered, self.refused)
        return call

    def answered(self, call: Call) -> None:
        self.lane.back(self.onEstablished, call, call=call.call_id)

    def refused(self, error: Exception) -> None:
        self.lane.back(self.onError, error)

    def onEstablished(self, call: Call) -> None:
        self.told.append("established")
        with self.lane.calling("endCall", call=call.call_id):
            call.hang_up()

    def onError(self, error: Exception) -> None:
        self.told.append(str(error))
        raise LookupError("no such screen")


def test_a_call_of_the_api_causes_its_message_and_a_message_the_callback():
    lab, alice, lane = application()
    app = App(lane)
    app.place(alice, lab.user_agent("sip:bob@example.com", answers=1.0))
    trace = lab.run()
    call, callback, end = trace.select("api")
    assert [record.data["name"] for record in (call, callback, end)] == ["makeCall", "onEstablished", "endCall"]
    assert callback.data["direction"] == "callback" and end.cause == callback.id and call.cause is None
    invite = trace.message(1)
    assert invite.cause == call.id
    answer = trace[callback.cause]
    assert answer.kind == "delivered" and answer.message.status == 200
    bye = next(record for record in trace.select("sent", "alice") if said(record.message) == "BYE")
    assert bye.cause == end.id
    assert [cause.kind for cause in trace.why(bye)][:3] == ["sent", "api", "api"]
    assert "onEstablished(OutgoingCall)" in trace.ladder().to_text()


def test_a_mistake_in_a_listener_is_on_record_and_goes_no_further():
    lab, alice, lane = application()
    mistakes: list[str] = []
    lane.on_mistake = lambda name, error: mistakes.append(f"{name}: {error}")
    bob = lab.user_agent("sip:bob@example.com")
    bob.rejects(486)
    app = App(lane)
    app.place(alice, bob)
    trace = lab.run()
    assert app.told == ["486 Busy Here"] and mistakes == ["onError: no such screen"]
    (error,) = trace.select("error")
    assert error.element == "alice" and "LookupError: no such screen" in error.data["text"]
    assert trace[error.cause].data["name"] == "onError"
    assert "no such screen" in trace.ladder().to_text()


@pytest.mark.parametrize("level", ["messages", "counters", "off"])
def test_the_application_hears_the_same_where_the_trace_keeps_less(level: str):
    lab, alice, lane = application(level)
    app = App(lane)
    app.place(alice, lab.user_agent("sip:bob@example.com", answers=1.0))
    lab.run()
    assert app.told == ["established"] and not lab.trace.select("api")


def test_who_follows_what_is_known_already_hears_of_it_later_at_the_same_instant():
    lab, alice, lane = application()
    call = alice.call(lab.user_agent("sip:bob@example.com", answers=0.0))
    lab.run(call.answered)
    heard: list[float] = []
    lane.follow(call.answered, lambda value: heard.append(lab.env.now))
    lane.soon(heard.append, -1.0)
    now = lab.env.now
    assert heard == []
    call.hang_up()
    lab.run()
    assert heard == [now, -1.0]


def test_arguments_are_shown_without_anything_that_differs_from_run_to_run():
    assert shown((1, None, True, "sip:bob@example.com", object(), shown)) == [
        1, None, True, "sip:bob@example.com", "object", "shown",
    ]  # fmt: skip
    assert shown(("v=0\r\no=alice\r\n", "x" * 90)) == ["v=0…", "x" * 59 + "…"]
