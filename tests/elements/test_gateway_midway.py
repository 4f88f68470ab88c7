"""What a gateway does in the middle of a call and in rare cases: hold, suspension, forwarding, silence (RFC 3398)."""

from __future__ import annotations

import re

import pytest
from bench_pair import Wire, messages, request
from test_gateway import OFFICE, TO_OFFICE, Place

from sipsim import UsageError

DESCRIPTION = "v=0\r\no=- 1 1 IN IP4 10.9.9.9\r\ns=-\r\nc=IN IP4 10.9.9.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

FIVE = {"called", "connection", "forward", "category", "bearer"}
"""What an IAM has to have (§7.2.1.1)."""


def test_an_iam_has_all_that_it_must_have() -> None:
    place = Place()
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    assert set(place.said("IAM")) == FIVE | {"calling"}
    place.lab.drain()
    place.lab.run(place.office.call("5550199"))
    assert set(place.said("IAM")) == FIVE | {"calling"}


def test_who_is_held_by_a_phone_is_told_by_a_cpg() -> None:
    """§9.2: remote hold, remote retrieval; what the gateway asks for itself is no news to the exchange."""
    place = Place()
    call = place.alice.call(TO_OFFICE)
    place.lab.run(call.answered)
    place.lab.run(call.hold())
    place.lab.run(until=place.lab.env.now + 1)
    assert place.said("CPG") == {"event": "progress", "notification": "remote hold"} and place.office.held
    place.lab.run(call.resume())
    place.lab.run(until=place.lab.env.now + 1)
    assert place.said("CPG") == {"event": "progress", "notification": "remote retrieval"} and not place.office.held
    assert place.isup().count("gateway CPG") == 2


@pytest.mark.parametrize("dials", [False, True])
def test_a_telephone_that_suspends_has_the_phone_stop_sending(dials: bool) -> None:
    """§9.1: SUS and RES are re-INVITEs; afterwards both ends talk again."""
    place = Place()
    place.lab.run(place.office.call("5550199") if dials else place.alice.call(TO_OFFICE).answered)
    place.lab.run(until=place.lab.env.now + 1)
    (call,) = place.alice.calls.values()
    place.office.suspend()
    place.lab.run(until=place.lab.env.now + 1)
    assert call.stream.direction == "recvonly"
    place.office.resume()
    place.lab.run(until=place.lab.env.now + 1)
    assert call.stream.direction == "sendrecv" and call.state == "answered"
    assert place.isup()[-2:] == ["exchange SUS", "exchange RES"]


def test_a_callee_who_hangs_up_may_come_back_before_t6() -> None:
    """§10.2.2: SUS, re-INVITE, and after T6 REL and BYE."""
    place = Place()
    call = place.alice.call(TO_OFFICE)
    with pytest.raises(UsageError, match="idle"):
        place.office.suspend()
    place.lab.run(call.answered)
    with pytest.raises(UsageError, match="t6"):
        place.office.suspend(-1)
    place.office.suspend(10.0)
    place.lab.run(until=5)
    place.office.resume()
    place.lab.run(until=30)
    assert call.state == "answered"
    place.office.suspend(10.0)
    place.lab.run()
    assert call.ended.value.why == "BYE" and place.isup()[-3:] == ["exchange SUS", "exchange REL", "gateway RLC"]


def test_a_suspension_before_the_ack_is_not_told() -> None:
    place = Place()
    place.alice.call(TO_OFFICE)
    place.lab.network.drop("ACK", times=1)
    place.lab.run(until=2.07)
    assert place.office.state == "answered"
    place.office.suspend()
    place.lab.run(until=5)
    assert not list(messages(place.trace, "INVITE", "gateway"))
    assert place.trace.select("ignored", "gateway")


def test_a_forwarded_call_names_the_number_that_was_called_first() -> None:
    """§7.2.1.1: To and Request-URI differ."""
    place = Place()
    tester = Wire(place.lab)
    asked = request("INVITE", TO_OFFICE).replace(f"To: <{TO_OFFICE}>", "To: <tel:+31-20-5550177>")
    tester.send(asked, place.gateway)
    place.lab.run(until=1)
    said = place.said("IAM")
    assert (said["called"], said["original"]) == ("national 205550100", "national 205550177")
    assert "original" in place.trace.select("isup")[0].data["translated"]


def test_a_call_that_nobody_acknowledges_is_released_on_both_sides() -> None:
    """§7.1.4: cause 102 as soon as the 200 is given up."""
    place = Place()
    place.lab.network.drop("ACK", times=20)
    place.alice.call(TO_OFFICE)
    place.lab.run()
    assert place.said("REL") == {"cause": 102}
    released = next(r.time for r in place.trace.select("isup") if r.data["name"] == "REL")
    (bye,) = [r for r in place.trace.select("sent", "gateway") if r.raw.startswith(b"BYE") and r.sending[1] == 1]
    assert released == pytest.approx(bye.time)


def test_a_phone_that_is_silent_did_not_respond() -> None:
    """§8.1.3: cause 18, and an ACM by T11 before it."""
    place = Place()
    place.alice.crash()
    assert "no user responding" in place.dials()
    assert place.isup() == ["exchange IAM", "gateway ACM", "gateway REL", "exchange RLC"]


