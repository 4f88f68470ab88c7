"""Registration bindings, refreshes, properties and the outbound proxy's address; digest on the way."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, times, wire
from symbian_bench import Phone, left, pair

from sipsim.apis import symbian
from sipsim.elements.servers.agreeing_proxy import AgreeingProxy
from sipsim.lab.lab import Lab
from sipsim.simulation.network import Address


def registering(**options: Any) -> tuple[Lab, Any, Phone]:
    lab = Lab(seed=7)
    registrar = lab.registrar("example.com", **options)
    return lab, registrar, Phone(lab)


def queries(lab: Lab, name: str) -> int:
    return len([one for one in lab.trace.select("dns") if one.element == "alice" and one.data["name"] == name])


@pytest.mark.covers("SY40", "SY42", "SY43", "SY44", "SY41", "SY26")
def test_a_binding_registers_updates_deregisters_and_lapses_without_a_refresh():
    lab, _, phone = registering()
    binding = phone.bind(aExpires=60)
    transaction = binding.RegisterL()
    assert transaction.Type() == "REGISTER" and not binding.IsContextActive()
    assert left(binding.RegisterL) == symbian.KErrSIPRequestPending
    lab.run(until=2.0)
    assert phone.app.last("IncomingResponse 200") == (transaction, binding) and binding.IsContextActive()
    transaction.Delete()
    assert phone.connection.FetchRegistrationsL() == (binding,)
    assert left(binding.RegisterL) == symbian.KErrSIPInvalidRegistrationState
    binding.UpdateL()
    lab.run(until=30.0)
    assert binding.ExpirationTime() == 32
    binding.DeregisterL()
    lab.run(until=31.0)
    assert not binding.IsContextActive()
    assert [str(m.contacts[0].expires) for m in messages(lab.trace, "REGISTER", "alice")] == ["60", "60", "0"]
    binding.RegisterL()
    lab.run(until=100.0)
    assert not binding.IsContextActive() and len(times(lab.trace, "REGISTER", "alice")) == 4
    assert left(binding.DeregisterL) == symbian.KErrSIPInvalidRegistrationState


@pytest.mark.covers("SY45", "SY46")
def test_the_outbound_proxys_address_is_kept_where_wished_and_looked_up_at_each_register():
    for kept, expected in ((False, 5), (True, 2)):
        lab = Lab(seed=7)
        proxy = lab.proxy("example.com")
        phone = Phone(lab)
        lab.names.add("out.example.com", proxy.address)
        binding = phone.bind()
        assert not binding.HasOutboundProxy()
        binding.SetOutboundProxyL("sip:out.example.com")
        assert binding.OutboundProxy().host == "out.example.com"
        binding.SetProperty(symbian.KSIPCacheOutboundProxyIP, kept)
        binding.RegisterL()
        lab.run(until=2.0)
        lookup = queries(lab, "out.example.com")
        for _ in range(3):
            phone.message("sip:carol@example.com", "hi", binding)
            lab.run(until=lab.env.now + 1.0)
        assert queries(lab, "out.example.com") == lookup * (1 if kept else 4)
        binding.UpdateL()
        lab.run(until=lab.env.now + 1.0)
        assert queries(lab, "out.example.com") == lookup * expected
        assert binding.RemoveOutboundProxyL() and not binding.RemoveOutboundProxyL()


@pytest.mark.covers("SY46")
def test_a_successful_register_renews_the_address_that_is_kept():
    lab = Lab(seed=7)
    one, two = lab.proxy("example.com", "one"), lab.proxy("example.com", "two")
    lab.names.add("out.example.com", one.address)
    phone = Phone(lab)
    binding = phone.bind()
    binding.SetOutboundProxyL("sip:out.example.com")
    binding.SetProperty(symbian.KSIPCacheOutboundProxyIP, True)
    binding.RegisterL()
    lab.run(until=2.0)
    lab.names.remove("out.example.com")
    lab.names.add("out.example.com", two.address)
    phone.message("sip:carol@example.com", "hi", binding)
    lab.run(until=3.0)
    binding.UpdateL()
    lab.run(until=4.0)
    phone.message("sip:carol@example.com", "hi", binding)
    lab.run(until=5.0)
    sent = [r.peer for r in lab.trace.select("sent", "alice")]
    assert sent == ["one", "one", "two", "two"]


@pytest.mark.covers("SY47", "SY49")
def test_a_register_without_any_expiry_and_properties_that_are_refused():
    lab, _, phone = registering()
    binding = phone.bind()
    assert left(binding.SetProperty, 199, True) == symbian.KErrNotFound
    binding.SetProperty(symbian.KSIPSendWithExpires, False)
    binding.RegisterL()
    lab.run(until=2.0)
    (register,) = messages(lab.trace, "REGISTER", "alice")
    assert not register.has("Expires") and register.contacts[0].expires is None
    assert left(binding.SetProperty, symbian.KSIPSendWithExpires, True) == symbian.KErrSIPInvalidRegistrationState
    other = phone.bind()
    other.RegisterL()
    lab.run(until=3.0)
    assert messages(lab.trace, "REGISTER", "alice")[-1].contacts[0].expires == 3600


def answered(lab: Lab, phone: Phone, peer: Wire, contact: str, **options: Any) -> symbian.CSIPRegistrationBinding:
    """A binding whose REGISTER is answered with this Contact."""
    binding = symbian.CSIPRegistrationBinding(
        phone.connection, "sip:alice@example.com", f"sip:{peer.address}", None, symbian.CSIPRefresh(), **options
    )

    def answer(got: Any) -> None:
        head = "".join(f"{name}: {got.header(name)}\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        contacts = contact.replace("ME", got.header("Contact").partition(";")[0])
        text = f"SIP/2.0 200 OK\n{head}To: {got.header('To')};tag=p\n{contacts}Content-Length: 0\n\n"
        peer.send(text, phone.stack)

    peer.on_message = answer
    binding.RegisterL()
    lab.run(until=lab.env.now + 1.0)
    return binding


@pytest.mark.covers("SY48", "R1")
@pytest.mark.parametrize(("granted", "asked", "believed"), [(10, None, 30), (7200, None, 3600), (7200, 600, 600)])
def test_a_granted_expiry_is_held_within_limits(granted: int, asked: int | None, believed: int):
    lab = Lab(seed=7)
    phone = Phone(lab)
    binding = answered(lab, phone, Wire(lab), f"Contact: ME;expires={granted}\n", aExpires=asked)
    assert binding.IsContextActive() and binding.ExpirationTime() == believed - 1
    assert binding.SIPRefresh().IntervalL() == believed


@pytest.mark.covers("SY48", "SY28", "R2")
@pytest.mark.parametrize("contact", ["Contact: ME;expires=0\n", ""])
def test_no_binding_in_the_200_is_no_registration(contact: str):
    lab = Lab(seed=7)
    phone = Phone(lab)
    binding = answered(lab, phone, Wire(lab), contact)
    assert not binding.IsContextActive() and binding.SIPRefresh().State() is symbian.CSIPRefresh.ETerminated
    assert phone.app.last("ErrorOccured")[::2] == (symbian.KErrSIPInvalidRegistrarResponse, binding)


@pytest.mark.covers("SY48", "SY100", "R3")
def test_less_than_the_minimum_is_not_asked_for_and_a_contact_must_lead_somewhere():
    _, _, phone = registering()
    assert left(lambda: phone.bind(aExpires=29)) == symbian.KErrArgument
    bad = ("sip:alice@example.com", "sip:example.com", "tel:123")
    assert left(symbian.CSIPRegistrationBinding, phone.connection, *bad) == symbian.KErrSIPInvalidContact


@pytest.mark.covers("SY50", "SY51", "SY53", "SY41")
def test_a_registration_is_refreshed_by_the_stack_and_its_refresh_belongs_to_it():
    lab, _, phone = registering()
    binding = phone.bind(refresh=True, aExpires=100)
    refresh = binding.SIPRefresh()
    assert refresh.State() is symbian.CSIPRefresh.EInactive
    assert left(refresh.IntervalL) == symbian.KErrSIPResourceNotAvailable
    first = binding.RegisterL()
    lab.run(until=2.0)
    assert refresh.State() is symbian.CSIPRefresh.EActive and refresh.IntervalL() == 100
    assert left(refresh.UpdateL) == left(refresh.TerminateL) == symbian.KErrNotSupported
    lab.run(until=160.0)
    assert [round(t) for t in times(lab.trace, "REGISTER", "alice")] == [1, 51, 101, 151]
    assert refresh.SIPTransaction() is not first and binding.IsContextActive()
    assert phone.app.names.count("IncomingResponse 200") == 1
    phone.server.stacks[1].bearer.set("suspended")
    assert left(refresh.IntervalL) == symbian.KErrCouldNotConnect
    phone.server.stacks[1].bearer.set("up")
    binding.DeregisterL()
    lab.run(until=300.0)
    assert refresh.State() is symbian.CSIPRefresh.ETerminated and len(times(lab.trace, "REGISTER", "alice")) == 5


@pytest.mark.covers("SY28", "SY26")
def test_a_refresh_of_a_registration_that_fails_ends_it():
    lab, registrar, phone = registering()
    binding = phone.bind(refresh=True, aExpires=100)
    binding.RegisterL()
    lab.run(until=2.0)
    registrar.crash()
    lab.run(until=120.0)
    assert phone.app.last("ErrorOccured") == (symbian.KErrTimedOut, binding)
    assert not binding.IsContextActive() and binding.SIPRefresh().State() is symbian.CSIPRefresh.ETerminated


@pytest.mark.covers("SY50", "SY51", "SY26")
def test_a_request_alone_is_refreshed_updated_and_ended():
    lab, phone, _ = pair()
    refresh = symbian.CSIPRefresh.NewL()
    phone.message("sip:bob@example.com", "here", refresh)
    assert left(phone.message, "sip:bob@example.com", "here", refresh) == symbian.KErrInUse
    lab.run(until=2.0)
    refresh.SetIntervalL(60)
    lab.run(until=40.0)
    assert [round(t) for t in times(lab.trace, "MESSAGE", "alice")] == [1, 32]
    refresh.UpdateL()
    lab.run(until=41.0)
    refresh.TerminateL()
    lab.run(until=200.0)
    sent = messages(lab.trace, "MESSAGE", "alice")
    assert [message.cseq.number for message in sent] == [1, 2, 3, 4] and sent[-1].expires == 0
    assert len({message.call_id for message in sent}) == 1
    assert refresh.State() is symbian.CSIPRefresh.ETerminated


@pytest.mark.covers("SY54")
def test_after_a_423_it_is_tried_once_more_for_longer():
    lab, _, phone = registering(min_expires=120)
    binding = phone.bind(aExpires=60)
    binding.RegisterL()
    lab.run(until=2.0)
    assert wire(lab.trace)[1::2] == ["registrar>alice 423 REGISTER", "registrar>alice 200 REGISTER"]
    assert phone.app.names[1:] == ["IncomingResponse 200"] and binding.ExpirationTime() == 119


@pytest.mark.covers("SY100")
def test_an_outbound_proxy_that_does_not_answer_has_an_error_of_its_own():
    lab, _, phone = registering()
    silent = Wire(lab, "silent", Address("", 0))
    binding = phone.bind()
    binding.SetOutboundProxyL(f"sip:{silent.address}")
    transaction = binding.RegisterL()
    lab.run()
    told = phone.app.last("ErrorOccured")
    assert told == (symbian.KErrSIPOutboundProxyNotResponding, transaction, binding)


class Observer(symbian.MSIPHttpDigestChallengeObserver):
    """Answers each realm with the next password."""

    def __init__(self, csip: symbian.CSIP, *passwords: str) -> None:
        self.asked: list[str] = []
        self.passwords = list(passwords)
        self.digest = symbian.CSIPHttpDigest.NewL(csip, self)

    def ChallengeReceived(self, aRealm: str) -> None:
        self.asked.append(aRealm)
        if self.passwords:
            self.digest.SetCredentialsL(aRealm, "alice", self.passwords.pop(0))
        else:
            self.digest.IgnoreChallengeL(aRealm)


@pytest.mark.covers("SY95", "SY98")
def test_a_challenge_is_asked_about_once_and_its_answer_kept():
    lab, _, phone = registering(users={"alice": "secret"})
    observer = Observer(phone.csip, "secret")
    binding = phone.bind()
    binding.RegisterL()
    lab.run(until=2.0)
    assert observer.asked == ["example.com"] and binding.IsContextActive()
    assert phone.app.names[1:] == ["IncomingResponse 200"]
    other = phone.bind()
    other.RegisterL()
    lab.run(until=3.0)
    assert observer.asked == ["example.com"] and other.IsContextActive()


@pytest.mark.covers("SY96", "SY100")
def test_without_digest_a_challenge_is_a_refusal():
    lab, _, phone = registering(users={"alice": "secret"})
    binding = phone.bind()
    transaction = binding.RegisterL()
    lab.run(until=2.0)
    assert phone.app.last("ErrorOccured") == (symbian.KErrSIPForbidden, transaction, binding)
    assert phone.app.names[1:] == ["ErrorOccured"]


@pytest.mark.covers("SY99")
def test_challenges_are_ignored_wrong_passwords_asked_again_and_credentials_removed():
    lab, _, phone = registering(users={"alice": "secret"})
    observer = Observer(phone.csip, "wrong", "secret")
    binding = phone.bind()
    binding.RegisterL()
    lab.run(until=2.0)
    assert observer.asked == ["example.com"] * 2 and binding.IsContextActive()
    symbian.CSIPHttpDigest.RemoveCredentialsL(phone.csip, "example.com")  # type: ignore[arg-type]
    binding.UpdateL()
    lab.run(until=3.0)
    assert len(observer.asked) == 3 and phone.app.last("ErrorOccured")[0] == symbian.KErrSIPForbidden
    assert left(observer.digest.IgnoreChallengeL, "example.com") == symbian.KErrNotFound


@pytest.mark.covers("SY99")
def test_the_second_kind_of_observer_is_told_of_the_transaction():
    lab, _, phone = registering(users={"alice": "secret"})
    asked: list[Any] = []

    class Two(symbian.MSIPHttpDigestChallengeObserver2):
        def ChallengeReceived(self, aWhat: Any) -> None:
            asked.append((aWhat, digest.ChallengedRealms(aWhat)))
            digest.SetCredentialsL(aWhat, "example.com", "alice", "secret")

    digest = symbian.CSIPHttpDigest(phone.csip, Two())
    transaction = phone.bind().RegisterL()
    lab.run(until=2.0)
    assert asked == [(transaction, ("example.com",))] and transaction.status == 200
    assert left(symbian.CSIPHttpDigest, phone.csip, object()) == symbian.KErrArgument
    digest.Delete()
    assert phone.csip.http_digest is None


@pytest.mark.covers("SY97", "SY98")
def test_a_profiles_agent_answers_the_registrar_and_its_passwords_serve_a_call():
    lab = Lab(seed=7)
    proxy = lab.proxy("example.com", users={"alice": "secret", "bob": "b"})
    lab.user_agent("sip:bob@example.com", password="b", answers=1.0).register()
    phone = Phone(lab)
    profile = symbian.Profile(
        "sip:alice@example.com", outbound_proxy=f"sip:{proxy.host_port}",
        credentials=(("example.com", "alice", "secret"),),
    )  # fmt: skip
    agent = symbian.ProfileAgent(phone.connection, profile)
    agent.Enable()
    lab.run(until=3.0)
    assert agent.binding.IsContextActive() and agent.refresh.State() is symbian.CSIPRefresh.EActive
    transaction = phone.message("sip:bob@example.com", "hi", agent.binding)
    lab.run(until=4.0)
    assert transaction.status == 200 and "ErrorOccured" not in phone.app.names
    agent.Disable()
    lab.run(until=5.0)
    assert not agent.binding.IsContextActive()


@pytest.mark.covers("SY04", "SY95", "R6")
def test_a_494_is_answered_with_the_servers_list_and_never_told():
    lab = Lab(seed=7)
    proxy = lab.proxy("example.com", kind=AgreeingProxy)
    lab.user_agent("sip:bob@example.com", outbound=proxy)
    phone = Phone(lab)
    elements = symbian.CSIPRequestElements.NewL(f"sip:bob@{proxy.host_port}")
    elements.SetMethodL("MESSAGE")
    elements.MessageElements().SetUserHeadersL((("Supported", "sec-agree"),))
    phone.connection.SendRequestL(elements)
    lab.run(until=2.0)
    sent = messages(lab.trace, "MESSAGE", "alice")
    assert wire(lab.trace)[1] == "proxy>alice 494 MESSAGE" and len(sent) == 2
    offered = messages(lab.trace, "494 MESSAGE", "proxy")[0].values("Security-Server")
    assert sent[1].values("Security-Verify") == offered and sent[1].header("Security-Client") == "digest"
    assert "IncomingResponse 494" not in phone.app.names and phone.csip.negotiated
    (hop, agreed) = next(iter(phone.csip.negotiated.items()))
    assert phone.csip.NegotiatedSecurityMechanismL(hop) == agreed == offered[0].partition(";")[0]
    phone.csip.SetSecurityHandling(False)
    assert not phone.csip.security_handling


@pytest.mark.covers("SY98", "SY95")
def test_a_second_invite_in_the_realm_is_challenged_and_nobody_is_asked():
    lab = Lab(seed=7)
    lab.proxy("example.com", users={"alice": "secret", "bob": "b"})
    bob = lab.user_agent("sip:bob@example.com", password="b")
    bob.register()
    bob.rejects(486)
    phone = Phone(lab)
    observer = Observer(phone.csip, "secret")
    for count in (1, 2):
        association = symbian.CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
        association.SendInviteL()
        lab.run(until=lab.env.now + 3.0)
        assert phone.app.last("IncomingResponse 486")[1] is association
        assert len(times(lab.trace, "407 INVITE", "proxy")) == count and observer.asked == ["example.com"]
    assert not [name for name in phone.app.names if "407" in name or "Error" in name]
