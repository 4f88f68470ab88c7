"""Every scenario of the catalogue runs, produces what it promises, and says what a reader wants to know."""

from __future__ import annotations

import pytest
from bench_pair import messages, wire

import sipsim
from sipsim.message.codes import REASONS
from sipsim.pictures.ladder.model import Bar

NAMES = list(sipsim.catalogue())
SPEAKING_NONSENSE = {"gateway", "rude-partner"}


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_ends_well_and_produces_its_codes(name: str) -> None:
    scenario = sipsim.catalogue()[name]
    trace = sipsim.run(name, seed=3)
    seen = {record.message.status for record in trace.select("sent") if isinstance(record.message, sipsim.Response)}
    assert trace.result["ok"] and not trace.select("error")
    assert bool(trace.select("unparsable")) == (name in SPEAKING_NONSENSE)
    assert seen == set(scenario.codes) and all(code in REASONS for code in seen)
    assert scenario.title and scenario.question.endswith("?") and scenario.rfc.startswith("RFC ")
    assert (scenario.story.__doc__ or "").strip().endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_record_has_a_cause_but_the_storys_beginning(name: str) -> None:
    trace = sipsim.run(name)
    assert {record.kind for record in trace if record.cause is None} == {"story"}
    assert all(record.cause is None or record.cause < record.id for record in trace)


@pytest.mark.covers("O1", "O2", "O3", "O4", "O5", "O7", "O8", "R15")
def test_the_eight_steps() -> None:
    trace = sipsim.run("ozeki", seed=7)
    assert wire(trace) == [
        "alice>proxy INVITE",  # 1
        "proxy>alice 100 INVITE", "proxy>bob INVITE",  # 2
        "bob>proxy 180 INVITE", "proxy>alice 180 INVITE",  # 3
        "bob>proxy 200 INVITE", "proxy>alice 200 INVITE",  # 4
        "alice>proxy ACK", "proxy>bob ACK",  # 5, and 6 is the talk
        "bob>proxy BYE", "proxy>alice BYE",  # 7
        "alice>proxy 200 BYE", "proxy>bob 200 BYE",  # 8
    ]  # fmt: skip
    of_proxy = [record for record in trace if record.element == "proxy" and record.kind in ("binding", "sent")]
    assert [record.kind for record in of_proxy[:3]] == ["binding", "sent", "sent"]  # located, then 100 and INVITE
    assert of_proxy[0].data["action"] == "look-up"
    (bye,) = messages(trace, "BYE", "bob")
    assert len(bye.routes) == 1 and bye.uri_text == "sip:alice@192.0.2.1"
    (answer,), (passed_on,) = messages(trace, "200 INVITE", "bob"), messages(trace, "200 INVITE", "proxy")
    assert answer.content_type is not None and answer.body and answer.body == passed_on.body


@pytest.mark.covers("O6")
def test_media_flow_between_the_phones_for_the_time_they_talk() -> None:
    trace = sipsim.run("ozeki", seed=7, talk=25.0)
    media = {(r.element, r.data["event"]): r for r in trace.select("media")}
    assert set(media) == {(who, what) for who in ("alice", "bob") for what in ("start", "stop")}
    assert media["alice", "start"].data["remote"] == media["bob", "start"].data["local"]
    assert media["bob", "start"].data["codec"] == "PCMU"
    assert media["bob", "stop"].time - media["bob", "start"].time == pytest.approx(25.0, abs=0.05)
    (bar,) = [row for row in trace.ladder().rows if isinstance(row, Bar)]
    assert {bar.source, bar.target} == {"alice", "bob"} and bar.stop is not None
    assert bar.stop - bar.start == pytest.approx(25.0, abs=0.05)


@pytest.mark.covers("P09")
def test_a_conference_has_three_in_it_and_ends() -> None:
    """Two have dialled in, one was called; each call is one of its own with the focus."""
    trace = sipsim.run("conference")
    assert trace.result["participants"] == 3 and trace.check() == []
    calls = {message.call_id for who in ("alice", "bob", "focus") for message in messages(trace, "INVITE", who)}
    assert len(calls) == 3 and all("focus" in line for line in wire(trace))
    contacts = [message.header("Contact") for message in messages(trace, "200 INVITE", "focus")]
    assert contacts and all(contact.endswith(";isfocus") for contact in contacts)


@pytest.mark.covers("R15")
def test_without_record_route_the_proxy_sees_neither_ack_nor_bye() -> None:
    sent = wire(sipsim.run("ozeki-direct"))
    assert sent[-3:] == ["alice>bob ACK", "bob>alice BYE", "alice>bob 200 BYE"]


@pytest.mark.covers("R16", "O3")
def test_the_third_step_may_be_183_with_a_session_description() -> None:
    usual, early = sipsim.run("ozeki"), sipsim.run("ozeki", progress=183)
    assert wire(early) == [line.replace("180", "183") for line in wire(usual)]
    (progress,), (answer,) = messages(early, "183 INVITE", "bob"), messages(early, "200 INVITE", "bob")
    assert progress.body == answer.body != b"" and not messages(usual, "180 INVITE", "bob")[0].body
    with pytest.raises(sipsim.UsageError, match="progress: 182"):
        sipsim.run("ozeki", progress=182)


def test_via_values_over_two_domains() -> None:
    trace = sipsim.run("two-proxies")
    assert len(messages(trace, "INVITE", "biloxi")[0].vias) == 3
    assert len(messages(trace, "200 INVITE", "atlanta")[0].vias) == 1


@pytest.mark.parametrize("phones", [1, 2, 5])
def test_a_fork_to_any_number_of_phones(phones: int) -> None:
    trace = sipsim.run("fork", phones=phones)
    assert sum(line.endswith(" CANCEL") and "200" not in line for line in wire(trace)) == phones - 1
    assert trace.result["answered"] == 1


@pytest.mark.parametrize("status", [404, 480, 486, 503, 600, 603])
def test_busy_with_any_status(status: int) -> None:
    assert sipsim.run("busy", status=status).result["status"] == (500 if status == 503 else status)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_each_lost_200_costs_one_more_interval(times: int) -> None:
    trace = sipsim.run("lost-200", times=times)
    assert trace.result["lost"] == times
    assert trace.result["setup_time"] == pytest.approx(2.02 + [0.5, 1.5, 3.5][times - 1])


def test_heavy_loss_is_survived_or_ends_in_a_definite_failure() -> None:
    rows = sipsim.sweep("busy", {"loss": [0.2, 0.4]}, replications=30)
    assert all(row["ok"] and row["failed"] == 1 for row in rows)
    assert {row["status"] for row in rows} <= {486, 408}


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_cancelled_call_ends_well_over_a_bad_link(seed: int) -> None:
    result = sipsim.run("cancel", seed=seed, loss=0.3, duplicate=0.2, reorder=0.2).result
    assert result["ok"] and result["failed"] == 1


def test_an_intercepted_call_sends_bobs_voice_to_somebody_else() -> None:
    """Two bars: Alice's to Bob, and Bob's to Mallory, whose address he was told."""
    trace = sipsim.run("intercepted", seed=7)
    bars = [(row.source, row.target) for row in trace.ladder().rows if isinstance(row, Bar)]
    assert bars == [("alice", "bob"), ("bob", "mallory")]
    assert [record.data["what"] for record in trace.select("fault")] == ["edited"]
    assert [record.data["why"] for record in trace.select("lost")] == ["dropped by hand"]
    assert trace.result["ok"] and not trace.check()
