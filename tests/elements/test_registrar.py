"""What registrars and redirect servers do with bindings (RFC 3261 §10.3, §8.3)."""

from __future__ import annotations

import pytest
from bench_pair import Wire, messages, register, request, wire

from sipsim import CallFailed, Lab, LocationService, RegistrationFailed, UsageError
from sipsim.message.message import Request


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
    answer = lab.trace.select("sent", "registrar")[0]
    assert recorded.data["action"] == "add" and (recorded.time, recorded.id) < (answer.time, answer.id)


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
    tester.send(register("*", more="Expires: 0\n"), registrar)
    lab.run(until=lab.env.now + 1)
    assert tester.statuses == [200] and not registrar.location.look_up("sip:bob@example.com", lab.env.now)


@pytest.mark.parametrize(
    ("contact", "more"),
    [
        ("*", ""),
        ("*", "Expires: 60\n"),
        ("*", "Expires: soon\n"),
        ("*, <sip:x@HERE>", "Expires: 0\n"),
        ("*;expires=0", ""),
    ],
)
def test_a_star_that_is_not_alone_or_not_a_removal_is_400(lab: Lab, contact: str, more: str) -> None:
    registrar = lab.registrar("example.com")
    registrar.location.add("sip:bob@example.com", "sip:bob@192.0.2.9")
    tester = Wire(lab)
    tester.send(register(contact, more=more), registrar)
    lab.run(until=1)
    assert tester.statuses == [400] and len(registrar.location.look_up("sip:bob@example.com", 1)) == 1


def test_a_register_that_comes_late_changes_nothing(lab: Lab) -> None:
    """§10.3 step 7: of one Call-ID, only a higher CSeq may change a binding."""
    registrar = lab.registrar("example.com")
    tester = Wire(lab)
    tester.send(register(cseq=7), registrar)
    tester.send(register(cseq=6, more="Expires: 0\n"), registrar)
    lab.run(until=1)
    assert tester.statuses == [200, 500] and registrar.location.look_up("sip:bob@example.com", 1)
    (refused,) = lab.trace.select("refused", "registrar")
    assert refused.data["rfc"] == "RFC 3261 §10.3" and "CSeq 6" in refused.data["why"]


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
    location = LocationService()
    location.add("sip:bob@Example.COM", "sip:bob@192.0.2.9")
    assert location.known("sip:bob@example.com") and location.look_up("SIP:bob@example.com", 0)
    with pytest.raises(UsageError, match="contact: 'nowhere'"):
        location.add("sip:bob@example.com", "nowhere")


def test_a_third_party_may_register_only_where_it_is_allowed(lab: Lab) -> None:
    tester = Wire(lab)
    for name, allowed, status in (("strict", False, 403), ("open", True, 200)):
        registrar = lab.registrar("example.com", name, third_party=allowed)
        tester.send(register(sender="sip:assistant@example.com", call_id=name), registrar)
        lab.run(until=lab.env.now + 1)
        assert tester.statuses[-1] == status
        assert bool(registrar.location.look_up("sip:bob@example.com", lab.env.now)) is allowed


def test_only_the_users_that_a_registrar_was_told_of_may_register(lab: Lab) -> None:
    registrar = lab.registrar("example.com", users=["bob"])
    tester = Wire(lab)
    tester.send(register(), registrar)
    tester.send(register(user="sip:eve@example.com", call_id="other"), registrar)
    lab.run(until=1)
    assert tester.statuses == [200, 404] and not registrar.location.known("sip:eve@example.com")


