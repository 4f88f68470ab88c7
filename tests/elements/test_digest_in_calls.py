"""Digest on both sides: registrations, calls and requests in them, through proxies that ask who is there (§22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bench_pair import Wire, messages, said, wire
from bench_pair import request as text_of

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.servers.proxy import Proxy
from sipsim.elements.servers.registrar import Registrar
from sipsim.errors import CallFailed, RegistrationFailed, UsageError
from sipsim.lab.lab import Lab
from sipsim.message.auth import Credentials
from sipsim.message.message import Request
from sipsim.protocol.users import Users

USERS = {"alice": "wonderland", "bob": "zanzibar"}


def registrar_and_bob(lab: Lab, password: str | None = "zanzibar", **options: Any) -> tuple[Registrar, UserAgent]:
    registrar = lab.registrar("example.com", users=USERS, **options)
    return registrar, lab.user_agent("sip:bob@example.com", password=password)


def fails(lab: Lab, event: Any) -> Any:
    """The error of an outcome, everything that follows included."""
    with pytest.raises((CallFailed, RegistrationFailed)) as caught:
        lab.run(event)
    lab.run()
    return caught.value


def sent(lab: Lab, what: str, element: str) -> list[Any]:
    return messages(lab.trace, what, element)


def shown(request: Request, field: str = "Proxy-Authorization") -> list[Credentials]:
    return [Credentials.parse(text) for text in request.values(field)]


def test_what_is_not_sent_is_not_counted():
    """A name that leads nowhere: the next request has the next count all the same."""
    lab = Lab()
    lab.proxy("example.com", users=USERS, challenges="new")
    alice = lab.user_agent("sip:alice@example.com", password="wonderland")
    alice.credentials("example.com", password="wonderland", outbound=True)
    lab.run(alice.options("sip:nobody@example.com"))
    lab.run(alice.options("sip:nobody@example.com"))
    fails(lab, alice.options("sip:nobody@nowhere.invalid"))
    lab.run(alice.options("sip:nobody@example.com"))
    counts = [one.count for request in sent(lab, "OPTIONS", "alice") for one in shown(request)]
    assert counts == list(range(1, len(counts) + 1))


def why_not(lab: Lab) -> list[str]:
    """Who was not let in, and why no more was tried."""
    ignored = [record.data["why"] for kind in ("ignored", "refused") for record in lab.trace.select(kind)]
    said = [record.data["text"] for kind in ("gate", "retry") for record in lab.trace.select(kind)]
    usual = ("no credentials (", "digest is right", " again, with credentials")
    return ignored + [text for text in said if not any(words in text for words in usual)]


# Registering


def test_a_phone_registers_with_its_password():
    lab = Lab()
    registrar, bob = registrar_and_bob(lab)
    registration = lab.run(bob.register())
    assert [record.data["text"] for record in lab.trace.select("gate")] == [
        "401: no credentials (RFC 3261 §22.2)", "bob: digest is right",
    ]  # fmt: skip
    assert registration.active and registrar.location.look_up("sip:bob@example.com", lab.env.now)
    assert wire(lab.trace) == [
        "bob>registrar REGISTER", "registrar>bob 401 REGISTER", "bob>registrar REGISTER", "registrar>bob 200 REGISTER",
    ]  # fmt: skip
    first, second = sent(lab, "REGISTER", "bob")
    (asked,) = sent(lab, "401 REGISTER", "registrar")[0].www_authenticate
    (answered,) = second.authorization
    assert not first.has("Authorization")
    assert (asked.realm, asked.algorithm, asked.qop, asked.stale) == ("example.com", "SHA-256", ("auth",), False)
    assert (answered.username, answered.realm, answered.nonce) == ("bob", "example.com", asked.nonce)
    assert (answered.uri, answered.nc, answered.qop) == ("sip:example.com", "00000001", "auth")
    assert (second.cseq.number, second.call_id, second.from_tag) == (2, first.call_id, first.from_tag)
    assert second.branch != first.branch and second.header("Contact") == first.header("Contact")


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-512-256", "MD5"), ("MD5-sess",), ("SHA-256-sess", "MD5")])
@pytest.mark.parametrize("qop", [("auth",), ("auth-int",), ("auth-int", "auth")])
def test_algorithms_and_qop_as_the_registrar_wants_them(algorithms: tuple[str, ...], qop: tuple[str, ...]):
    lab = Lab()
    _, bob = registrar_and_bob(lab, algorithms=algorithms, qop=qop)
    lab.run(bob.register())
    (answered,) = sent(lab, "REGISTER", "bob")[1].authorization
    assert answered.algorithm == algorithms[0] and answered.qop in qop
    challenges = sent(lab, "401 REGISTER", "registrar")[0].www_authenticate
    assert [challenge.algorithm for challenge in challenges] == list(algorithms)


def test_what_comes_later_is_let_in_at_once():
    lab = Lab()
    _, bob = registrar_and_bob(lab)
    lab.run(bob.register())
    lab.run(bob.register())
    lab.run(bob.unregister())
    counts = [shown(request, "Authorization")[0].nc for request in sent(lab, "REGISTER", "bob")[1:]]
    assert counts == ["00000001", "00000002", "00000003"]
    assert len(sent(lab, "401 REGISTER", "registrar")) == 1


def test_a_wrong_password_is_shown_once():
    """RFC 3665 §2.5, RFC 3261 §22.1: refused credentials are not tried again."""
    lab = Lab()
    registrar, bob = registrar_and_bob(lab, "sesame")
    error = fails(lab, bob.register())
    assert (error.status, error.reason) == (401, "Unauthorized")
    assert error.tried == ("with credentials for example.com",)
    assert len(sent(lab, "REGISTER", "bob")) == 2 and not len(registrar.location)
    assert "no more tries: 401: the credentials were refused" in why_not(lab)
    assert not sent(lab, "401 REGISTER", "registrar")[1].www_authenticate[0].stale
    error = fails(lab, bob.register())  # nor unasked in the next request
    assert not sent(lab, "REGISTER", "bob")[2].has("Authorization")


def test_without_a_password_there_is_nothing_to_try():
    lab = Lab()
    _, bob = registrar_and_bob(lab, None)
    error = fails(lab, bob.register())
    assert error.status == 401 and error.tried == ()
    assert why_not(lab) == ["no more tries: 401: there is no password"]


def test_nor_with_one_for_another_realm():
    lab = Lab()
    _, bob = registrar_and_bob(lab, None)
    bob.credentials("example.org", password="zanzibar")
    assert fails(lab, bob.register()).status == 401
    assert why_not(lab) == ["no more tries: 401: there is no password for example.com"]


def test_several_realms_each_with_its_own_account():
    lab = Lab()
    lab.registrar("example.com", users={"0815": "one"}, realm="office")
    bob = lab.user_agent("sip:bob@example.com", password="any")
    bob.credentials("office", "0815", "one")
    with pytest.raises(RegistrationFailed, match="403"):  # the name is that of somebody else
        lab.run(bob.register())
    bob.forget_credentials("office")
    assert fails(lab, bob.register()).status == 401
    names = [shown(r, "Authorization")[0].username for r in sent(lab, "REGISTER", "bob") if r.has("Authorization")]
    assert names == ["0815", "bob"]


def test_nobody_registers_somebody_else():
    """Whoever logs in has to be the user in To (RFC 3261 §10.3 step 4)."""
    lab = Lab()
    registrar = lab.registrar("example.com", users=USERS)
    mallory = lab.user_agent("sip:bob@example.com", "mallory", password="wonderland", username="alice")
    assert fails(lab, mallory.register()).status == 403
    assert not len(registrar.location)
    assert "alice may not register sip:bob@example.com" in why_not(lab)


@pytest.mark.parametrize(("username", "to"), [("bob@example.com", "bob"), ("bob", "b%6fb")])
def test_a_user_has_several_spellings(username: str, to: str):
    lab = Lab()
    lab.registrar("example.com", users={username: "zanzibar"})
    bob = lab.user_agent(f"sip:{to}@example.com", password="zanzibar", username=username)
    assert lab.run(bob.register()).active


def test_unless_third_parties_may():
    lab = Lab()
    lab.registrar("example.com", users=USERS, third_party=True)
    secretary = lab.user_agent("sip:bob@example.com", "secretary", password="wonderland", username="alice")
    assert lab.run(secretary.register()).active


def test_an_old_nonce_is_replaced_in_silence():
    lab = Lab()
    _, bob = registrar_and_bob(lab)
    lab.run(bob.register())
    lab.run(until=100.0)
    lab.run(bob.register())
    assert sent(lab, "401 REGISTER", "registrar")[1].www_authenticate[0].stale
    assert [request.cseq.number for request in sent(lab, "REGISTER", "bob")] == [1, 2, 3, 4]


def test_after_a_restart_old_nonces_are_nobodys():
    lab = Lab()
    registrar, bob = registrar_and_bob(lab)
    lab.run(bob.register())
    registrar.crash()
    registrar.restart()
    lab.run(bob.register())
    old, early, new = [
        shown(r, "Authorization")[0].nonce for r in sent(lab, "REGISTER", "bob") if r.has("Authorization")
    ]
    assert old == early != new
    assert not sent(lab, "401 REGISTER", "registrar")[1].www_authenticate[0].stale


def test_a_phone_that_restarts_logs_in_anew():
    lab = Lab()
    _, bob = registrar_and_bob(lab)
    lab.run(bob.register())
    bob.crash()
    bob.restart()
    lab.run(bob.register())
    assert len(sent(lab, "401 REGISTER", "registrar")) == 2


# Attackers


def replayed(request: Request, **changes: str) -> Request:
    """A request that somebody has heard, sent from elsewhere as a new one."""
    via = request.header("Via").replace("branch=", "branch=z9hG4bK-evil-")
    return request.with_header("Via", via.partition(" ")[0] + " HERE" + via[via.index(";") :])


def attack(lab: Lab, server: Any, request: Request, name: str = "mallory") -> Any:
    """What the server says to a request that mallory sends."""
    mallory = Wire(lab, name)
    mallory.send(str(request).replace("HERE", mallory.address.host).replace("\r", ""), server)
    lab.run()
    return mallory.heard[-1]


def logged_in(lab: Lab, registrar: Registrar, bob: UserAgent) -> Request:
    lab.run(bob.register())
    found: Request = sent(lab, "REGISTER", "bob")[1]
    return found


def test_a_replayed_request_is_refused():
    lab = Lab()
    registrar, bob = registrar_and_bob(lab)
    heard = replayed(logged_in(lab, registrar, bob)).with_header("CSeq", "9 REGISTER")
    evil = heard.with_header("Contact", "<sip:mallory@192.0.2.66>")
    answer = attack(lab, registrar, evil)
    assert answer.status == 401 and not answer.www_authenticate[0].stale
    assert any("replay" in why for why in why_not(lab))
    bindings = registrar.location.look_up("sip:bob@example.com", lab.env.now)
    assert [binding.contact for binding in bindings] == [bob.contact_uri]


def test_credentials_are_for_one_method_and_one_domain():
    lab = Lab()
    proxy = lab.proxy("example.com", users=USERS, challenges="all")
    bob = lab.user_agent("sip:bob@example.com", password="zanzibar")
    lab.run(bob.register())
    heard = sent(lab, "REGISTER", "bob")[1]
    (value,) = shown(heard, "Authorization")
    next_one = str(value).replace("nc=00000001", "nc=00000002")
    swapped = text_of("MESSAGE", more=f"Proxy-Authorization: {next_one}\n")
    mallory = Wire(lab, "mallory")
    mallory.send(swapped, proxy)
    lab.run()
    assert mallory.statuses == [407]
    other = str(value).replace('uri="sip:example.com"', 'uri="sip:example.org"')
    mallory.send(text_of("MESSAGE", branch="z9hG4bK2", more=f"Proxy-Authorization: {other}\n"), proxy)
    lab.run()
    assert mallory.statuses == [407, 400]
    same = str(value).replace('uri="sip:example.com"', 'uri="sip:bob@example.com"')
    mallory.send(text_of("MESSAGE", branch="z9hG4bK3", more=f"Proxy-Authorization: {same}\n"), proxy)
    lab.run()
    assert mallory.statuses == [407, 400, 407]


def test_a_nonce_of_somebody_else_is_none():
    lab = Lab()
    registrar, bob = registrar_and_bob(lab)
    heard = replayed(logged_in(lab, registrar, bob)).with_header("CSeq", "9 REGISTER")
    forged = heard.with_header("Authorization", heard.header("Authorization").replace('nonce="', 'nonce="0'))
    assert attack(lab, registrar, forged).status == 401


def test_unknown_users_and_wrong_passwords_sound_the_same():
    lab = Lab()
    lab.registrar("example.com", users=USERS)
    for n, (user, password) in enumerate((("bob", "wrong"), ("carol", "wrong"))):
        phone = lab.user_agent(f"sip:{user}@example.com", f"phone{n}", password=password)
        fails(lab, phone.register())
    one, two = sent(lab, "401 REGISTER", "registrar")[1::2]
    assert [replace(challenge, nonce="") for challenge in one.www_authenticate] == [
        replace(challenge, nonce="") for challenge in two.www_authenticate
    ]
    assert one.names == two.names


def test_guessing_is_slow():
    """Ten wrong answers a minute get a verdict; then not even the right one does."""
    lab = Lab()
    registrar = lab.registrar("example.com", users=USERS)
    mallory = lab.user_agent("sip:bob@example.com", "mallory", password="guess-0")
    for n in range(10):
        assert fails(lab, mallory.register()).status == 401
        mallory.credentials(password=f"guess-{n + 1}")
    mallory.credentials(password="zanzibar")
    assert fails(lab, mallory.register()).status == 403
    bob = lab.user_agent("sip:bob@example.com", password="zanzibar")
    assert lab.run(bob.register()).active  # from elsewhere
    assert len(registrar.location) == 1
    lab.run(until=lab.env.now + 61)
    assert lab.run(mallory.register()).active


def test_passwords_show_nowhere():
    lab = Lab()
    registrar, bob = registrar_and_bob(lab)
    lab.run(bob.register())
    text = "\n".join(str(record.data) + str(record) for record in lab.trace) + repr(vars(bob)) + repr(vars(registrar))
    assert "zanzibar" not in text + repr(bob.digest) + repr(registrar.gate) + repr(registrar.users)
    with pytest.raises(UsageError) as caught:
        lab.user_agent("sip:eve@example.com", password="zanzibar\n")
    assert "zanzibar" not in str(caught.value) and "eve" not in lab.elements


# What the server says of itself


def test_the_registrar_proves_that_it_knows_the_password_too():
    lab = Lab()
    _, bob = registrar_and_bob(lab)
    lab.run(bob.register())
    (ok,) = sent(lab, "200 REGISTER", "registrar")
    (value,) = shown(sent(lab, "REGISTER", "bob")[1], "Authorization")
    assert (ok.authentication_info.cnonce, ok.authentication_info.nc) == (value.cnonce, value.nc)
    assert len(ok.authentication_info.rspauth) == 64 and not why_not(lab)


def test_one_that_does_not_is_noticed():
    class Impostor(Registrar):
        def reply(self, exchange, status, *headers, tag=None):  # type: ignore[no-untyped-def]
            wrong = [(name, value.replace('rspauth="', 'rspauth="0')) for name, value in headers]
            super().reply(exchange, status, *wrong, tag=tag)

    lab = Lab()
    registrar = Impostor(lab.env, lab, "registrar", "example.com", users=USERS)
    lab.elements["registrar"] = registrar
    lab.names.add("example.com", registrar.address)
    bob = lab.user_agent("sip:bob@example.com", password="zanzibar")
    lab.run(bob.register())
    assert why_not(lab) == ["Authentication-Info of a server that does not know our password"]


# Calls


def domain(lab: Lab, **options: Any) -> tuple[UserAgent, Proxy, UserAgent]:
    """Alice and Bob, registered, with a proxy between them that asks for passwords."""
    alice = lab.user_agent("sip:alice@example.com", password="wonderland")
    proxy = lab.proxy("example.com", users=USERS, **options)
    bob = lab.user_agent("sip:bob@example.com", password="zanzibar", answers=0)
    for phone in (alice, bob):
        proxy.location.add(phone.uri.aor, phone.contact_uri)
    return alice, proxy, bob


def test_a_call_through_a_proxy_that_asks():
    lab = Lab()
    alice, _, _ = domain(lab)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(call.hang_up())
    assert wire(lab.trace)[:4] == [
        "alice>proxy INVITE", "proxy>alice 407 INVITE", "alice>proxy ACK", "alice>proxy INVITE",
    ]  # fmt: skip
    first, second = sent(lab, "INVITE", "alice")
    assert [request.cseq.number for request in (first, second)] == [1, 2]
    assert second.body == first.body and second.call_id == first.call_id and second.from_tag == first.from_tag
    assert second.branch != first.branch and not second.to_tag
    refused, acked = sent(lab, "ACK", "alice")
    assert refused.branch == first.branch and not refused.has("Proxy-Authorization")
    assert acked.values("Proxy-Authorization") == second.values("Proxy-Authorization")
    (bye,) = sent(lab, "BYE", "alice")
    assert bye.cseq.number == 3 and shown(bye)[0].nc == "00000002"


def test_what_was_for_the_proxy_goes_no_further():
    """RFC 3665 §3.2, F7 and F20: a proxy takes out what was for its own realm, and only that (RFC 3261 §22.3)."""
    lab = Lab()
    alice, proxy, _ = domain(lab)
    alice.credentials("elsewhere", "alice", "x")
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(call.hang_up())
    for method in ("INVITE", "ACK", "BYE"):
        for request in sent(lab, method, "proxy"):
            assert not request.has("Proxy-Authorization")
    other = str(shown(sent(lab, "INVITE", "alice")[1])[0]).replace('realm="example.com"', 'realm="other"')
    tester = Wire(lab)
    more = f"Proxy-Authorization: {other}\nProxy-Authorization: Basic x=y\n"
    tester.send(text_of("MESSAGE", more=more).replace("<sip:tester@example.com>", "<sip:t@far.example>"), proxy)
    lab.run()
    (passed,) = sent(lab, "MESSAGE", "proxy")
    assert passed.values("Proxy-Authorization") == [other, "Basic x=y"]


def test_cancel_is_never_asked():
    """RFC 3261 §22.1: it could not be sent again."""
    lab = Lab()
    alice, _, bob = domain(lab, challenges="all")
    bob.ignores()
    call = alice.call("sip:bob@example.com")
    lab.run(call.ringing)
    lab.run(call.hang_up())
    (cancel,) = sent(lab, "CANCEL", "alice")
    assert cancel.cseq.number == 2 and not cancel.has("Proxy-Authorization")
    assert call.ended.value.why == "CANCEL" and len(sent(lab, "407 INVITE", "proxy")) == 1


def test_who_hangs_up_before_the_challenge_sends_nothing_more():
    lab = Lab()
    alice, _, _ = domain(lab)
    call = alice.call("sip:bob@example.com")
    call.hang_up()
    lab.run()
    assert len(sent(lab, "INVITE", "alice")) == 1 and call.state == "ended"


@pytest.mark.covers("SY98")
def test_the_second_call_needs_no_user_and_one_round_trip_more():
    lab = Lab()
    alice, _, _ = domain(lab)
    for _ in range(2):
        call = alice.call("sip:bob@example.com")
        lab.run(call.answered)
        lab.run(call.hang_up())
    assert [said(m) for m in sent(lab, "407 INVITE", "proxy")] == ["407 INVITE"] * 2
    assert len(sent(lab, "INVITE", "alice")) == 4


@pytest.mark.covers("SY98")
def test_or_none_where_it_is_the_outbound_proxy_that_asks():
    lab = Lab()
    alice, proxy, _ = domain(lab)
    alice.outbound = None
    alice.credentials("example.com", "alice", "wonderland", outbound=True)
    for _ in range(3):
        call = alice.call("sip:bob@example.com")
        lab.run(call.answered)
        lab.run(call.hang_up())
    assert len(sent(lab, "407 INVITE", "proxy")) == 1 and proxy.gate is not None


def test_requests_in_a_dialog_are_asked_too_where_all_are():
    lab = Lab()
    alice, _, bob = domain(lab, challenges="all")
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1)
    lab.run(bob.hang_up())
    first, second = sent(lab, "BYE", "bob")
    assert second.cseq.number == first.cseq.number + 1 and second.call_id == first.call_id
    assert shown(second)[0].username == "bob"
    assert len(sent(lab, "407 BYE", "proxy")) == 1
    assert (call.ended.value.by, call.ended.value.why) == ("sip:bob@example.com", "BYE")


def test_a_change_of_the_session_is_asked_too():
    lab = Lab()
    alice, _, bob = domain(lab, challenges="all")
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1)
    lab.run(call.hold())
    theirs = bob.current_call
    assert theirs is not None
    lab.run(theirs.resume())
    assert [len(sent(lab, "INVITE", phone.name)) for phone in (alice, bob)] == [3, 2]
    first, second = sent(lab, "INVITE", "bob")
    assert second.cseq.number == first.cseq.number + 1 and shown(second)[0].username == "bob"
    assert sent(lab, "ACK", "bob")[1].values("Proxy-Authorization") == second.values("Proxy-Authorization")
    lab.run(call.hang_up())


def test_a_bye_refused_for_good_ends_the_call_all_the_same():
    lab = Lab()
    alice, _, bob = domain(lab, challenges="all")
    bob.forget_credentials()
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1)
    lab.run(bob.hang_up())
    assert len(sent(lab, "BYE", "bob")) == 1 and bob.current_call is None
    lab.run(call.hang_up())


def test_a_phone_may_ask_as_well():
    lab = Lab()
    alice = lab.user_agent("sip:alice@a.example", password="secret")
    bob = lab.user_agent("sip:bob@b.example", answers=0)
    bob.demands({"alice": "secret"})
    call = alice.call(bob)
    lab.run(call.answered)
    lab.run(call.hang_up())
    assert lab.run(alice.options(bob.contact_uri)).status == 200
    asked = [said(record.message) for record in lab.trace.select("sent", "bob") if "401" in said(record.message)]
    assert asked == ["401 INVITE"]  # all that follows brings credentials unasked
    second = sent(lab, "INVITE", "alice")[1]
    assert (second.www_authenticate, shown(second, "Authorization")[0].realm) == ((), "b.example")
    assert sent(lab, "ACK", "alice")[1].has("Authorization")


def test_a_redirect_server_may_ask_too():
    lab = Lab()
    server = lab.redirect_server("example.com", users=USERS)
    alice = lab.user_agent("sip:alice@home.example", password="wonderland")
    bob = lab.user_agent("sip:bob@example.com", answers=0)
    server.location.add(bob.uri.aor, bob.contact_uri)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    lab.run(call.hang_up())
    assert [said(m) for m in [r.message for r in lab.trace.select("sent", "redirect")]] == ["401 INVITE", "302 INVITE"]
    assert [r.cseq.number for r in sent(lab, "INVITE", "alice")] == [1, 2, 3]


# Whom a proxy asks


def test_strangers_may_call_our_users_and_nobody_else():
    """An open relay would take them anywhere."""
    lab = Lab()
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    cases = {"sip:bob@example.com": [], "sip:carol@elsewhere.example": [407]}
    for n, (uri, refused) in enumerate(cases.items()):
        before = len(tester.heard)
        stranger = text_of("OPTIONS", uri, branch=f"z9hG4bK{n}").replace(
            "<sip:tester@example.com>", "<sip:t@far.example>"
        )
        tester.send(stranger, proxy)
        lab.run()
        assert [status for status in tester.statuses[before:] if status == 407] == refused


def test_who_says_to_be_one_of_ours_has_to_prove_it():
    lab = Lab()
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    tester.send(text_of("OPTIONS"), proxy)
    lab.run()
    assert tester.statuses == [407]


def test_what_comes_back_is_not_asked_again():
    """A spiral (RFC 3261 §16.3 item 4): bob is at robert's, and robert is here."""
    lab = Lab()
    alice, proxy, bob = domain(lab, challenges="all")
    proxy.location.clear()
    proxy.location.add("sip:bob@example.com", "sip:robert@example.com")
    proxy.location.add("sip:robert@example.com", f"sip:bob@{bob.host_port}")
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    assert len(sent(lab, "407 INVITE", "proxy")) == 1
    assert len([r for r in sent(lab, "INVITE", "proxy") if r.uri_text == "sip:robert@example.com"]) == 1
    lab.run(call.hang_up())


