"""Transfers and presence through pjsua: REFER, SUBSCRIBE and NOTIFY as its callbacks tell of them."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, wire
from pjsua_bench import Log, config, fails, phone

from sipsim.apis import pjsua as pj
from sipsim.lab.lab import Lab


class Transfers(Log):
    """Tells of transfers; `answer` is what is said to those who ask for one."""

    def __init__(self, told: list[Any], answer: int = 202, more: bool = True) -> None:
        super().__init__(told)
        self.answer, self.more = answer, more

    def on_transfer_request(self, dst: str, code: int) -> int:
        self.told.append(("transfer?", dst, code))
        return self.answer

    def on_transfer_status(self, code: int, reason: str, final: bool, cont: bool) -> bool:
        self.told.append(("transfer", code, final, cont))
        return cont and self.more


@pytest.mark.covers("PJ11")
def test_a_transfer_is_told_of_as_it_goes_and_the_call_is_the_applications_to_end():
    lab, account, bob = phone()
    carol = lab.user_agent("sip:carol@example.com")
    told: list[Any] = []
    call = account.make_call(str(bob.contact_uri), Transfers(told))
    fails(171141, "not confirmed", call.transfer, "sip:carol@example.com")
    lab.run()
    told.clear()
    fails(171039, "Invalid URI", call.transfer, "somebody else")
    call.transfer(str(carol.contact_uri))
    lab.run()
    assert told == [("transfer", 100, False, True), ("transfer", 200, True, False)]
    assert "alice>bob REFER" in wire(lab.trace) and call.is_valid() and carol.current_call is not None
    call.hangup()
    carol.hang_up()
    lab.run()


@pytest.mark.covers("PJ11")
def test_a_transfer_that_fails_or_is_refused():
    lab, account, bob = phone()
    carol = lab.user_agent("sip:carol@example.com")
    carol.rejects(486)
    told: list[Any] = []
    call = account.make_call(str(bob.contact_uri), Transfers(told))
    lab.run()
    told.clear()
    call.transfer(str(carol.contact_uri))
    lab.run()
    assert told == [("transfer", 100, False, True), ("transfer", 486, True, False)]
    told.clear()
    bob.on_refer = lambda reference: reference.reject(603)
    call.transfer(str(carol.contact_uri))
    lab.run()
    assert told == [("transfer", 603, True, False)]
    call.hangup()
    lab.run()


@pytest.mark.covers("PJ11")
@pytest.mark.parametrize("answer", [202, 603])
def test_who_is_transferred_may_refuse(answer: int):
    lab, account, bob = phone()
    carol = lab.user_agent("sip:carol@example.com")
    told: list[Any] = []
    account.make_call(str(bob.contact_uri), Transfers(told, answer))
    lab.run()
    told.clear()
    bob.current_call.transfer(carol, leaves="never")
    lab.run()
    assert told == [("transfer?", str(carol.contact_uri), 202)]
    assert f"alice>bob {answer} REFER" in wire(lab.trace) and (carol.current_call is not None) == (answer == 202)
    account.lib.hangup_all()
    lab.run()
    assert bob.current_call is None and carol.current_call is None


@pytest.mark.covers("PJ11")
def test_a_transfer_to_a_call_replaces_it():
    lab, account, bob = phone()
    carol = lab.user_agent("sip:carol@example.com")
    told: list[Any] = []
    first = account.make_call(str(bob.contact_uri), Transfers(told))
    second = account.make_call(str(carol.contact_uri), Transfers([]))
    lab.run()
    first.hold()
    lab.run()
    told.clear()
    first.transfer_to_call(second)
    lab.run()
    assert told[-1] == ("transfer", 200, True, False) and not second.is_valid()
    assert messages(lab.trace, "INVITE", "bob")[-1].replaces is not None
    first.hangup()
    carol.hang_up()
    lab.run()


class Friend(pj.BuddyCallback):
    def __init__(self, told: list[Any]) -> None:
        super().__init__()
        self.told = told

    def on_state(self) -> None:
        info = self.buddy.info()
        self.told.append((info.sub_state, info.online_status, info.online_text))


S = pj.SubscriptionState


@pytest.mark.covers("PJ11")
def test_a_buddys_presence_is_told_and_may_be_asked_for_no_more():
    lab, alice, _ = phone()
    carol = alice.lib.create_account(config("carol"), set_default=False)
    told: list[Any] = []
    buddy = alice.add_buddy(str(carol.phone.contact_uri), Friend(told))
    assert (buddy.info().subscribed, buddy.info().sub_state, buddy.info().online_status) == (False, S.NULL, 0)
    buddy.subscribe()
    assert buddy.info().sub_state == S.SENT
    lab.run()
    carol.set_basic_status(False)
    lab.run()
    carol.set_presence_status(True, pj.PresenceActivity.BUSY)
    lab.run()
    assert [state for state in told if state[0] == S.ACTIVE][-2:] == [(S.ACTIVE, 2, "Offline"), (S.ACTIVE, 1, "Busy")]
    assert buddy.info().activity == pj.PresenceActivity.BUSY and buddy.info().subscribed
    buddy.unsubscribe()
    lab.run()
    assert told[-1][0] == S.TERMINATED and not carol.phone.watches
    alice.lib.destroy()
    lab.run()


@pytest.mark.covers("PJ11")
@pytest.mark.parametrize(("code", "state"), [(200, S.ACTIVE), (202, S.PENDING), (603, S.TERMINATED)])
def test_the_application_decides_who_may_know(code: int, state: int):
    asked: list[Any] = []

    class Decides(pj.AccountCallback):
        def on_incoming_subscribe(self, buddy: Any, from_uri: str, contact_uri: str, pres_obj: Any) -> Any:
            asked.append((buddy, from_uri, pres_obj))
            return code, None

    lab, alice, _ = phone()
    carol = alice.lib.create_account(config("carol"), set_default=False, cb=Decides())
    friend = carol.add_buddy("sip:alice@example.com")
    told: list[Any] = []
    buddy = alice.add_buddy(str(carol.phone.contact_uri), Friend(told))
    buddy.subscribe()
    lab.run()
    assert asked[0][:2] == (friend, "<sip:alice@example.com>") and told[-1][0] == state
    if code == 202:
        carol.pres_notify(asked[0][2], S.ACTIVE)
        lab.run()
        assert told[-1] == (S.ACTIVE, 1, "Online")
        carol.pres_notify(asked[0][2], S.TERMINATED)
        lab.run()
        assert told[-1][0] == S.TERMINATED and buddy.info().sub_term_reason == "rejected"
        fails(70006, "nobody has subscribed", carol.pres_notify, asked[0][2], S.ACTIVE)
    alice.lib.destroy()
    lab.run()


WRONG = ["yes", (1,), (200, 200), 9999, -1, 100, (700, "no"), ("603", "no"), True, (200, "a", "b")]


@pytest.mark.covers("PJ11", "PJ8")
@pytest.mark.parametrize("said", WRONG, ids=str)
def test_what_is_no_status_is_a_mistake_of_the_callback_and_counts_as_nothing_said(said: Any):
    class Decides(pj.AccountCallback):
        def on_incoming_subscribe(self, buddy: Any, from_uri: str, contact_uri: str, pres_obj: Any) -> Any:
            return said

    class Replaced(pj.CallCallback):
        def on_replace_request(self, code: int, reason: str) -> Any:
            return said

        def on_transfer_request(self, dst: str, code: int) -> Any:
            return said

    lab, account, bob = phone(Decides())
    carol, dora = lab.user_agent("sip:carol@example.com"), lab.user_agent("sip:dora@example.com")
    account.make_call(str(bob.contact_uri), Replaced())
    watching = bob.subscribe(str(account.phone.contact_uri), "presence")
    other = bob.call(carol)
    lab.run()
    held = next(call for call in bob.calls.values() if call is not other)
    held.transfer(dora, leaves="never")
    lab.run()
    assert watching.active.ok and dora.current_call is not None  # as if nothing had been said
    other.transfer_to(held)
    lab.run()
    errors = [record.data["text"] for record in lab.trace.select("error")]
    names = ("on_incoming_subscribe", "on_transfer_request", "on_replace_request")
    assert [text.partition(":")[0] for text in errors] == [f"{name}() of the application" for name in names]
    assert all("is no final status with a reason" in text for text in errors)
    assert carol.current_call is not None and "alice" in str(carol.current_call.peer)  # in the place of Bob
    watching.unsubscribe()
    account.lib.destroy()
    lab.run()


class Keys(Log):
    def on_dtmf_digit(self, digits: str) -> None:
        self.told.append(digits)


@pytest.mark.covers("PJ11")
def test_keys_are_pressed_and_heard():
    codecs = ["PCMU", "telephone-event"]
    lab, account, bob = phone(media="packets")
    other = lab.user_agent("sip:carol@example.com", codecs=codecs, media="packets")
    told: list[Any] = []
    call = account.make_call(str(other.contact_uri), Keys(told))
    fails(171141, "not confirmed", call.dial_dtmf, "1")
    lab.run(until=4.0)
    told.clear()
    fails(70004, "allowed are texts of", call.dial_dtmf, "1x")
    call.dial_dtmf("12#")
    lab.run(until=6.0)
    other.current_call.send_dtmf("9")
    lab.run(until=8.0)
    assert told == ["9"] and other.calls and bob.current_call is None
    assert next(iter(other.calls.values())).digits == "12#"
    call.hangup()
    lab.run()


@pytest.mark.covers("PJ11")
def test_without_packets_keys_go_by_info_both_ways():
    told: list[Any] = []
    lab, account, bob = phone()
    call = account.make_call(str(bob.contact_uri), Keys(told))
    lab.run()
    told.clear()
    fails(70004, "allowed are texts of", call.dial_dtmf, "1x")
    call.dial_dtmf("12#")
    lab.run()
    assert [m.header("Content-Type") for m in messages(lab.trace, "INFO", "alice")] == ["application/dtmf-relay"] * 3
    assert bob.current_call.digits == "12#"
    bob.current_call.send_dtmf("9", by="info")
    lab.run()
    assert told == ["9"]
    call.hangup()
    lab.run()


@pytest.mark.covers("PJ11")
def test_keys_that_nobody_answers_are_in_the_log_and_end_the_call():
    lines: list[str] = []
    lab, account, bob = phone()
    account.lib.log = type(account.lib.log)(
        lab.env, pj.LogConfig(level=3, callback=lambda level, text, length: lines.append(text))
    )
    call = account.make_call(str(bob.contact_uri))
    lab.run()
    lab.network.drop("INFO", times=20)
    call.dial_dtmf("12")
    lab.run(until=lab.env.now + 40.0)
    assert not lab.trace.select("error") and len(messages(lab.trace, "INFO", "alice")) == 11  # of the first key
    assert any("keys 12: " in line for line in lines)
    assert not call.is_valid()  # nobody is there any more (RFC 3261 §12.2.1.2)


@pytest.mark.covers("PJ11")
def test_presence_is_published_modified_and_taken_back():
    lab = Lab(seed=7)
    server = lab.presence_server("example.com")
    pj.use(lab, "alice")
    lib = pj.Lib()
    lib.init(log_cfg=pj.LogConfig(level=0))
    lib.create_transport(pj.TransportType.UDP)
    lib.start()
    settings = config()
    settings.publish_enabled = True
    account = lib.create_account(settings)
    lab.run()
    assert not messages(lab.trace, "PUBLISH", "alice")
    watcher = lab.user_agent("sip:bob@example.com")
    seen = watcher.subscribe("sip:alice@example.com", "presence")
    account.set_basic_status(True)
    lab.run(until=1.0)
    (first,) = messages(lab.trace, "PUBLISH", "alice")
    assert first.header("Event") == "presence" and not first.has("SIP-If-Match") and b"open" in first.body
    assert seen.value.tuples[0].basic == "open"
    account.set_presence_status(False, pres_text="Gone fishing")
    lab.run(until=2.0)
    second = messages(lab.trace, "PUBLISH", "alice")[1]
    tags = [m.header("SIP-ETag") for m in messages(lab.trace, "200 PUBLISH", server.name)]
    assert second.header("SIP-If-Match") == tags[0] and b"closed" in second.body
    assert seen.value.tuples[0].basic == "closed" and "Gone fishing" in str(seen.notices[-1].body.octets)
    lib.destroy()
    lab.run(until=3.0)
    last = messages(lab.trace, "PUBLISH", "alice")[2]
    assert last.expires == 0 and last.header("SIP-If-Match") == tags[1] and not last.body
    seen.unsubscribe()
    lab.run(until=4.0)


@pytest.mark.covers("PJ11")
def test_a_server_that_takes_no_publications_is_no_mistake_of_the_application():
    lab, _, _ = phone()
    lab.registrar("example.net", "deaf")
    lib = pj.Lib.instance()
    assert lib is not None
    settings = config()
    settings.id, settings.publish_enabled = "<sip:alice@example.net>", True
    account = lib.create_account(settings)
    account.set_basic_status(True)
    lab.run()
    (said,) = [line for line in wire(lab.trace) if line.startswith("deaf>")]
    assert said.endswith("PUBLISH") and account.info().online_status and not lab.trace.select("error")
    lib.destroy()
    lab.run()
