"""Where the texts are silent or disagree, for Symbian's API: challenges, cancelling, responses, spellings, states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bench_pair import Wire, messages, request, times, wire
from symbian_bench import Phone, left, pair

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIPConnection, CSIPInviteDialogAssoc, CSIPResponseElements, CSIPSubscribeDialogAssoc
from sipsim.elements.servers.agreeing_proxy import AgreeingProxy
from sipsim.lab.lab import Lab


class ByRealm(symbian.MSIPHttpDigestChallengeObserver):
    def __init__(self) -> None:
        self.asked: list[Any] = []

    def ChallengeReceived(self, aRealm: str) -> None:
        self.asked.append(aRealm)


class ByObject(symbian.MSIPHttpDigestChallengeObserver2):
    def __init__(self) -> None:
        self.asked: list[Any] = []

    def ChallengeReceived(self, aWhat: Any) -> None:
        self.asked.append(aWhat)


def challenged(observer: Any) -> tuple[Lab, Phone, symbian.CSIPHttpDigest, Any]:
    """A registration that waits for its application's word."""
    lab = Lab(seed=7)
    lab.registrar("example.com", users={"alice": "secret"})
    phone = Phone(lab)
    digest = symbian.CSIPHttpDigest.NewL(phone.csip, observer)
    binding = phone.bind()
    transaction = binding.RegisterL()
    lab.run(until=2.0)
    assert phone.app.names == ["ConnectionStateChanged"] and not binding.IsContextActive()
    assert observer.asked == ["example.com" if isinstance(observer, ByRealm) else transaction]
    return lab, phone, digest, binding


@pytest.mark.covers("R7", "SY99", "SY95")
@pytest.mark.parametrize("kind", [ByRealm, ByObject])
def test_a_challenge_is_answered_with_credentials(kind: Callable[[], Any]):
    observer = kind()
    lab, phone, digest, binding = challenged(observer)
    assert digest.ChallengedRealms(observer.asked[0]) == ("example.com",)
    about = [] if kind is ByRealm else observer.asked
    digest.SetCredentialsL(*about, "example.com", "alice", "secret")
    lab.run(until=3.0)
    assert binding.IsContextActive() and phone.app.names[1:] == ["IncomingResponse 200"]
    assert len(observer.asked) == 1 and digest.ChallengedRealms(observer.asked[0]) == ()


@pytest.mark.covers("R7", "SY99", "SY96")
@pytest.mark.parametrize("kind", [ByRealm, ByObject])
def test_a_challenge_that_is_ignored_is_an_error(kind: Callable[[], Any]):
    observer = kind()
    lab, phone, digest, binding = challenged(observer)
    digest.IgnoreChallengeL(observer.asked[0])
    lab.run(until=3.0)
    assert phone.app.told[-1][1:] == ("ErrorOccured", (symbian.KErrSIPForbidden, *phone.app.told[-1][2][1:]))
    assert phone.app.told[-1][2][2] is binding and not binding.IsContextActive()
    assert len(times(lab.trace, "REGISTER", "alice")) == 1
    assert left(digest.IgnoreChallengeL, observer.asked[0]) == symbian.KErrNotFound


@pytest.mark.covers("R8", "SY99")
def test_the_digest_class_is_used_as_an_object_or_by_its_class_with_the_csip_first():
    lab, phone, digest, binding = challenged(ByRealm())
    by_class: Any = symbian.CSIPHttpDigest
    by_class.SetCredentialsL(phone.csip, "example.com", "alice", "secret")
    lab.run(until=3.0)
    assert binding.IsContextActive()
    by_class.RemoveCredentialsL(phone.csip)
    assert not phone.stack.digest.knows("example.com")
    assert left(by_class.IgnoreChallengeL, phone.csip, "example.com") == symbian.KErrNotFound
    assert left(digest.SetCredentialsL, "example.com", "alice") == symbian.KErrArgument
    _, other, _ = pair()
    for act in (by_class.SetCredentialsL, by_class.IgnoreChallengeL, by_class.RemoveCredentialsL):
        with pytest.raises(symbian.Leave, match="no observer of challenges") as caught:
            act(other.csip, *["example.com", "alice", "secret"][: 3 if act is by_class.SetCredentialsL else 1])
        assert caught.value.code == symbian.KErrNotFound


