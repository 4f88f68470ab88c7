"""What registrars and redirect servers do with bindings (RFC 3261 §10.3, §8.3)."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, request, wire

from sipsim import Lab, RegistrationFailed


@pytest.fixture
def lab() -> Lab:
    return Lab(seed=1)


@pytest.mark.covers("P02", "P19")
def test_the_binding_stands_when_the_200_is_sent(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent("sip:bob@example.com")
    registration = lab.run(bob.register(600))
    (binding,) = registrar.location.look_up("sip:bob@example.com", lab.env.now)
    assert binding.contact == bob.contact_uri and binding.expires_at == 600.005
    assert registration.active and registration.expires == 600
    recorded = lab.trace.select("binding")[0]
    assert recorded.time == lab.trace.select("sent", "registrar")[0].time and recorded.data["action"] == "add"


@pytest.mark.parametrize("start", [0.0, 0.1, 5543.334595])
def test_the_time_granted_is_the_time_asked_for_whenever_that_is(lab: Lab, start: float) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent("sip:bob@example.com")
    lab.run(until=start)
    assert lab.run(bob.register(3600)).expires == 3600


def test_registrations_of_a_phone_share_a_call_id_and_count_up(lab: Lab) -> None:
    lab.registrar("example.com")
    bob = lab.user_agent("sip:bob@example.com")
    lab.run(bob.register())
    lab.run(bob.register())
    first, second = messages(lab.trace, "REGISTER", "bob")
    assert first.call_id == second.call_id and (first.cseq.number, second.cseq.number) == (1, 2)
    assert [record.data["action"] for record in lab.trace.select("binding")] == ["add", "refresh"]


@pytest.mark.covers("P14")
def test_one_of_several_phones_leaves_and_the_others_stay(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    first, second = (lab.user_agent("sip:bob@example.com") for _ in range(2))
    lab.run(first.register() & second.register())
    lab.run(first.unregister())
    assert [b.contact for b in registrar.location.look_up("sip:bob@example.com", lab.env.now)] == [second.contact_uri]
    assert not first.registration.active and second.registration.active


def test_contact_star_removes_every_binding(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    phones = [lab.user_agent("sip:bob@example.com") for _ in range(2)]
    lab.run(phones[0].register() & phones[1].register())
    tester = Wire(lab)
    star = request("REGISTER", "sip:example.com").replace("To: <sip:example.com>", "To: <sip:bob@example.com>")
    star = star.replace("Contact: <sip:tester@HERE>", "Contact: *\nExpires: 0")
    tester.send(star, registrar)
    lab.run(until=lab.env.now + 1)
    assert tester.statuses == [200] and not registrar.location.look_up("sip:bob@example.com", lab.env.now)


@pytest.mark.parametrize("more", ["Contact: *\n", "Contact: *, <sip:x@HERE>\nExpires: 0\n"])
def test_a_star_that_is_not_alone_or_not_a_removal_is_400(lab: Lab, more: str) -> None:
    registrar = lab.registrar("example.com")
    tester = Wire(lab)
    tester.send(request("REGISTER", "sip:example.com").replace("Contact: <sip:tester@HERE>\n", more), registrar)
    lab.run(until=1)
    assert tester.statuses == [400]


def test_a_register_that_comes_late_changes_nothing(lab: Lab) -> None:
    """§10.3 step 7: of one Call-ID, only a higher CSeq may change a binding."""
    registrar = lab.registrar("example.com")
    tester = Wire(lab)
    text = request("REGISTER", "sip:example.com").replace("To: <sip:example.com>", "To: <sip:bob@example.com>")
    tester.send(text.replace("CSeq: 1", "CSeq: 7"), registrar)
    late = text.replace("z9hG4bK-t1", "z9hG4bK-t2").replace("Content-Length", "Expires: 0\nContent-Length")
    tester.send(late, registrar)
    lab.run(until=1)
    assert tester.statuses == [200, 500] and registrar.location.look_up("sip:bob@example.com", 1)


def test_a_binding_lapses_when_nobody_refreshes_it(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    bob = lab.user_agent("sip:bob@example.com")
    lab.run(bob.register(60))
    lab.run(until=70)
    assert not registrar.location.look_up("sip:bob@example.com", lab.env.now)
    lapse = lab.trace.select("binding")[-1]
    assert (lapse.data["action"], lapse.time) == ("expire", 60.005)


def test_a_user_of_another_domain_is_404(lab: Lab) -> None:
    lab.registrar("example.com")
    lab.names.add("example.org", lab.elements["registrar"].address)
    eve = lab.user_agent("sip:eve@example.org")
    with pytest.raises(RegistrationFailed, match="404"):
        lab.run(eve.register())


def test_registering_where_no_name_leads_fails_at_once(lab: Lab) -> None:
    bob = lab.user_agent("sip:bob@nowhere.test")
    with pytest.raises(RegistrationFailed, match="503"):
        lab.run(bob.register())
    assert lab.trace.select("dns")[0].data["answers"] == []


@pytest.mark.covers("P04", "L4")
@pytest.mark.parametrize(("phones", "status"), [(0, 404), (1, 302), (3, 300)])
def test_a_redirect_server_answers_with_every_address_and_forwards_nothing(lab: Lab, phones: int, status: int) -> None:
    server = lab.redirect_server("example.com")
    for n in range(phones):
        server.location.add("sip:bob@example.com", f"sip:bob@192.0.2.{100 + n}", q=1 - n / 10)
    tester = Wire(lab)
    tester.send(request("INVITE"), server)
    lab.run(until=0.1)
    assert tester.statuses[0] == status
    assert [contact.q for contact in tester.heard[0].contacts] == [1 - n / 10 for n in range(phones)]
    assert not [line for line in wire(lab.trace, "redirect") if "INVITE" in line.split()[1]]


@pytest.mark.covers("L4")
def test_the_caller_tries_the_addresses_of_a_redirect_in_their_order(lab: Lab) -> None:
    alice = lab.user_agent("sip:alice@example.com")
    server = lab.redirect_server("example.com")
    phones = [lab.user_agent("sip:bob@example.com") for _ in range(3)]
    for phone, q in zip(phones, (0.3, 0.9, 0.6), strict=True):
        phone.rejects(486)
        server.location.add("sip:bob@example.com", phone.contact_uri, q=q)
    alice.call("sip:bob@example.com")
    trace = lab.run()
    assert [line for line in wire(trace, "alice") if line.endswith("INVITE")] == [
        "alice>redirect INVITE", "alice>bob2 INVITE", "alice>bob3 INVITE", "alice>bob INVITE",
    ]  # fmt: skip
    invites = messages(trace, "INVITE", "alice")
    assert [invite.cseq.number for invite in invites] == [1, 2, 3, 4] and len({i.call_id for i in invites}) == 1


def test_the_longest_time_that_can_be_asked_for_is_shortened() -> None:
    lab = Lab(seed=1)
    registrar = lab.registrar("example.com")
    bob = lab.user_agent("sip:bob@example.com")
    assert lab.run(bob.register(2**32 - 1)).expires == 365 * 24 * 3600
    lab.run(bob.register(100))
    lab.run(until=200)
    assert not registrar.location.look_up("sip:bob@EXAMPLE.com", 200)
    assert [record.data["action"] for record in lab.trace.select("binding")] == ["add", "refresh", "expire"]


def test_a_location_service_takes_addresses_as_people_write_them() -> None:
    from sipsim import LocationService, UsageError

    location = LocationService()
    location.add("sip:bob@Example.COM", "sip:bob@192.0.2.9")
    assert location.known("sip:bob@example.com") and location.look_up("SIP:bob@example.com", 0)
    with pytest.raises(UsageError, match="contact: 'nowhere'"):
        location.add("sip:bob@example.com", "nowhere")
