"""The gateway to the telephone network (RFC 3398): messages, numbers, causes, timers and codecs, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, request, wire

from sipsim import CallFailed, Gateway, Lab, Sdp, Switch, Telephone, Trace, UsageError
from sipsim.elements.agents.user_agent import UserAgent
from sipsim.pictures.ladder.model import Arrow
from sipsim.pictures.player.book import Book

OFFICE = "+31205550100"
TO_OFFICE = f"sip:{OFFICE}@gw.example.com;user=phone"


def gateway(lab: Lab, **options: Any) -> Gateway:
    return lab.gateway("gw.example.com", **options)


class Place:
    """Alice, a gateway that sends calls for telephone numbers to her phone, and a telephone."""

    def __init__(self, circuits: int = 30, **options: object) -> None:
        self.lab = Lab(seed=1)
        self.gateway = gateway(self.lab, calls_to="alice.example.com", **options)
        self.switch = self.lab.switch(self.gateway, circuits=circuits)
        self.office: Telephone = self.switch.telephone(OFFICE)
        self.alice: UserAgent = self.lab.user_agent("sip:+31205550199@alice.example.com", "alice")
        self.lab.names.add("alice.example.com", self.alice.address)

    @property
    def trace(self) -> Trace:
        return self.lab.trace

    def isup(self) -> list[str]:
        """The ISUP messages, as "gateway IAM"."""
        return [f"{r.element} {r.data['name']}" for r in self.trace.select("isup")]

    def said(self, name: str) -> dict[str, object]:
        """The parameters of the last message of this name."""
        found = [record.data for record in self.trace.select("isup") if record.data["name"] == name]
        return dict(found[-1]["parameters"])

    def fails(self, target: str = TO_OFFICE) -> int:
        """Call, and give the status."""
        with pytest.raises(CallFailed) as failed:
            self.lab.run(self.alice.call(target).answered)
        self.lab.run()
        return failed.value.status

    def dials(self, number: str = "5550199") -> str:
        """Dial in vain, and give what the telephone's user is told."""
        with pytest.raises(CallFailed) as failed:
            self.lab.run(self.office.call(number))
        self.lab.run()
        return failed.value.reason


@pytest.mark.covers("P05")
def test_a_call_from_sip_is_a_circuit_on_the_other_side() -> None:
    place = Place()
    call = place.alice.call(TO_OFFICE)
    place.lab.run(call.answered)
    assert place.office.state == "answered"
    place.lab.run(call.hang_up())
    place.lab.run()
    assert place.isup() == [
        "gateway IAM", "exchange ACM", "exchange ANM", "gateway REL", "exchange RLC",
    ]  # fmt: skip
    assert wire(place.trace, "gateway") == [
        "gateway>alice 180 INVITE", "gateway>alice 200 INVITE", "gateway>alice 200 BYE",
    ]  # fmt: skip
    assert place.said("IAM")["called"] == "national 205550100"
    assert place.said("IAM")["calling"] == "national 205550199"
    assert place.said("REL") == {"cause": 16}
    assert place.office.state == "idle" and not place.gateway.trunk.taken and not place.gateway.legs


@pytest.mark.covers("P05")
def test_a_call_from_a_telephone_is_an_invite() -> None:
    place = Place()
    place.lab.run(place.office.call("020 555 0199"))
    (invite,) = messages(place.trace, "INVITE", "gateway")
    assert str(invite.uri) == "sip:+31205550199@alice.example.com;user=phone"
    assert str(invite.from_.uri) == f"sip:{OFFICE}@gw.example.com;user=phone"
    place.lab.run(until=5)
    ended = place.office.hang_up()
    place.lab.run()
    assert place.isup() == ["exchange IAM", "gateway ACM", "gateway ANM", "exchange REL", "gateway RLC"]
    assert ended.value == 16
    (bye,) = messages(place.trace, "BYE", "gateway")
    assert bye.header("Reason") == 'Q.850;cause=16;text="normal call clearing"'