@pytest.mark.parametrize(("status", "told"), [(486, "network"), (503, "network"), (603, "user")])
def test_a_refusal_says_who_refused(status: int, told: str) -> None:
    place = Place()
    place.alice.rejects(status)
    place.dials()
    assert place.said("REL")["location"] == told


def test_a_call_that_is_forwarded_is_in_progress_first() -> None:
    """§8.2.3: 181 is an early ACM and a CPG; 199 is neither."""
    place = Place()
    place.alice.on_call = lambda call: (call.ring(181), call.answer_after(1.0))
    place.lab.run(place.office.call("5550199"))
    assert place.isup() == ["exchange IAM", "gateway ACM", "gateway CPG", "gateway CPG", "gateway ANM"]
    said = [r.data["text"] for r in place.trace.select("isup", "gateway")]
    assert said[:3] == ["ACM no indication", "CPG call forwarded", "CPG alerting"]


def test_an_announcement_without_an_end_is_ended_by_the_gateway() -> None:
    """§7.1.6: the cause stood in the ACM."""
    place = Place(interworking=10.0)
    place.office.rejects(22, announcement=60.0)
    assert place.fails() == 410
    rel = place.trace.select("isup", "gateway")[-1]
    assert rel.time == pytest.approx(10.0, abs=0.2) and rel.data["parameters"] == {"cause": 22}


def test_a_circuit_that_is_not_available_is_no_reason_to_refuse() -> None:
    """§7.2.4.1, cause 44: the call goes on by another circuit, once."""
    place = Place()
    place.office.rejects(44)
    assert place.fails() == 500
    asked = [(r.data["circuit"], r.data["name"]) for r in place.trace.select("isup", "gateway")]
    assert asked == [(1, "IAM"), (1, "RLC"), (2, "IAM"), (2, "RLC")]
    assert Place(circuits=1).office.agent.trunk.taken == set()


def test_who_hides_the_number_is_anonymous() -> None:
    """§12.1: presentation restricted."""
    place = Place()
    place.lab.run(place.office.call("5550199", hidden=True))
    (invite,) = messages(place.trace, "INVITE", "gateway")
    assert invite.header("From").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=')
    assert place.said("IAM")["presentation"] == "restricted"
    place.lab.drain()
    assert OFFICE not in str(invite)


def test_a_gateway_reads_a_description_among_other_parts() -> None:
    """§5.2: multipart/mixed, with ISUP beside the description."""
    place = Place()
    tester = Wire(place.lab)
    optional = "Content-Disposition: signal;handling=optional\r\n\r\nabc\r\n"
    parts = ("application/sdp", f"\r\n{DESCRIPTION}"), ("application/isup", optional)
    body = "".join(f"--x\r\nContent-Type: {kind}\r\n{part}" for kind, part in parts) + "--x--\r\n"
    asked = request("INVITE", TO_OFFICE, more="Content-Type: multipart/mixed;boundary=x\n")
    tester.send(asked.replace("Content-Length: 0\n\n", f"Content-Length: {len(body)}\n\n{body}"), place.gateway)
    place.lab.run(until=1)
    assert place.trace.select("isup")[0].data["translated"]["speech"] == ["PCMU", "PCMA"]


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("tel:+31-20-5550177", {"cause": 23, "location": "network", "diagnostic": "national 205550177"}),
        ("mailto:alice@example.com", {"cause": 31, "location": "network"}),
        ("tel:911;phone-context=+1", {"cause": 31, "location": "network"}),
    ],
)
def test_a_redirection_to_a_telephone_is_for_the_exchange(contact: str, told: dict[str, object]) -> None:
    """§8.2.5: the gateway calls SIP addresses itself, and says the number of all others."""
    place = Place()
    place.alice.rejects(302, contacts=contact)
    place.dials()
    assert place.said("REL") == told


def test_a_redirection_to_another_phone_is_followed() -> None:
    """§8.1.6."""
    place = Place()
    bob = place.lab.user_agent("sip:bob@example.com", answers=0.5)
    place.alice.forwards(str(bob.contact_uri))
    place.lab.run(place.office.call("5550199"))
    assert place.isup() == ["exchange IAM", "gateway ACM", "gateway ANM"] and bob.current_call is not None


@pytest.mark.parametrize("dials", [False, True])
def test_all_isup_messages_of_a_call_stand_with_it_in_a_ladder_of_several_calls(dials: bool) -> None:
    """The IAM may be older than the Call-ID, and the RLC comes when the gateway has forgotten the call."""
    place = Place()
    bob = place.lab.user_agent("sip:bob@example.com")
    place.lab.run(bob.message(place.alice, "first"))
    call = place.office.call("5550199") if dials else place.alice.call(TO_OFFICE).answered
    place.lab.run(call)
    place.lab.run(until=5.0)
    place.office.hang_up()
    bob.message(place.alice, "while the circuit is being released")
    place.lab.run(until=10.0)
    parts = re.split(r"^\d: ", place.trace.ladder(group="call").to_text(), flags=re.MULTILINE)
    (whole,) = [part for part in parts if " ISUP " in part]
    assert re.findall(r"ISUP ([A-Z]{3})", whole) == ["IAM", "ACM", "ANM", "REL", "RLC"]