@pytest.mark.covers("SY99", "SY98")
def test_credentials_are_for_a_realm_for_what_was_challenged_and_for_an_outbound_proxy():
    """The overloads of the original: who asks comes first, then the outbound proxy, where there is one."""
    observer = ByObject()
    lab, _phone, digest, binding = challenged(observer)
    (what,) = observer.asked
    digest.SetCredentialsL(what, "proxy.example.com", "example.com", "alice", "wrong")
    lab.run(until=3.0)
    assert observer.asked == [what] * 2  # once more, as that one was refused
    digest.SetObserver(by_realm := ByRealm())
    digest.SetCredentialsL(what, "", "example.com", "alice", "wrong as well")
    lab.run(until=4.0)
    assert by_realm.asked == ["example.com"]
    digest.SetCredentialsL("proxy.example.com", "example.com", "alice", "secret")
    lab.run(until=5.0)
    assert binding.IsContextActive() and len(observer.asked) == 2
    (last,) = messages(lab.trace, "REGISTER", "alice")[-1:]
    assert 'username="alice"' in str(last.header("Authorization"))


@pytest.mark.covers("SY99")
def test_what_is_no_answer_to_a_challenge_is_an_argument_that_will_not_do():
    observer = ByObject()
    lab, _phone, digest, binding = challenged(observer)
    (what,) = observer.asked
    for arguments in (
        ("", "alice", "secret"), ("example.com", "", "secret"), ("example.com", "alice", ""), ("example.com", "alice"),
        (1, "alice", "secret"), (object(), "example.com", "alice", "secret"), (None, "example.com", "alice", "secret"),
        (what, "a", "b", "c", "d", "e"), ("example.com", "alice", None),
    ):  # fmt: skip
        assert left(digest.SetCredentialsL, *arguments) == symbian.KErrArgument
    assert left(digest.IgnoreChallengeL, "") == left(digest.IgnoreChallengeL, object()) == symbian.KErrArgument
    assert left(digest.RemoveCredentialsL, "") == left(digest.SetObserver, object()) == symbian.KErrArgument
    assert left(digest.IgnoreChallengeL, what, "elsewhere") == symbian.KErrNotFound
    by_class: Any = symbian.CSIPHttpDigest
    assert left(by_class.RemoveCredentialsL, object()) == symbian.KErrNotFound
    digest.IgnoreChallengeL(what, "example.com")
    lab.run(until=3.0)
    assert not binding.IsContextActive() and len(times(lab.trace, "REGISTER", "alice")) == 1


@pytest.mark.covers("R6", "SY04", "SY95")
def test_a_494_that_wants_a_password_is_told_like_other_challenges():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    observer = ByRealm()
    digest = symbian.CSIPHttpDigest.NewL(phone.csip, observer)
    transaction = phone.message(f"sip:bob@{peer.address}")
    lab.run(until=1.1)
    got = peer.heard[0]
    head = "".join(f"{name}: {got.header(name)}\n" for name in ("Via", "From", "Call-ID", "CSeq"))
    asked = 'Security-Server: digest;q=0.1\nWWW-Authenticate: Digest realm="edge", nonce="n1", qop="auth"\n'
    text = f"SIP/2.0 494 Security Agreement Required\n{head}To: {got.header('To')};tag=p\n{asked}Content-Length: 0\n\n"
    peer.send(text, phone.stack)
    lab.run(until=1.2)
    assert observer.asked == ["edge"] and phone.app.names == ["ConnectionStateChanged"] and len(peer.heard) == 1
    digest.SetCredentialsL("edge", "alice", "secret")
    lab.run(until=1.3)
    again = peer.heard[1]
    assert again.header("Security-Verify") == "digest;q=0.1" and 'realm="edge"' in str(again.header("Authorization"))
    assert again.header("Security-Client") == "digest" and transaction.status == 0