def test_the_trace_leads_from_a_response_through_isup_to_the_call() -> None:
    place = Place()
    place.lab.run(place.alice.call(TO_OFFICE).ringing)
    ringing = next(r for r in place.trace.select("sent", "gateway"))
    kinds = [record.kind for record in place.trace.why(ringing)]
    assert kinds[:3] == ["sent", "isup", "isup"] and kinds[-1] == "script"


@pytest.mark.covers("P05")
@pytest.mark.parametrize("law", ["PCMA", "PCMU"])
def test_what_the_trunk_does_not_speak_is_translated_or_refused(law: str) -> None:
    place = Place(law=law)
    place.alice.codecs = ["G729", "PCMU"]
    call = place.alice.call(TO_OFFICE)
    place.lab.run(call.answered)
    assert call.stream is not None and call.stream.codec.startswith("PCMU")
    assert place.said("IAM")["bearer"] == f"speech, {law}"
    place.alice.codecs = ["G729"]
    assert place.fails() == 488
    assert place.isup().count("gateway IAM") == 1  # the exchange was not troubled


@pytest.mark.parametrize(("cause", "status"), [(17, 486), (1, 404), (21, 603), (22, 410), (34, 503), (99, 500)])
def test_a_cause_becomes_a_final_response_with_a_reason(cause: int, status: int) -> None:
    place = Place()
    place.office.rejects(cause)
    assert place.fails() == status
    (refused,) = messages(place.trace, f"{status} INVITE", "gateway")
    assert f"Q.850;cause={cause};" in refused.header("Reason")
    assert place.isup() == ["gateway IAM", "exchange REL", "gateway RLC"]


@pytest.mark.parametrize(("status", "cause"), [(486, 17), (404, 1), (603, 21), (480, 18), (500, 41)])
def test_a_final_response_becomes_a_cause(status: int, cause: int) -> None:
    place = Place()
    place.alice.rejects(status)
    assert place.dials().startswith(f"cause {cause},")
    assert place.isup() == ["exchange IAM", "gateway REL", "exchange RLC"]


def test_a_cause_that_comes_with_a_response_is_handed_on() -> None:
    """Two gateways with SIP between them lose nothing (RFC 6432)."""
    place = Place()
    place.alice.rejects(480, headers=[("Reason", "Q.850;cause=20")])
    assert place.dials() == "cause 20, subscriber absent"


@pytest.mark.parametrize(
    ("user", "status"),
    [("bob", 404), ("+3120", 484), ("+312055501001234567", 404), ("+31209999999", 404), ("+3120555", 484)],
)  # fmt: skip
def test_numbers_that_lead_nowhere_have_their_status(user: str, status: int) -> None:
    """The gateway looks at what a number is, the exchange whose it is."""
    assert Place().fails(f"sip:{user}@gw.example.com;user=phone") == status


def test_a_telephone_uri_reaches_the_gateway_as_it_is() -> None:
    place = Place()
    place.alice.outbound = place.gateway
    for uri in (f"tel:{OFFICE}", "tel:555-0100;phone-context=+3120"):
        call = place.alice.call(uri)
        place.lab.run(call.answered)
        place.lab.run(call.hang_up())
    assert place.said("IAM")["called"] == "national 205550100"


def test_an_announcement_is_heard_before_anybody_answers() -> None:
    place = Place()
    place.office.rejects(22, announcement=3.0)
    call = place.alice.call(TO_OFFICE)
    place.lab.run(until=1)
    (early,) = messages(place.trace, "183 INVITE", "gateway")
    assert Sdp.parse(early.body).media[0].port and call.stream is not None
    place.lab.run()
    assert place.said("ACM") == {"status": "no indication", "inband": True, "cause": 22}
    assert call.ended.value.why == "410 Gone"