def test_a_via_of_ours_that_a_stranger_made_up_opens_nothing():
    lab = Lab()
    _, proxy, _ = domain(lab)
    tester = Wire(lab)
    forged = text_of("OPTIONS").replace("Max-F", f"Via: SIP/2.0/UDP {proxy.host_port};branch=z9hG4bK-proxy-1\nMax-F", 1)
    tester.send(forged, proxy)
    lab.run()
    assert tester.statuses == [407]


def test_two_proxies_of_two_realms():
    """RFC 3665 §3.3: the third INVITE shows both what they want."""
    lab = Lab()
    one = lab.proxy("atlanta.com", "one", users={"alice": "a"})
    two = lab.proxy("biloxi.com", "two", users={"al": "b"}, challenges="new", algorithms=("MD5",))
    alice = lab.user_agent("sip:alice@atlanta.com", outbound=one)
    alice.credentials("atlanta.com", "alice", "a")
    alice.credentials("biloxi.com", "al", "b")
    bob = lab.user_agent("sip:bob@biloxi.com", answers=0)
    two.location.add(bob.uri.aor, bob.contact_uri)
    call = alice.call("sip:bob@biloxi.com")
    lab.run(call.answered)
    lab.run(until=lab.env.now + 1)
    assert [line for line in wire(lab.trace) if "180" not in line] == [
        "alice>one INVITE", "one>alice 407 INVITE", "alice>one ACK",
        "alice>one INVITE", "one>alice 100 INVITE", "one>two INVITE", "two>one 407 INVITE", "one>two ACK",
        "one>alice 407 INVITE", "alice>one ACK",
        "alice>one INVITE", "one>alice 100 INVITE", "one>two INVITE", "two>one 100 INVITE", "two>bob INVITE",
        "bob>two 200 INVITE", "two>one 200 INVITE", "one>alice 200 INVITE",
        "alice>one ACK", "one>two ACK", "two>bob ACK",
    ]  # fmt: skip
    third = sent(lab, "INVITE", "alice")[2]
    assert [(value.realm, value.username, value.nc) for value in shown(third)] == [
        ("atlanta.com", "alice", "00000002"), ("biloxi.com", "al", "00000001"),
    ]  # fmt: skip
    assert sent(lab, "ACK", "alice")[2].values("Proxy-Authorization") == third.values("Proxy-Authorization")
    assert [value.realm for value in shown(sent(lab, "INVITE", "one")[1])] == ["biloxi.com"]
    assert [value.realm for value in shown(sent(lab, "ACK", "one")[1])] == ["biloxi.com"]
    lab.run(call.hang_up())