@pytest.mark.covers("SY04")
def test_without_security_handling_an_agreement_that_is_asked_for_is_a_failure():
    lab = Lab(seed=7)
    proxy = lab.proxy("example.com", kind=AgreeingProxy)
    phone = Phone(lab)
    phone.csip.SetSecurityHandling(False)
    elements = symbian.CSIPRequestElements.NewL(f"sip:bob@{proxy.host_port}")
    elements.SetMethodL("MESSAGE")
    elements.MessageElements().SetUserHeadersL((("Supported", "sec-agree"),))
    transaction = phone.connection.SendRequestL(elements)
    lab.run(until=5.0)
    assert wire(lab.trace) == ["alice>proxy MESSAGE", "proxy>alice 494 MESSAGE"]
    assert phone.app.told[-1][1:] == ("ErrorOccured", (symbian.KErrSIPForbidden, transaction))
    assert not phone.csip.negotiated


@pytest.mark.covers("R9", "SY25", "SY15")
def test_arguments_and_state_are_checked_at_once_and_all_else_is_told():
    lab, phone, _ = pair()
    with pytest.raises(symbian.Leave) as caught:
        phone.message("no uri at all")
    assert caught.value.code == symbian.KErrSIPMalformedMessage and str(caught.value).startswith("KErrSIPMalformed")
    assert len(str(caught.value)) > 40  # a sentence after name and number
    transaction = phone.message("sip:bob@nowhere.example")  # looks well, and goes nowhere
    assert phone.app.names == ["ConnectionStateChanged"] and transaction.error == 0
    lab.run()
    assert phone.app.told[-1][1:] == ("ErrorOccured", (symbian.KErrSIPResolvingFailure, transaction))
    phone.stack.bearer.set("suspended")
    told = len(phone.app.told)
    assert left(phone.message) == symbian.KErrCouldNotConnect and len(phone.app.told) == told


@pytest.mark.covers("R12", "SY26", "SY22")
def test_old_misspellings_are_called_and_right_spellings_are_as_good():
    class Right(symbian.MSIPObserver, symbian.MSIPConnectionObserver):
        def __init__(self) -> None:
            self.told: list[tuple[Any, ...]] = []

        def ErrorOccurred(self, aError: int, *aWhat: Any) -> None:
            self.told.append(("error", aError, *aWhat))

        def InviteCancelled(self, aTransaction: Any) -> None:
            self.told.append(("cancelled", aTransaction.Type()))

    lab, phone, bob = pair()
    right: Any = Right()
    phone.connection.observer = phone.csip.observer = right
    lost = phone.message("sip:bob@nowhere.example")
    lab.run()
    assert right.told == [("error", symbian.KErrSIPResolvingFailure, lost)]
    call = bob.call(f"sip:alice@{phone.stack.host_port}")
    call.answered.defused = True
    lab.run(until=lab.env.now + 0.2)
    call.hang_up()
    lab.run()
    assert right.told[1:] == [("cancelled", "INVITE")]
    said = [record.data["name"] for record in lab.trace.select("api") if record.data["direction"] == "callback"]
    assert "ErrorOccured" in said and "InviteCanceled" in said  # as the original calls them
    for owner, names in (
        (CSIPConnection, ("SendRequest", "SetOpt", "FetchRegistrations")),
        (CSIPInviteDialogAssoc, ("SendInvite", "SendAck", "SendBye", "SendPRACK", "SendUPDATE")),
        (symbian.CSIPRegistrationBinding, ("Register", "Update", "Deregister", "SetOutboundProxy")),
        (symbian.CSIPRefresh, ("Update", "Terminate", "Interval", "SetInterval")),
    ):
        assert all(getattr(owner, name) is getattr(owner, f"{name}L") for name in names)