def test_what_a_telephone_will_do_next_is_another_matter_than_what_it_does() -> None:
    place = Place()
    place.office.rejects(22, announcement=3.0)
    call = place.alice.call(TO_OFFICE)
    place.lab.run(until=1)
    place.office.picks_up(0)
    place.lab.run()
    assert call.ended.value.why == "410 Gone"
    place.lab.run(place.alice.call(TO_OFFICE).answered)


def test_progress_of_a_sip_call_is_told_as_it_comes() -> None:
    """The first provisional response is an ACM, the next a CPG; early media are said to be there (RFC 3398 §8.2.3)."""
    place = Place()
    place.alice.on_call = lambda call: (call.ring(183, described=True), call.ring(180), call.answer_after(1.0))
    place.lab.run(place.office.call("5550199"))
    assert place.isup() == ["exchange IAM", "gateway ACM", "gateway CPG", "gateway CPG", "gateway ANM"]
    first = next(r for r in place.trace.select("isup") if r.data["name"] == "ACM")
    assert first.data["parameters"] == {"status": "no indication", "inband": True}
    assert place.said("CPG") == {"event": "alerting"}


def test_who_answers_at_once_is_connected_at_once() -> None:
    place = Place()
    place.office.picks_up(0)
    call = place.alice.call(TO_OFFICE)
    place.lab.run(call.answered)
    assert place.isup() == ["gateway IAM", "exchange CON"]
    call.hang_up()
    place.lab.run()
    place.alice.on_call = lambda call: call.answer()
    place.lab.run(place.office.call("5550199"))
    assert place.isup()[-2:] == ["exchange IAM", "gateway CON"]


def test_a_caller_who_gives_up_releases_the_circuit_and_the_other_way_round() -> None:
    place = Place()
    place.office.picks_up(None)
    call = place.alice.call(TO_OFFICE)
    place.lab.run(call.ringing)
    place.lab.run(call.hang_up(reason="Q.850;cause=31"))
    place.lab.run()
    assert place.said("REL") == {"cause": 31} and call.ended.value.why == "CANCEL"
    place.alice.ignores()
    place.office.call("5550199")
    place.lab.run(place.office.ringing)
    place.office.hang_up()
    place.lab.run(until=60)
    assert wire(place.trace, "gateway")[-2:] == ["gateway>alice CANCEL", "gateway>alice ACK"]


@pytest.mark.parametrize(("circuits", "status"), [(0, 503), (1, 503)])
def test_without_an_idle_circuit_nobody_is_asked(circuits: int, status: int) -> None:
    place = Place(circuits=circuits)
    if circuits:
        place.lab.run(place.alice.call(TO_OFFICE).answered)
    told = len(place.isup())
    assert place.fails() == status
    assert len(place.isup()) == told
    other = place.switch.telephone("5550101")
    with pytest.raises(CallFailed, match="no circuit"):
        place.lab.run(other.call("5550199"))


def test_a_gateway_that_is_connected_to_nothing_has_no_circuits() -> None:
    lab = Lab(seed=1)
    gateway(lab)
    with pytest.raises(CallFailed, match="503"):
        lab.run(lab.user_agent("sip:alice@example.com").call(TO_OFFICE).answered)


def test_an_exchange_that_is_silent_is_given_up_after_t7_and_a_telephone_after_t9() -> None:
    place = Place(t7=20.0, t9=90.0)
    place.switch.seized = lambda circuit, parameters: None  # type: ignore[method-assign]
    assert place.fails() == 504
    assert place.trace.select("isup")[-1].time == pytest.approx(20.0, abs=0.1)
    place = Place(t9=90.0)
    place.office.picks_up(None)
    assert place.fails() == 480
    (refused,) = messages(place.trace, "480 INVITE", "gateway")
    assert "cause=19" in refused.header("Reason") and place.said("REL") == {"cause": 19}