def test_two_phones_behind_a_fork_that_both_ask():
    """RFC 3261 §22.3: the proxy puts their challenges into one response, and the caller answers both."""
    lab = Lab()
    proxy = lab.proxy("example.com")
    alice = lab.user_agent("sip:alice@example.com", password="secret")
    desk, hall = (lab.user_agent("sip:bob@example.com", name, answers=0) for name in ("desk", "hall"))
    hall.ignores()
    for phone in (desk, hall):
        phone.demands({"alice": "secret"}, realm=phone.name)
        proxy.location.add(phone.uri.aor, phone.contact_uri)
    call = alice.call("sip:bob@example.com")
    lab.run(call.answered)
    (refused,) = sent(lab, "401 INVITE", "proxy")
    assert sorted(challenge.realm for challenge in refused.www_authenticate) == ["desk", "hall"]
    second = sent(lab, "INVITE", "alice")[1]
    assert sorted(value.realm for value in second.authorization) == ["desk", "hall"]
    assert len(sent(lab, "INVITE", "alice")) == 2 and len(sent(lab, "401 INVITE", "hall")) == 1
    lab.run(call.hang_up())


def test_over_tcp_all_the_same():
    lab = Lab()
    alice, proxy, _ = domain(lab)
    alice.outbound = None
    call = alice.call("sip:bob@example.com;transport=tcp")
    lab.run(call.answered)
    lab.run(call.hang_up())
    ways = {r.data["transport"] for r in lab.trace.select("sent", "alice") if said(r.message) == "INVITE"}
    assert ways == {"TCP"} and len(sent(lab, "INVITE", "alice")) == 2 and proxy.gate is not None


