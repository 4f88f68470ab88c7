"""What is refreshed, by whom, and what an application hears when a refresh fails: sentence by sentence."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import Wire, messages, times, wire
from symbian_bench import Phone, left, pair

from sipsim.apis import symbian
from sipsim.apis.symbian import CSIPRefresh, CSIPSubscribeDialogAssoc
from sipsim.lab.lab import Lab
from sipsim.message.message import Response
from sipsim.message.presence import Presence, Tuple


class Server(Wire):
    """Accepts what it is asked for, for as long, until it is told to say another status."""

    def __init__(self, lab: Lab, phone: Phone) -> None:
        super().__init__(lab)
        self.phone = phone
        self.status = 200
        self.on_message = self.answer

    def answer(self, got: Any) -> None:
        to = got.header("To") if got.to_tag else f"{got.header('To')};tag=n"
        head = "".join(f"{name}: {got.header(name)}\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        more = f"Expires: {got.expires}\n" if got.expires is not None else ""
        text = f"SIP/2.0 {self.status} Said\n{head}To: {to}\nContact: <sip:{self.address}>\n{more}Content-Length: 0\n\n"
        self.send(text, self.phone.stack)


def subscribed() -> tuple[Lab, Phone, Server, CSIPSubscribeDialogAssoc, Any]:
    """A subscription that the stack refreshes, for 100 s each time."""
    lab = Lab(seed=7)
    phone = Phone(lab)
    server = Server(lab, phone)
    association = CSIPSubscribeDialogAssoc(phone.connection, f"sip:bob@{server.address}")
    mine = association.SendSubscribeL(None, CSIPRefresh.NewL(), 100)
    lab.run(until=2.0)
    return lab, phone, server, association, mine


@pytest.mark.covers("SY50", "SY51")
def test_the_application_sends_one_subscribe_and_the_stack_all_later_ones():
    lab, _phone, _, association, _mine = subscribed()
    lab.run(until=230.0)
    assert [round(t) for t in times(lab.trace, "SUBSCRIBE", "alice")] == [1, 51, 101, 151, 201]
    calls = [record.data["name"] for record in lab.trace.select("api") if record.data["direction"] == "call"]
    assert calls.count("SendSubscribeL") == 1
    sent = messages(lab.trace, "SUBSCRIBE", "alice")
    assert len({(m.call_id, m.from_tag) for m in sent}) == 1 and {m.to_tag for m in sent[1:]} == {"n"}
    assert [m.cseq.number for m in sent] == [1, 2, 3, 4, 5] and {m.expires for m in sent} == {100}
    assert association.SIPRefresh().State() is CSIPRefresh.EActive


@pytest.mark.covers("SY50", "SY51", "SY83")
def test_the_application_hears_of_no_refresh_that_succeeds():
    lab, phone, _, association, mine = subscribed()
    lab.run(until=230.0)
    assert phone.app.names == ["ConnectionStateChanged", "IncomingResponse 200"]
    assert phone.app.last("IncomingResponse 200") == (mine, association)
    assert mine.Refresh() is association.SIPRefresh() and mine.exchange.request.cseq.number == 1


@pytest.mark.covers("SY51", "SY26")
def test_a_refresh_that_is_refused_is_told_as_an_error_of_its_association():
    lab, phone, server, association, _ = subscribed()
    server.status = 481
    lab.run(until=60.0)
    assert phone.app.told[-1][1:] == ("ErrorOccured", (symbian.KErrSIPTerminatedWithResponse, association))
    assert round(phone.app.told[-1][0]) == 51 and "IncomingResponse 481" not in phone.app.names


@pytest.mark.covers("SY52")
def test_from_the_association_the_way_leads_to_the_refresh_its_transaction_and_its_response():
    lab, phone, server, _association, mine = subscribed()
    server.status = 481
    lab.run(until=60.0)
    _, about = phone.app.last("ErrorOccured")
    transaction = about.SIPRefresh().SIPTransaction()
    assert transaction.Type() == "SUBSCRIBE" and transaction is not mine
    assert transaction.ResponseElements().StatusCode() == 481 and mine.ResponseElements().StatusCode() == 200
    transaction.Delete()
    mine.Delete()


@pytest.mark.covers("SY51", "SY52", "SY64")
def test_after_the_481_nothing_is_refreshed_and_the_subscription_is_begun_anew():
    lab, phone, server, association, _ = subscribed()
    server.status = 481
    lab.run(until=400.0)
    assert len(times(lab.trace, "SUBSCRIBE", "alice")) == 2
    assert association.SIPRefresh().State() is CSIPRefresh.ETerminated
    assert association.Dialog().State() is symbian.CSIPDialog.ETerminated
    server.status = 200
    again = CSIPSubscribeDialogAssoc(phone.connection, f"sip:bob@{server.address}")
    again.SendSubscribeL(None, CSIPRefresh.NewL(), 100)
    lab.run(until=401.0)
    first, *_, last = messages(lab.trace, "SUBSCRIBE", "alice")
    assert last.call_id != first.call_id and not last.to_tag and phone.app.names[-1] == "IncomingResponse 200"


@pytest.mark.covers("SY52")
def test_a_subscription_of_the_engine_tells_the_response_that_refused_its_refresh():
    lab = Lab(seed=7)
    alice = lab.user_agent("sip:alice@example.com")
    bob = lab.user_agent("sip:bob@example.com")
    bob.tells("presence", Presence("sip:bob@example.com", (Tuple("desk", "open", "sip:bob@example.com"),)))
    subscription = alice.subscribe(str(bob.contact_uri), "presence", expires=100)
    lab.run(subscription.active)
    bob.crash()
    bob.restart()  # nothing is left of the dialog
    lab.run(subscription.ended)
    end = subscription.ended.value
    assert end.status == 481 and isinstance(end.refused, Response)
    assert (end.refused.status, end.refused.cseq.method) == (481, "SUBSCRIBE")
    assert end.refused.call_id == subscription.call_id


@pytest.mark.covers("SY26", "SY52", "SY50")
@pytest.mark.parametrize(("says", "error"), [(503, "KErrSIPTerminatedWithResponse"), (None, "KErrTimedOut")])
def test_an_error_of_a_refresh_alone_tells_of_the_refresh(says: int | None, error: str):
    lab = Lab(seed=7)
    phone = Phone(lab)
    server = Server(lab, phone)
    refresh = CSIPRefresh.NewL()
    elements = symbian.CSIPRequestElements.NewL(f"sip:bob@{server.address}")
    elements.SetMethodL("MESSAGE")
    elements.MessageElements().SetUserHeadersL((("Expires", "100"),))
    mine = phone.connection.SendRequestL(elements, refresh)
    lab.run(until=2.0)
    assert phone.app.names[-1] == "IncomingResponse 200" and refresh.IntervalL() == 100
    if says is None:
        server.on_message = None
    else:
        server.status = says
    lab.run(until=400.0)
    assert phone.app.told[-1][1:] == ("ErrorOccured", (getattr(symbian, error), refresh))
    assert len([name for name in phone.app.names if name == "ErrorOccured"]) == 1
    transaction = refresh.SIPTransaction()
    assert transaction is not mine and refresh.State() is CSIPRefresh.ETerminated
    if says is not None:
        assert transaction.ResponseElements().StatusCode() == says
    assert left(refresh.UpdateL) == left(refresh.IntervalL) == symbian.KErrSIPResourceNotAvailable


@pytest.mark.covers("SY53", "R3")
def test_the_interval_of_a_registrations_refresh_is_asked_for_from_the_next_one_on():
    lab = Lab(seed=7)
    lab.registrar("example.com")
    phone = Phone(lab)
    binding = phone.bind(refresh=True, aExpires=100)
    refresh = binding.SIPRefresh()
    assert left(refresh.SetIntervalL, 60) == symbian.KErrSIPResourceNotAvailable
    binding.RegisterL()
    lab.run(until=2.0)
    for wrong in (29, 0, -1, True, 60.0, "60"):
        assert left(refresh.SetIntervalL, wrong) == symbian.KErrArgument
    refresh.SetIntervalL(40)
    assert refresh.IntervalL() == 40
    lab.run(until=50.0)
    assert [m.contacts[0].expires for m in messages(lab.trace, "REGISTER", "alice")] == [100, 40, 40]
    assert [round(t) for t in times(lab.trace, "REGISTER", "alice")] == [1, 22, 42]


@pytest.mark.covers("SY53", "SY26", "SY28")
def test_a_refresh_that_falls_due_while_the_connection_is_suspended_could_not_connect():
    lab, phone, _, association, _ = subscribed()
    lab.registrar("example.com")
    binding = phone.bind(refresh=True, aExpires=100)
    binding.RegisterL()
    lab.run(until=3.0)
    phone.stack.bearer.set("suspended")
    lab.run(until=100.0)
    failed = [what for _, name, what in phone.app.told if name == "ErrorOccured"]
    assert failed == [(symbian.KErrCouldNotConnect, association), (symbian.KErrCouldNotConnect, binding)]
    assert not binding.IsContextActive()
    assert association.SIPRefresh().State() is binding.SIPRefresh().State() is CSIPRefresh.ETerminated  # type: ignore[union-attr]
    assert len(times(lab.trace, "SUBSCRIBE", "alice")) == len(times(lab.trace, "REGISTER", "alice")) == 1


@pytest.mark.covers("SY26", "SY28", "R2")
@pytest.mark.breaks("REG-05")
def test_a_refresh_whose_200_has_no_binding_is_an_error_of_the_binding_alone():
    """The application has no transaction of a REGISTER that the stack sent by itself."""
    lab = Lab(seed=7)
    registrar = lab.registrar("example.com")
    phone = Phone(lab)
    binding = phone.bind(refresh=True, aExpires=100)
    binding.RegisterL()
    lab.run(until=3.0)
    registrar.on_request = lambda exchange, request: registrar.reply(exchange, 200)  # type: ignore[method-assign]
    lab.run(until=60.0)
    assert phone.app.told[-1][1:] == ("ErrorOccured", (symbian.KErrSIPInvalidRegistrarResponse, binding))
    assert not binding.IsContextActive() and binding.SIPRefresh().State() is CSIPRefresh.ETerminated  # type: ignore[union-attr]


@pytest.mark.covers("SY51")
def test_a_refresh_serves_one_owner_who_ends_it():
    lab, phone, _ = pair()
    lab.registrar("example.net", "registrar")
    refresh = CSIPRefresh.NewL()
    made = ("sip:alice@example.net", "sip:example.net", None, refresh)
    binding = symbian.CSIPRegistrationBinding(phone.connection, *made)
    assert left(symbian.CSIPRegistrationBinding, phone.connection, *made) == symbian.KErrInUse
    assert left(lambda: phone.message("sip:bob@example.com", "hi", refresh)) == symbian.KErrInUse
    binding.RegisterL()
    lab.run(until=lab.env.now + 1.0)
    assert left(refresh.UpdateL) == left(refresh.TerminateL) == symbian.KErrNotSupported
    binding.DeregisterL()
    lab.run(until=lab.env.now + 1.0)
    assert refresh.State() is CSIPRefresh.ETerminated
    binding.RegisterL()  # who registers anew is refreshed again
    lab.run(until=lab.env.now + 1.0)
    assert refresh.State() is CSIPRefresh.EActive
    refresh.Delete()
    assert left(refresh.State) == symbian.KErrSIPResourceNotAvailable
    assert "MESSAGE" not in " ".join(wire(lab.trace))


@pytest.mark.covers("SY53", "SY50")
def test_a_server_that_grants_more_than_a_century_breaks_nothing():
    lab = Lab(seed=7)
    phone = Phone(lab)
    server = Server(lab, phone)
    association = CSIPSubscribeDialogAssoc(phone.connection, f"sip:bob@{server.address}")
    association.SendSubscribeL(None, CSIPRefresh.NewL(), 2**32 - 1)
    lab.run(until=2.0)
    refresh = association.SIPRefresh()
    assert refresh is not None and refresh.State() is CSIPRefresh.EActive and refresh.IntervalL() == 2**32 - 1
    assert left(association.SendSubscribeL, None, None, 2**32) == symbian.KErrArgument
    assert left(refresh.SetIntervalL, 2**32) == symbian.KErrArgument and not lab.trace.select("error")
    lab.run(until=1000.0)
    assert len(times(lab.trace, "SUBSCRIBE", "alice")) == 1