def test_t11_tells_the_exchange_that_somebody_is_looked_for() -> None:
    """Nothing is heard of the phone: the ACM comes all the same, before T7 runs out at the exchange (§8.2.8)."""
    place = Place(t11=15.0)
    place.alice.on_call = lambda call: None
    place.office.call("5550199")
    place.lab.run(until=16)
    assert place.isup() == ["exchange IAM", "gateway ACM"]
    assert place.said("ACM") == {"status": "no indication"}


def test_a_gateway_that_crashes_resets_its_circuits_when_it_is_back() -> None:
    place = Place()
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    ended = place.office.ended
    place.gateway.crash()
    place.lab.run(until=10)
    assert place.office.state == "answered" and place.gateway.trunk.taken == {1}
    place.gateway.restart()
    place.lab.run(until=11)
    assert ended.value == 41 and place.office.state == "idle" and not place.gateway.trunk.taken
    place.lab.run(place.alice.call(TO_OFFICE).answered)


def test_what_reaches_a_gateway_that_is_down_is_ignored() -> None:
    place = Place()
    place.gateway.crash()
    place.office.call("5550199")
    place.lab.run()
    ignored = place.trace.select("ignored", "gateway")
    assert [record.data["why"] for record in ignored] == ["gateway is down"] * len(place.isup())
    assert place.office.ended.value == 102  # T7 of the exchange


def test_calls_for_nobody_end_where_they_came_from() -> None:
    lab = Lab(seed=1)
    office = lab.switch(gateway(lab)).telephone(OFFICE)
    with pytest.raises(CallFailed, match="no route to destination"):
        lab.run(office.call("5550199"))


def test_a_gateway_takes_calls_and_nothing_else() -> None:
    place = Place()
    tester = Wire(place.lab)
    tester.send(request("SUBSCRIBE", TO_OFFICE, more="Event: presence\n"), place.gateway)
    tester.send(request("INVITE", "mailto:bob@example.com"), place.gateway)
    place.lab.run(until=0.3)
    assert [response.status for response in tester.heard] == [405, 416]  # type: ignore[attr-defined]


def test_two_calls_use_two_circuits_and_a_circuit_is_used_again() -> None:
    place = Place(circuits=2)
    place.switch.telephone("5550101")
    calls = [place.alice.call(f"sip:{number}@gw.example.com") for number in (OFFICE, "5550101")]
    for call in calls:
        place.lab.run(call.answered)
    assert place.gateway.trunk.taken == {1, 2}
    place.lab.run(calls[0].hang_up())
    place.lab.run(until=place.lab.env.now + 1)
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    assert place.gateway.trunk.taken == {1, 2}
    assert place.fails() == 503


def test_what_is_no_number_law_or_plan_is_the_callers_fault() -> None:
    lab = Lab(seed=1)
    with pytest.raises(UsageError, match="law"):
        gateway(lab, law="G729")
    with pytest.raises(UsageError, match="calls_to"):
        gateway(lab, calls_to="sip:example.com")
    with pytest.raises(UsageError, match="t7"):
        gateway(lab, t7=-1)
    with pytest.raises(UsageError, match="plan"):
        gateway(lab, plan="31")
    switch = lab.switch(gateway(lab))
    for number in ("", "bob", "1", 5, None, "+" + "1" * 16):
        with pytest.raises(UsageError, match="number"):
            switch.telephone(number)  # type: ignore[arg-type]
    telephone = switch.telephone("5550100")
    with pytest.raises(UsageError, match="cause"):
        telephone.rejects(128)
    with pytest.raises(UsageError, match="no call"):
        telephone.hang_up()


def test_the_ladder_shows_isup_apart_from_sip() -> None:
    place = Place()
    place.office.rejects(17)
    place.fails()
    ladder = place.trace.ladder()
    assert [column.name for column in ladder.columns] == ["alice", "gateway", "exchange"]
    told = str(ladder)
    assert "ISUP REL 17 user busy" in told and "1 INVITE" in told
    assert f"{len(place.trace.select('sent'))} messages" in told  # those of SIP
    svg = ladder.to_svg()
    assert "ISUP IAM national 205550100 from gateway to exchange" in svg and "-chip-isup" in svg
    for text in (ladder.mermaid(), ladder.plantuml(), ladder.to_markdown(), ladder.to_html()):
        assert "IAM" in text
    saved = place.trace.ladder(appendix="messages", color="call", findings=True)
    assert "IAM" in str(saved)