def test_credentials_may_make_a_request_too_large_for_udp():
    """RFC 3261 §18.1.1: then it goes to the same server over TCP."""
    lab = Lab()
    lab.proxy("example.com", users=USERS)

    class Talkative(UserAgent):
        def request(self, request, hop, user):  # type: ignore[no-untyped-def]
            return super().request(request.with_header("Subject", "x" * 620), hop, user)

    alice = lab.user_agent("sip:alice@example.com", password="wonderland", kind=Talkative)
    fails(lab, alice.call("sip:bob@example.com").answered)
    invites = [record for record in lab.trace.select("sent", "alice") if said(record.message) == "INVITE"]
    assert [len(record.raw) > 1300 for record in invites] == [False, True]
    assert [record.data["transport"] for record in invites] == ["UDP", "TCP"]
    assert invites[0].data["dst"] == invites[1].data["dst"]


def test_the_one_wrong_password_of_two_ends_it():
    lab = Lab()
    one = lab.proxy("atlanta.com", "one", users={"alice": "a"})
    two = lab.proxy("biloxi.com", "two", users={"alice": "b"}, challenges="new")
    alice = lab.user_agent("sip:alice@atlanta.com", outbound=one, password="a")
    bob = lab.user_agent("sip:bob@biloxi.com")
    two.location.add(bob.uri.aor, bob.contact_uri)
    error = fails(lab, alice.call("sip:bob@biloxi.com").answered)
    assert error.status == 407
    assert error.tried == ("with credentials for atlanta.com", "with credentials for biloxi.com")