def test_the_200_lists_every_binding_with_the_time_it_has_left_and_the_date(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    tester = Wire(lab)
    tester.send(register("<sip:a@HERE>;q=0.5;expires=100, <mailto:bob@example.com>", more="Expires: 200\n"), registrar)
    lab.run(until=40)
    tester.send(register("<tel:+1-201-555-0123>;q=0.7;expires=50", cseq=2), registrar)
    lab.run(until=41)
    listed = [(str(contact.uri), contact.q, contact.expires) for contact in tester.heard[1].contacts]
    address = tester.address.host
    assert listed == [
        ("mailto:bob@example.com", 1.0, 160),
        ("tel:+1-201-555-0123", 0.7, 50),
        (f"sip:a@{address}", 0.5, 60),
    ]
    assert str(tester.heard[1].date) == "Thu, 01 Jan 1970 00:00:40 GMT"


def test_a_register_without_contact_asks_and_changes_nothing(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    tester = Wire(lab)
    tester.send(register(""), registrar)
    tester.send(register(cseq=2), registrar)
    tester.send(register("", cseq=3), registrar)
    lab.run(until=1)
    assert [len(answer.contacts) for answer in tester.heard] == [0, 1, 1]
    assert [record.data["action"] for record in lab.trace.select("binding")] == ["add"]


def test_one_bad_contact_spoils_the_whole_register(lab: Lab) -> None:
    registrar = lab.registrar("example.com")
    tester = Wire(lab)
    tester.send(register("<sip:a@HERE>, <sip:b@HERE>;q=2"), registrar)
    lab.run(until=1)
    assert tester.statuses == [400] and not registrar.location.look_up("sip:bob@example.com", 1)


@pytest.mark.parametrize(("asked", "status"), [(0, 200), (29, 423), (59, 423), (60, 200)])
def test_what_is_too_brief_is_423_with_what_would_do(lab: Lab, asked: int, status: int) -> None:
    registrar = lab.registrar("example.com", min_expires=60)
    tester = Wire(lab)
    tester.send(register(more=f"Expires: {asked}\n"), registrar)
    lab.run(until=1)
    assert tester.statuses == [status]
    assert tester.heard[0].min_expires == (60 if status == 423 else None)


def test_an_hour_is_never_too_brief(lab: Lab) -> None:
    registrar = lab.registrar("example.com", min_expires=7200)
    tester = Wire(lab)
    tester.send(register(more="Expires: 3600\n"), registrar)
    tester.send(register(cseq=2, more="Expires: 3599\n"), registrar)
    lab.run(until=1)
    assert tester.statuses == [200, 423]


def test_a_registrar_shortens_what_it_finds_too_long_and_has_a_time_of_its_own(lab: Lab) -> None:
    registrar = lab.registrar("example.com", default_expires=100, max_expires=500)
    tester = Wire(lab)
    tester.send(register(), registrar)
    tester.send(register(cseq=2, more="Expires: 501\n"), registrar)
    lab.run(until=1)
    assert [answer.contacts[0].expires for answer in tester.heard] == [100, 500]


def test_a_user_has_so_many_bindings_and_no_more(lab: Lab) -> None:
    registrar = lab.registrar("example.com", most_bindings=2)
    tester = Wire(lab)
    tester.send(register("<sip:a@HERE>, <sip:b@HERE>, <sip:c@HERE>"), registrar)
    tester.send(register("<sip:a@HERE>, <sip:b@HERE>", cseq=2), registrar)
    tester.send(register("<sip:c@HERE>", cseq=3), registrar)
    tester.send(register("<sip:c@HERE>, <sip:a@HERE>;expires=0", cseq=4), registrar)
    lab.run(until=1)
    assert tester.statuses == [500, 200, 500, 200]
    found = registrar.location.look_up("sip:bob@example.com", 1)
    assert [binding.contact.user for binding in found] == ["b", "c"]


@pytest.mark.covers("P13")
@pytest.mark.parametrize("server", ["proxy", "redirect_server"])
@pytest.mark.parametrize(
    ("options", "carol", "dave"),
    [({}, 480, 404), ({"unregistered": 404}, 404, 404), ({"unknown": 480}, 480, 480), ({"users": ["carol"]}, 480, 404)],
)
def test_a_user_who_is_not_registered_is_404_or_480_as_the_policy_says(
    lab: Lab, server: str, options: dict[str, object], carol: int, dave: int
) -> None:
    """Carol was registered, until she left; of Dave nobody has ever heard."""
    alice = lab.user_agent("sip:alice@example.com")
    getattr(lab, server)("example.com", **options)
    phone = lab.user_agent("sip:carol@example.com")
    lab.run(phone.register())
    lab.run(phone.unregister())
    for user, status in (("carol", carol), ("dave", dave)):
        with pytest.raises(CallFailed) as failed:
            lab.run(alice.call(f"sip:{user}@example.com").answered)
        assert failed.value.status == status


@pytest.mark.covers("P06")
def test_registrar_proxy_and_redirect_server_share_a_location_service(lab: Lab) -> None:
    location = LocationService()
    registrar = lab.registrar("example.com", location=location)
    proxy = lab.proxy("example.com", location=location)
    redirect = lab.redirect_server("example.com", location=location)
    assert registrar.location is proxy.location is redirect.location is location
    tester = Wire(lab)
    tester.send(register("<sip:tester@HERE>"), registrar)
    lab.run(until=1)
    tester.send(request("OPTIONS", branch="z9hG4bK-a"), proxy)
    lab.run(until=2)
    assert isinstance(tester.heard[1], Request) and str(tester.heard[1].uri) == f"sip:tester@{tester.address.host}"
    tester.send(request("OPTIONS", branch="z9hG4bK-b"), redirect)
    lab.run(until=3)
    (redirection,) = (message for message in tester.heard if getattr(message, "status", 0) == 302)
    assert str(redirection.contacts[0].uri) == f"sip:tester@{tester.address.host}"
    asked = [record.element for record in lab.trace.select("binding") if record.data["action"] == "look-up"]
    assert asked == ["proxy", "redirect"]


def test_a_crash_takes_an_own_location_service_and_leaves_a_shared_one(lab: Lab) -> None:
    own, shared = (
        lab.registrar("example.com", "own"),
        lab.registrar("example.com", "shared", location=LocationService()),
    )
    tester = Wire(lab)
    for registrar in (own, shared):
        tester.send(register(call_id=registrar.name), registrar)
    lab.run(until=1)
    for registrar in (own, shared):
        registrar.crash()
        registrar.restart()
    left = [len(registrar.location.look_up("sip:bob@example.com", 1)) for registrar in (own, shared)]
    assert left == [0, 1]


def test_a_proxy_rings_phones_and_leaves_other_addresses_alone(lab: Lab) -> None:
    proxy = lab.proxy("example.com")
    alice, bob = (lab.user_agent(f"sip:{name}@example.com") for name in ("alice", "bob"))
    for contact in ("mailto:bob@example.com", bob.contact_uri):
        proxy.location.add("sip:bob@example.com", contact)
    lab.run(alice.call("sip:bob@example.com").answered)
    assert [line for line in wire(lab.trace, "proxy") if line.endswith(" INVITE") and line.count(" ") == 1] == [
        "proxy>bob INVITE"
    ]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"min_expires": -1}, "min_expires: -1"), ({"max_expires": 0}, "max_expires: 0"), ({"minimum": 3}, "minimum: "),
     ({"min_expires": 61, "max_expires": 60}, "max_expires: 60"), ({"unknown": 86}, "unknown: 86"),
     ({"users": "bob"}, "users: 'bob'")],
)  # fmt: skip
def test_a_registrar_refuses_options_it_can_not_work_with(lab: Lab, wrong: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        lab.registrar("example.com", **wrong)
    assert not lab.elements


@pytest.mark.parametrize("expires", [2_000_000_000, 2**32 - 1])
def test_a_binding_for_longer_than_any_run(expires: int) -> None:
    lab = Lab()
    registrar = lab.registrar("example.com", max_expires=2**32 - 1)
    bob = lab.user_agent("sip:bob@example.com")
    registration = lab.run(bob.register(expires))
    assert registration.expires == expires
    assert len(registrar.location.look_up(bob.uri, 1e9)) == 1


@pytest.mark.parametrize(
    ("uri", "status"), [("sip:EXAMPLE.com", 200), ("sip:192.0.2.1", 200), ("sip:example.org", 404)]
)
def test_a_register_for_another_domain_is_not_taken(lab: Lab, uri: str, status: int) -> None:
    """The Request-URI names the domain, or the registrar itself; who is registered stands in To (§10.3)."""
    registrar = lab.registrar("example.com")
    assert registrar.address.host == "192.0.2.1"
    tester = Wire(lab)
    tester.send(register().replace("REGISTER sip:example.com", f"REGISTER {uri}"), registrar)
    lab.run(until=1)
    assert tester.statuses == [status]


def test_what_is_bound_for_a_century_is_bound_and_no_timer_waits_for_its_end(lab: Lab) -> None:
    lab.registrar("example.com", max_expires=2**32 - 1)
    bob = lab.user_agent("sip:bob@example.com")
    assert lab.run(bob.register(2**32 - 1, refresh=True)).expires == 2**32 - 1
    assert lab.run(bob.unregister()).expires == 0


@pytest.mark.parametrize(
    ("text", "status", "header"),
    [
        (request("INVITE"), 405, ("allow", "REGISTER, SUBSCRIBE")),
        (request("DANCE"), 501, ("allow", "REGISTER, SUBSCRIBE")),
        (register(more="Require: path\n"), 420, ("unsupported", "path")),
        (
            register().replace("Length: 0\n\n", "Type: text/plain\nContent-Length: 2\n\nhi"),
            415,
            ("accept", ""),
        ),
    ],
)
def test_a_registrar_checks_requests_as_every_server_does(
    lab: Lab, text: str, status: int, header: tuple[str, str]
) -> None:
    """§8.2: each is refused as the RFC says, and a record tells why and by which section."""
    registrar = lab.registrar("example.com")
    tester = Wire(lab)
    tester.send(text, registrar)
    lab.run(until=0.1)
    assert tester.statuses == [status] and ", ".join(tester.heard[0].values(header[0])) == header[1]
    (refused,) = lab.trace.select("refused", "registrar")
    assert refused.data["status"] == status and refused.data["rfc"].startswith("RFC 3261 §")
