"""What stacks do by themselves, as the catalogue tells it: a refresh that is refused, look-ups, retries."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from bench_pair import messages, times, wire

import sipsim

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.covers("SY52", "SY50", "SY26")
def test_the_application_follows_an_error_to_the_481_that_it_never_saw_as_a_response():
    trace = sipsim.run("symbian-refused-refresh", seed=7)
    assert trace.result["association"] == "SUBSCRIBE" and trace.result["status"] == 481
    assert trace.result["refresh"] == "ETerminated" and not trace.check()
    assert [line for line in wire(trace) if "SUBSCRIBE" in line] == [
        "alice>bob SUBSCRIBE", "bob>alice 200 SUBSCRIBE", "alice>bob SUBSCRIBE", "bob>alice 481 SUBSCRIBE",
    ]  # fmt: skip
    assert times(trace, "SUBSCRIBE", "alice")[1] == pytest.approx(31.0, abs=0.1)
    told = [record.data["name"] for record in trace.select("api") if record.data["direction"] == "callback"]
    assert told == ["ConnectionStateChanged", "IncomingResponse", "IncomingRequest", "ErrorOccured"]


@pytest.mark.covers("SY46", "SY45", "SY98")
@pytest.mark.parametrize(("kept", "queries"), [(True, 3), (False, 9)])
def test_each_register_looks_the_proxy_up_and_each_message_unless_it_is_kept(kept: bool, queries: int):
    trace = sipsim.run("symbian-outbound-proxy", seed=7, kept=kept)
    assert len(messages(trace, "REGISTER", "alice")) == 3  # one more after the challenge
    assert trace.result["written"] == 3 and trace.result["asked"] == 1 and not trace.check()
    assert len(messages(trace, "MESSAGE", "alice")) == 6  # each is challenged
    assert trace.result["queries"] == queries


@pytest.mark.covers("AN59", "AN50")
def test_a_registration_is_kept_up_through_the_registrars_troubles():
    trace = sipsim.run("android-registration", seed=7)
    assert trace.result["bound"] == 1 and not trace.check()
    sent = messages(trace, "REGISTER", "alice")
    assert [message.expires for message in sent] == [0, *[20] * 6, 0] and sent[0].header("Contact") == "*"
    at = times(trace, "REGISTER", "alice")[1:-1]
    pauses = [round(later - before, 1) for before, later in itertools.pairwise(at)]
    assert pauses == [10.0, 1.3, 2.5, 5.0, 10.0]  # renewed half-way, then ever more rarely
    assert trace.result["told"] == [
        "registering", "done for 20 s", *["registering", "SERVER_ERROR"] * 4, "registering", "done for 20 s",
    ]  # fmt: skip


def test_the_pages_draw_them():
    for page, names in (("symbian", ("symbian-refused-refresh", "symbian-outbound-proxy")),
                        ("android", ("android-registration",))):  # fmt: skip
        text = (DOCS / f"apis-{page}.md").read_text(encoding="utf-8")
        assert all(f"{{sip-ladder}} {name}\n" in text for name in names)
