"""A profile's agent: it registers, and answers the challenges of registrars from what the user set once."""

from __future__ import annotations

import pytest
from bench_pair import messages, times, wire
from symbian_bench import Phone, left

from sipsim.apis import symbian
from sipsim.lab.lab import Lab


class Observer(symbian.MSIPHttpDigestChallengeObserver):
    """Keeps whom it was asked about, and answers nobody."""

    def __init__(self, phone: Phone) -> None:
        self.asked: list[str] = []
        self.digest = symbian.CSIPHttpDigest.NewL(phone.csip, self)

    def ChallengeReceived(self, aRealm: str) -> None:
        self.asked.append(aRealm)


def profiled(*credentials: tuple[str, str, str]) -> tuple[Lab, Phone, Observer, symbian.ProfileAgent]:
    """Alice's profile, its agent, and a registrar that wants to know who she is."""
    lab = Lab(seed=7)
    lab.registrar("example.com", users={"alice": "secret"})
    phone = Phone(lab)
    profile = symbian.Profile("sip:alice@example.com", credentials=credentials, expires=100)
    return lab, phone, Observer(phone), symbian.ProfileAgent(phone.connection, profile)


@pytest.mark.covers("SY97", "SY95")
def test_the_agent_answers_the_registrar_and_the_application_is_asked_for_nothing():
    lab, phone, observer, agent = profiled(("example.com", "alice", "secret"))
    transaction = agent.Enable()
    lab.run(until=200.0)
    assert wire(lab.trace)[:4] == [
        "alice>registrar REGISTER", "registrar>alice 401 REGISTER",
        "alice>registrar REGISTER", "registrar>alice 200 REGISTER",
    ]  # fmt: skip
    assert observer.asked == [] and "ErrorOccured" not in phone.app.names
    assert phone.app.last("IncomingResponse 200") == (transaction, agent.binding)
    assert phone.app.names.count("IncomingResponse 200") == 1 and agent.binding.IsContextActive()
    assert 'username="alice"' in messages(lab.trace, "REGISTER", "alice")[-1].header("Authorization")
    registers = len(times(lab.trace, "REGISTER", "alice"))
    agent.Disable()
    lab.run(until=400.0)
    last = messages(lab.trace, "REGISTER", "alice")[registers:]
    assert last[-1].contacts[0].expires == 0 and not agent.binding.IsContextActive()
    assert agent.refresh.State() is symbian.CSIPRefresh.ETerminated


@pytest.mark.covers("SY97", "SY95")
def test_a_realm_that_the_profile_does_not_know_is_asked_about():
    lab, _phone, observer, agent = profiled(("example.net", "alice", "secret"))
    agent.Enable()
    lab.run(until=2.0)
    assert observer.asked == ["example.com"] and not agent.binding.IsContextActive()
    assert left(agent.Enable) == symbian.KErrSIPRequestPending
    observer.digest.SetCredentialsL("example.com", "alice", "secret")
    lab.run(until=3.0)
    assert agent.binding.IsContextActive()


@pytest.mark.covers("SY97", "SY96")
def test_a_profile_with_a_wrong_password_is_not_registered():
    lab = Lab(seed=7)
    lab.registrar("example.com", users={"alice": "secret"})
    phone = Phone(lab)
    profile = symbian.Profile("sip:alice@example.com", credentials=(("example.com", "alice", "wrong"),))
    agent = symbian.ProfileAgent(phone.connection, profile)
    transaction = agent.Enable()
    lab.run(until=60.0)
    assert phone.app.told[-1][1:] == ("ErrorOccured", (symbian.KErrSIPForbidden, transaction, agent.binding))
    assert len(times(lab.trace, "REGISTER", "alice")) == 2  # once without credentials, once with the wrong ones
    assert not agent.binding.IsContextActive() and agent.refresh.State() is symbian.CSIPRefresh.ETerminated


@pytest.mark.covers("SY97", "SY45", "SY98")
def test_proxies_on_the_way_to_the_registrar_are_answered_from_the_profile_too():
    lab = Lab(seed=7)
    edge = lab.proxy("edge.example", users={"alice@edge": "pass"}, realm="edge")
    lab.registrar("example.com", users={"alice": "secret"})
    phone = Phone(lab)
    observer = Observer(phone)
    profile = symbian.Profile(
        "sip:alice@example.com", outbound_proxy=f"sip:{edge.host_port}",
        credentials=(("edge", "alice@edge", "pass"), ("example.com", "alice", "secret")),
    )  # fmt: skip
    agent = symbian.ProfileAgent(phone.connection, profile)
    agent.Enable()
    lab.run(until=3.0)
    assert agent.binding.IsContextActive() and observer.asked == []
    last = messages(lab.trace, "REGISTER", "alice")[-1]
    assert last.has("Authorization") and last.has("Proxy-Authorization")