def test_only_sip_is_counted_and_opened() -> None:
    """A ladder that plays has the messages of SIP to open; what it counts are those too."""
    place = Place()
    place.office.rejects(17)
    place.fails()
    ladder = place.trace.ladder(details=("counts", "calls"))
    content = Book(ladder).content
    count = len(place.trace.select("sent"))
    assert list(content["messages"]) == [str(number) for number in range(1, count + 1)]
    assert f"{count} messages" in content["foot"] and f"{count} messages" in str(ladder)
    assert "IAM" not in str(ladder).partition("Messages")[2]
    assert any("ISUP" in part for page in content["pages"] for part in page["parts"].values())
    plain = Book(place.trace.ladder()).content
    assert list(plain["messages"]) == list(content["messages"]) and f"{count} messages" in plain["foot"]


def test_what_a_drained_lab_leaves_is_nothing() -> None:
    place = Place()
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    place.lab.drain()
    assert place.lab.leftovers() == [] and not place.gateway.legs and place.office.state == "idle"


def test_a_gateway_is_a_user_agent_as_well_and_leads_to_one_exchange() -> None:
    lab = Lab(seed=1)
    made = lab.user_agent("sip:gateway@gw.example.com", kind=Gateway, law="PCMU")
    assert isinstance(made, Gateway)
    office = Switch(made).telephone(OFFICE)
    lab.run(lab.user_agent("sip:alice@example.com").call(TO_OFFICE).answered)
    assert office.state == "answered"
    with pytest.raises(UsageError, match="exchange already"):
        lab.switch(made)


def test_gateways_and_exchanges_have_names_of_their_own() -> None:
    lab = Lab(seed=1)
    pairs = [(gateway, lab.switch(gateway)) for gateway in (lab.gateway("a.example.com"), lab.gateway("b.example.com"))]
    assert [(gateway.name, switch.name) for gateway, switch in pairs] == [
        ("gateway", "exchange"), ("gateway2", "exchange2"),
    ]  # fmt: skip
    assert list(lab.switches) == ["exchange", "exchange2"]
    with pytest.raises(UsageError, match="taken"):
        lab.user_agent("sip:bob@example.com", "exchange")
    third = lab.gateway("c.example.com")
    with pytest.raises(UsageError, match="taken"):
        lab.switch(third, "gateway")
    for wrong in (None, "gateway", lab.proxy("example.com"), Lab(seed=1).gateway("d.example.com")):
        with pytest.raises(UsageError, match="gateway"):
            lab.switch(wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="circuits"):
        lab.switch(third, circuits=-1)
    with pytest.raises(UsageError, match="delay"):
        lab.switch(third, delay=60.0)
    with pytest.raises(UsageError, match="domain"):
        lab.gateway("sip:gw.example.com")
    with pytest.raises(UsageError, match="laws"):
        lab.gateway("e.example.com", laws="PCMA")
    assert list(lab.switches) == ["exchange", "exchange2"] and third.trunk is None


def test_a_release_is_repeated_until_it_is_confirmed() -> None:
    """T1 repeats the REL, T5 ends that by RSC; the circuit stays out of use until the gateway resets it (Q.764)."""
    place = Place(circuits=1)
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    place.lab.run(until=9)
    place.gateway.crash()
    place.lab.run(until=10)
    place.office.hang_up()
    place.lab.run()
    told = [(round(r.time), r.data["name"]) for r in place.trace.select("isup", "exchange")][2:]
    assert told == [*((10 + 60 * count, "REL") for count in range(5)), (310, "RSC")]
    assert place.gateway.trunk.taken == {1} and "no circuit" in place.dials()
    place.gateway.restart()
    place.lab.run(until=place.lab.env.now + 1)
    assert place.isup()[-2:] == ["gateway RSC", "exchange RLC"] and not place.gateway.trunk.taken