@pytest.mark.covers("R13", "SY16", "SY83")
def test_only_an_invite_is_cancelled_even_where_others_proceed():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    to = f"sip:bob@{peer.address}"
    binding = symbian.CSIPRegistrationBinding(phone.connection, "sip:alice@example.com", f"sip:{peer.address}")
    made = [
        phone.message(to), binding.RegisterL(), CSIPSubscribeDialogAssoc(phone.connection, to).SendSubscribeL(),
        symbian.CSIPReferDialogAssoc(phone.connection, to, aReferTo="sip:carol@example.com").SendReferL(),
        CSIPInviteDialogAssoc(phone.connection, to).SendInviteL(),
    ]  # fmt: skip
    lab.run(until=6.0)
    for got in [message for message in peer.heard if isinstance(message.header("Via"), str)][:5]:
        head = "".join(f"{name}: {got.header(name)}\n" for name in ("Via", "From", "To", "Call-ID", "CSeq"))
        peer.send(f"SIP/2.0 100 Trying\n{head}Content-Length: 0\n\n", phone.stack)
    lab.run(until=6.1)
    assert {transaction.State().name for transaction in made} == {"EProceeding"}
    assert [transaction.CancelAllowed() for transaction in made] == [False] * 4 + [True]
    for transaction in made[:4]:
        assert left(transaction.CancelL) == symbian.KErrSIPInvalidTransactionState
    made[4].CancelL()
    lab.run(until=6.2)
    assert [m.cseq.method for m in messages(lab.trace, "CANCEL", "alice")] == ["CANCEL"]


@pytest.mark.covers("R20", "SY21")
def test_an_application_says_101_to_699_and_the_engine_100_as_well():
    for status in (101, 180, 199, 200, 302, 486, 600, 699):
        assert CSIPResponseElements.NewL(status).StatusCode() == status
    for status in (100, 99, 0, 700, -200, True, 200.0, "200", None):
        assert left(CSIPResponseElements.NewL, status) == symbian.KErrArgument
    lab, phone, bob = pair()
    call = bob.call(f"sip:alice@{phone.stack.host_port}")
    call.answered.defused = True
    lab.run(until=lab.env.now + 0.2)
    (transaction,) = phone.app.last("IncomingRequest")
    CSIPInviteDialogAssoc(transaction)
    for status in (101, 198, 699):
        transaction.SendResponseL(CSIPResponseElements.NewL(status))
        lab.run(until=lab.env.now + 0.1)
    assert [line.split()[1] for line in wire(lab.trace, "alice")] == ["100", "101", "198", "699"]


@pytest.mark.covers("R21", "SY13")
def test_a_second_connection_on_an_access_point_is_refused_until_the_first_is_gone():
    lab, phone, _ = pair(iaps=(1, 2))
    with pytest.raises(symbian.Leave, match="access point 1") as caught:
        CSIPConnection.NewL(phone.csip, 1, phone.app)
    assert caught.value.code == symbian.KErrAlreadyExists and phone.csip.Connection(1) is phone.connection
    assert phone.stack.listeners == [phone.connection]
    phone.connection.Delete()
    again = CSIPConnection.NewL(phone.csip, 1, phone.app)
    lab.run(until=lab.env.now + 1.0)
    assert again.State() is CSIPConnection.EActive
    other = symbian.CSIP.NewL(2, phone.app, phone.server)  # another application may
    assert CSIPConnection.NewL(other, 1, phone.app).State() is CSIPConnection.EInit


@pytest.mark.covers("SY22")
def test_a_cancel_that_comes_twice_before_any_answer_is_told_once():
    lab = Lab(seed=7)
    phone, peer = Phone(lab), Wire(lab)
    to = f"sip:alice@{phone.stack.host_port}"
    peer.send(request("INVITE", to), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    for _ in range(2):
        peer.send(request("CANCEL", to), phone.stack)
    lab.run(until=lab.env.now + 0.1)
    (transaction,) = phone.app.last("InviteCanceled")
    assert phone.app.names.count("InviteCanceled") == 1 and peer.statuses[:3] == [100, 200, 487]
    assert left(transaction.SendResponseL, CSIPResponseElements.NewL(200)) == symbian.KErrSIPInvalidTransactionState