def test_losses_change_nothing():
    lab = Lab(seed=5, loss=0.15)
    alice, _, _ = domain(lab)
    for _ in range(5):
        call = alice.call("sip:bob@example.com")
        lab.run(call.answered)
        lab.run(call.hang_up())
    assert {request.cseq.number for request in sent(lab, "INVITE", "alice")} == {1, 2}


# Options


def test_users_may_be_shared_by_servers_of_one_realm():
    lab = Lab()
    users = Users("example", USERS)
    lab.registrar("example.com", users=users)
    bob = lab.user_agent("sip:bob@example.com", password="zanzibar")
    lab.proxy("example.org", users=users)
    lab.run(bob.register())
    users.add("bob", "changed")
    assert fails(lab, bob.register()).status == 401


@pytest.mark.parametrize(
    "options", [{"algorithms": ("ROT13",)}, {"qop": ("none",)}, {"realm": "a\nb"}, {"users": {"a:b": "c"}}]
)
def test_options_that_can_not_be(options: dict[str, Any]):
    lab = Lab()
    with pytest.raises(UsageError):
        lab.registrar("example.com", **({"users": USERS} | options))
    with pytest.raises(UsageError, match="challenges"):
        lab.proxy("example.com", challenges="some")
    assert not lab.elements


def test_the_same_seed_gives_the_same_octets():
    def octets() -> list[bytes]:
        lab = Lab(seed=3)
        alice, _, bob = domain(lab)
        lab.run(bob.register())
        call = alice.call("sip:bob@example.com")
        lab.run(call.answered)
        lab.run(call.hang_up())
        return [record.raw for record in lab.trace.select("sent")]

    assert octets() == octets()