@pytest.mark.parametrize("by", ["RLC", "RSC"])
def test_a_release_that_is_confirmed_is_not_repeated(by: str) -> None:
    place = Place()
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    if by == "RSC":
        place.gateway.crash()
    place.office.hang_up()
    place.lab.run(until=30)
    if by == "RSC":
        place.gateway.restart()
    place.lab.run()
    assert place.isup().count("exchange REL") == 1 and not place.gateway.trunk.taken


@pytest.mark.parametrize("announcement", [0.0, 3.0])
def test_a_number_that_has_changed_is_told_with_the_new_one(announcement: float) -> None:
    """Cause 22 with a diagnostic becomes 301, whose Contact leads to the new number (RFC 3398 §7.2.4.1)."""
    place = Place()
    place.office.moves_to("555 0101", announcement=announcement)
    new = place.switch.telephone("5550101")
    call = place.alice.call(TO_OFFICE)
    place.lab.run(call.answered)
    rel = next(record.data for record in place.trace.select("isup") if record.data["name"] == "REL")
    assert rel["parameters"]["diagnostic"] == "national 205550101"
    assert rel["text"] == "REL 22 number changed to national 205550101"
    (moved,) = messages(place.trace, "301 INVITE", "gateway")
    assert moved.header("Contact") == "<sip:+31205550101@gw.example.com;user=phone>"
    assert new.state == "answered" and place.office.state == "idle"
    for number, error in (("bob", "number"), (None, "number")):
        with pytest.raises(UsageError, match=error):
            place.office.moves_to(number)  # type: ignore[arg-type]
    place.lab.run(call.hang_up())
    place.office.picks_up(1.0)
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    assert place.office.state == "answered"


@pytest.mark.covers("P05")
def test_the_record_of_an_iam_says_what_was_translated() -> None:
    place = Place(law="PCMA")
    place.alice.codecs = ["PCMU"]
    place.lab.run(place.alice.call(TO_OFFICE).answered)
    iam = place.trace.select("isup")[0].data
    assert iam["translated"] == {
        "called": [TO_OFFICE, "national 205550100"],
        "calling": ["sip:+31205550199@alice.example.com", "national 205550199"],
        "speech": ["PCMU", "PCMA"],
    }
    assert "translated" not in place.trace.select("isup")[1].data
    place.lab.drain()
    place.lab.run(place.office.call("555 0199"))
    iam, anm = ([r.data for r in place.trace.select("isup") if r.data["name"] == name][-1] for name in ("IAM", "ANM"))
    assert iam["translated"]["called"] == ["555 0199", "national 205550199"]
    assert anm["translated"] == {"speech": ["PCMU", "PCMA"]}


@pytest.mark.covers("P05")
def test_the_ladder_shows_number_and_speech_before_and_after() -> None:
    """The number and the codec of SIP on the one side of the gateway, those of the circuit on the other."""
    place = Place(law="PCMA")
    place.alice.codecs = ["PCMU"]
    call = place.alice.call(TO_OFFICE)
    place.lab.run(call.answered)
    place.lab.run(until=5)
    place.lab.run(call.hang_up())
    place.lab.run()
    ladder = place.trace.ladder()
    told, svg = str(ladder), ladder.to_svg()
    assert "ISUP IAM national 205550100" in told and "RTP PCMU" in told
    assert "ISUP IAM national 205550100 from gateway to exchange, with PCMA" in svg and "RTP PCMU" in svg
    assert TO_OFFICE in str(messages(place.trace, "INVITE", "alice")[0].uri)
    marks = [row.mark for row in ladder.model.rows if isinstance(row, Arrow)]
    assert marks[:3] == ["1", "ISUP", "ISUP"] and "0" not in marks
