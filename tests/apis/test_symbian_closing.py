"""Closing: in which order, what is left afterwards, and what everything says that is used after its end."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from bench_pair import messages, wire
from symbian_bench import App, Phone, left

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIP, CSIPConnection
from sipsim.lab.lab import Lab

SDP = b"v=0\r\no=a 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
GONE = symbian.KErrSIPResourceNotAvailable


def asked(lab: Lab) -> list[str]:
    """The requests that Alice's device has sent."""
    return [line for line in wire(lab.trace, "alice") if not line.split()[1].isdigit()]


class Everything:
    """One of each: a registration with a refresh, a call that stands, a subscription, a message, digest."""

    def __init__(self) -> None:
        self.lab = lab = Lab(seed=7)
        lab.proxy("example.com", users={"alice": "secret", "bob": "b"})
        bob = lab.user_agent("sip:bob@example.com", password="b", answers=0.1)
        bob.register()
        self.phone = phone = Phone(lab)
        observer = symbian.MSIPHttpDigestChallengeObserver()
        self.digest = symbian.CSIPHttpDigest.NewL(phone.csip, observer)
        self.digest.SetCredentialsL("example.com", "alice", "secret")
        self.binding = phone.bind(refresh=True, aExpires=100)
        self.transactions = [self.binding.RegisterL(), phone.message()]
        self.call = symbian.CSIPInviteDialogAssoc(phone.connection, "sip:bob@example.com")
        sdp = symbian.CSIPMessageElements((), SDP, "application/sdp")
        self.invite = self.call.SendInviteL(sdp)
        phone.app.reply = 200
        self.subscription = symbian.CSIPSubscribeDialogAssoc(phone.connection, "sip:bob@example.com")
        self.refresh = symbian.CSIPRefresh.NewL()
        self.transactions.append(self.subscription.SendSubscribeL(None, self.refresh, 100))
        lab.run(until=1.3)
        assert self.invite.status == 200
        self.call.SendAckL(self.invite)
        lab.run(until=4.0)
        self.transactions.append(self.call.SendByeL())
        lab.run(until=40.0)


@pytest.mark.covers("SY93", "SY86")
def test_from_transactions_to_csip_all_is_deleted_without_a_word_and_nothing_is_left():
    all_of_it = Everything()
    lab, phone = all_of_it.lab, all_of_it.phone
    sent, told = asked(lab), len(phone.app.told)
    assert phone.stack.refreshes and phone.stack.listeners and all_of_it.binding.IsContextActive()
    for one in (
        *all_of_it.transactions, all_of_it.invite, all_of_it.call, all_of_it.subscription, all_of_it.refresh,
        all_of_it.binding, all_of_it.digest, phone.connection, phone.csip,
    ):  # fmt: skip
        one.Delete()
    lab.run(until=400.0)
    assert asked(lab) == sent and len(phone.app.told) == told
    stack, server = phone.stack, phone.server
    assert not (stack.dialogs or stack.opening or stack.refreshes or stack.listeners or server.applications)
    assert CSIP.NewL(1, phone.app, server).connections == {}


@pytest.mark.covers("SY93", "SY94")
def test_whoever_deletes_csip_first_ends_its_connections_with_it():
    all_of_it = Everything()
    all_of_it.phone.csip.Delete()
    for act in (all_of_it.binding.UpdateL, all_of_it.call.SendByeL, all_of_it.phone.connection.State,
                all_of_it.subscription.SendUnsubscribeL, all_of_it.phone.message):  # fmt: skip
        assert left(act) == GONE
    assert not all_of_it.binding.IsContextActive() and all_of_it.refresh.State() is symbian.CSIPRefresh.ETerminated
    sent = asked(all_of_it.lab)
    all_of_it.lab.run(until=400.0)
    assert asked(all_of_it.lab) == sent


@pytest.mark.covers("SY93", "SY40")
def test_who_wants_the_registrar_to_know_deregisters_before_deleting():
    all_of_it = Everything()
    lab, binding = all_of_it.lab, all_of_it.binding
    binding.DeregisterL()
    lab.run(until=41.0)
    assert messages(lab.trace, "REGISTER", "alice")[-1].contacts[0].expires == 0
    assert not lab.elements["proxy"].location.look_up("sip:alice@example.com", lab.env.now)  # type: ignore[attr-defined]
    binding.Delete()
    assert binding not in all_of_it.phone.connection.bindings


@pytest.mark.covers("SY33", "SY93")
def test_neither_connection_nor_csip_is_deleted_in_a_callback_of_the_connection():
    lab = Lab(seed=7)
    server = symbian.SIPServer(lab, "sip:alice@example.com")
    codes: list[int] = []

    class Hasty(App):
        def ConnectionStateChanged(self, aState: Any) -> None:
            codes.extend([left(connection.Delete), left(csip.Delete)])

    app = Hasty(lab)
    csip = CSIP.NewL(1, app, server)
    connection = CSIPConnection.NewL(csip, 1, app)
    lab.run(until=1.0)
    assert codes == [symbian.KErrInUse] * 2 and connection.State() is CSIPConnection.EActive
    connection.Delete()
    csip.Delete()


def methods(of: Any) -> Iterator[tuple[str, Any]]:
    """What an application may call on an object, with as many arguments as it takes at least."""
    for name in dir(of):
        if name[:1].isupper() and name not in ("NewL", "TState") and inspect.ismethod(getattr(of, name)):
            needed = [
                one for one in inspect.signature(getattr(of, name)).parameters.values()
                if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
            ]  # fmt: skip
            values = [None] * len(needed)
            yield name, lambda name=name, values=values: getattr(of, name)(*values)


@pytest.mark.covers("SY94")
@pytest.mark.parametrize("what", ["binding", "refresh", "call", "subscription", "digest", "connection", "csip", "sent"])
def test_whatever_is_used_after_its_end_says_so(what: str):
    all_of_it = Everything()
    phone = all_of_it.phone
    found = {"connection": phone.connection, "csip": phone.csip, "sent": all_of_it.transactions[0]}
    one = found.get(what) or getattr(all_of_it, what)
    one.Delete()
    said = {name: left(call) for name, call in methods(one)}
    assert len(said) >= 4 and set(said.values()) == {GONE}, said
