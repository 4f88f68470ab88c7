"""Calls and buddies through pjsua: what is done, what is told, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from bench_pair import messages, wire
from pjsua_bench import Incoming, Log, config, fails, phone

from sipsim.apis import pjsua as pj

S, M = pj.CallState, pj.MediaState


@pytest.mark.covers("PJ11")
def test_the_callers_callbacks_come_in_the_order_of_the_original():
    lab, account, bob = phone()
    told: list[Any] = []
    call = account.make_call(str(bob.contact_uri), Log(told))
    assert told == [("CALLING", 0)]  # before make_call returns
    lab.run(until=5.0)
    assert told[1:] == [("EARLY", 180), ("CONNECTING", 200), ("media", M.ACTIVE, 3), ("CONFIRMED", 200)]
    info = call.info()
    assert (info.role, info.account, info.state, info.state_text) == (
        pj.CallRole.CALLER,
        account,
        S.CONFIRMED,
        "CONFIRMED",
    )
    assert info.remote_uri == f"<{bob.contact_uri}>" and info.sip_call_id == bob.current_call.call_id
    assert info.call_time == pytest.approx(2.99, abs=0.01) and info.total_time == pytest.approx(5.0)
    call.hangup()
    lab.run()
    assert told[5:] == [("DISCONNCTD", 200)] and call.info().last_reason == "Normal call clearing"
    assert not call.is_valid() and wire(lab.trace)[-2:] == ["alice>bob BYE", "bob>alice 200 BYE"]


@pytest.mark.covers("PJ11")
def test_the_callees_callbacks_come_in_the_order_of_the_original():
    told: list[Any] = []

    def take(call: pj.Call) -> None:
        call.set_callback(Log(told))
        call.answer(180)
        lab.env.call_later(1.0, call.answer)

    lab, account, bob = phone(Incoming(told, take))
    placed = bob.call(account.phone)
    lab.run()
    assert told == [
        ("incoming", "INCOMING", "<sip:bob@example.com>"), ("EARLY", 180), ("media", M.ACTIVE, 3),
        ("CONNECTING", 200), ("CONFIRMED", 200),
    ]  # fmt: skip
    placed.hang_up()
    lab.run()
    assert told[5:] == [("DISCONNCTD", 200)]


@pytest.mark.covers("PJ11")
@pytest.mark.parametrize("status", [603, 486, 404])
def test_hangup_refuses_with_its_code_and_the_usual_callback_with_603(status: int):
    told: list[Any] = []
    lab, account, bob = phone(Incoming(told, lambda call: call.hangup(status)) if status != 603 else None)
    bob.call(account.phone)
    lab.run()
    assert wire(lab.trace)[:2] == ["bob>alice INVITE", f"alice>bob {status} INVITE"]


@pytest.mark.covers("PJ11")
def test_a_caller_is_told_why_the_call_failed_and_may_give_up():
    lab, account, bob = phone()
    bob.rejects(486)
    told: list[Any] = []
    call = account.make_call(str(bob.contact_uri), Log(told))
    lab.run()
    assert told == [("CALLING", 0), ("DISCONNCTD", 486)] and call.info().last_reason == "Busy Here"
    told.clear()
    bob.ignores()
    account.make_call(str(bob.contact_uri), Log(told, {S.EARLY: lambda call: call.hangup()}))
    lab.run()
    assert told == [("CALLING", 0), ("EARLY", 180), ("DISCONNCTD", 487)]
    assert "alice>bob CANCEL" in wire(lab.trace)
    told.clear()
    bob.crash()
    account.make_call(str(bob.contact_uri), Log(told))
    lab.run()
    assert told == [("CALLING", 0), ("DISCONNCTD", 408)]


@pytest.mark.covers("PJ11")
def test_hold_unhold_reinvite_and_update_tell_of_media_at_both_ends():
    lab, account, bob = phone()
    told: list[Any] = []
    call = account.make_call(str(bob.contact_uri), Log(told))
    lab.run()
    told.clear()
    for act, media in (
        (call.hold, (M.LOCAL_HOLD, pj.MediaDir.ENCODING)), (call.unhold, (M.ACTIVE, 3)), (call.reinvite, (M.ACTIVE, 3)),
        (call.update, (M.ACTIVE, 3)), (bob.current_call.hold, (M.REMOTE_HOLD, pj.MediaDir.DECODING)),
        (bob.current_call.resume, (M.ACTIVE, 3)),
    ):  # fmt: skip
        act()
        lab.run()
        assert told.pop() == ("media", *media) and not told
    assert "alice>bob UPDATE" in wire(lab.trace)
    call.hangup()
    lab.run()


@pytest.mark.covers("PJ11")
def test_early_media_are_told_and_183_brings_them():
    told: list[Any] = []
    lab, account, bob = phone()
    bob.on_call = lambda call: call.ring(183, described=True)
    call = account.make_call(str(bob.contact_uri), Log(told))
    lab.run()
    assert ("EARLY", 183) in told and ("media", M.ACTIVE, 3) in told
    call.hangup()
    lab.run()
    account.set_callback(Incoming(told, lambda call: call.answer(183)))
    placed = bob.call(account.phone)
    lab.run()
    assert placed.state == "ringing" and messages(lab.trace, "183 INVITE", "alice")[0].body
    placed.hang_up()
    lab.run()


@pytest.mark.covers("PJ11")
def test_messages_and_info_in_a_call():
    lab, account, bob = phone()
    told: list[Any] = []
    call = account.make_call(str(bob.contact_uri), Log(told))
    fails(171141, "there is no dialog yet", call.send_pager, "too early")
    lab.run()
    told.clear()
    call.send_pager("Lunch?", im_id=7)
    call.send_request("INFO", [("X-Rain", "yes")], "text/plain", "rain")
    bob.current_call.message("Yes")
    lab.run()
    assert sorted(told) == [("pager", "text/plain", "Yes"), ("pager status", 7, 200, "OK")]
    assert bob.messages[0].text == "Lunch?" and bob.current_call.infos[0].body == b"rain"
    assert messages(lab.trace, "INFO", "alice")[0].header("X-Rain") == "yes"
    fails(70004, "BYE changes the call", call.send_request, "BYE")
    call.hangup()
    lab.run()


@pytest.mark.covers("PJ11")
def test_a_call_may_be_replaced_unless_the_application_says_no():
    told: list[Any] = []

    class Replaced(Log):
        answer = (200, "OK")

        def on_replace_request(self, code: int, reason: str) -> tuple[int, str]:
            self.told.append(("replace?", code, reason))
            return self.answer

        def on_replaced(self, new_call: pj.Call) -> None:
            new_call.set_callback(Log(self.told))
            self.told.append("replaced")

    lab, account, bob = phone()
    mobile = lab.user_agent("sip:bob@example.com", "mobile")
    cb = Replaced(told)
    account.make_call(str(bob.contact_uri), cb)
    lab.run()
    told.clear()
    cb.answer = (603, "Decline")
    mobile.call(account.phone, replaces=bob.current_call.replacement())
    lab.run()
    assert told == [("replace?", 200, "OK")] and "alice>mobile 603 INVITE" in wire(lab.trace)
    told.clear()
    cb.answer = (200, "OK")
    new = mobile.call(account.phone, replaces=bob.current_call.replacement())
    lab.run()
    assert told == [("replace?", 200, "OK"), "replaced", ("CONFIRMED", 200), ("DISCONNCTD", 200)]
    assert bob.current_call is None and new.state == "answered"
    account.lib.hangup_all()
    lab.run()
    assert told[-1] == ("DISCONNCTD", 200) and mobile.current_call is None


@pytest.mark.covers("PJ11")
def test_header_fields_go_with_an_invite_and_with_a_refusal():
    lab, account, bob = phone()
    bob.rejects(486)
    account.make_call(str(bob.contact_uri), hdr_list=[("Subject", "lunch & more"), ("X-Test", "1")])
    lab.run()
    invite = messages(lab.trace, "INVITE", "alice")[0]
    assert invite.header("Subject") == "lunch & more" and invite.header("X-Test") == "1"
    account.set_callback(Incoming([], lambda call: call.answer(480, hdr_list=[("Retry-After", "60")])))
    bob.call(account.phone)
    lab.run(until=lab.env.now + 1)
    assert messages(lab.trace, "480 INVITE", "alice")[0].header("Retry-After") == "60"


@pytest.mark.covers("PJ11")
def test_what_does_not_fit_the_state_is_reported_as_the_original_does():
    lab, account, bob = phone()
    call = account.make_call(str(bob.contact_uri))
    fails(171141, "Invalid INVITE session state", call.hold)
    fails(171141, "not confirmed", call.update)
    fails(70013, "this call was placed here", call.answer)
    lab.run()
    fails(70012, "takes neither a reason phrase nor header fields", call.hold, [("X-A", "1")])
    call.hangup()
    lab.run()
    for act in (call.hangup, call.hold, call.answer, lambda: call.send_pager("x")):
        fails(171140, "INVITE session already terminated (PJSIP_ESESSIONTERMINATED)", act)
    assert call.info().state == S.DISCONNECTED and call.dump_status().startswith("[DISCONNCTD]")


@pytest.mark.covers("PJ11")
def test_an_exception_in_a_callback_leaves_the_call_as_it_is():
    lab, account, bob = phone()

    def boom(call: pj.Call) -> None:
        raise RuntimeError("a dialog box could not be opened")

    call = account.make_call(str(bob.contact_uri), Log([], {S.CONNECTING: boom}))
    trace = lab.run()
    assert call.info().state == S.CONFIRMED and "RuntimeError" in trace.select("error")[0].data["text"]
    call.hangup()
    lab.run()


@pytest.mark.covers("PJ11")
def test_each_callback_has_the_message_that_it_tells_of_as_its_cause():
    lab, account, bob = phone()
    account.make_call(str(bob.contact_uri), Log([], {S.CONFIRMED: lambda call: call.hangup()}))
    trace = lab.run()
    early = next(r for r in trace.select("api") if r.data.get("text") == "on_state(): EARLY")
    assert trace[early.cause].kind == "delivered" and trace[early.cause].message.status == 180
    (bye,) = [r for r in trace.select("sent", "alice") if getattr(r.message, "method", "") == "BYE"]
    hangup = trace[bye.cause]
    assert (hangup.data["name"], hangup.data["direction"]) == ("hangup", "call")
    assert trace[hangup.cause].data["text"] == "on_state(): CONFIRMED"
    assert {r.data["call"] for r in trace.select("api") if r.data["name"] == "on_state"} == {bye.message.call_id}


@pytest.mark.covers("PJ11")
def test_a_buddy_is_written_to_and_writes():
    told: list[Any] = []

    class Friend(pj.BuddyCallback):
        def on_pager(self, mime_type: str, body: str) -> None:
            told.append((self.buddy.info().uri, mime_type, body))

        def on_pager_status(self, body: str, im_id: Any, code: int, reason: str) -> None:
            told.append((body, im_id, code))

    lab, account, bob = phone(Incoming(told, None))
    buddy = account.add_buddy(str(bob.contact_uri), Friend())
    buddy.send_pager("Hello", im_id=3)
    lab.run()
    assert bob.messages[0].text == "Hello" and told == [("Hello", 3, 200)]
    told.clear()
    bob.message(account.phone, "from no buddy")  # bob's address is another than his phone's
    lab.run()
    assert told == [("<sip:bob@example.com>", "text/plain", "from no buddy")]
    told.clear()
    friend = account.add_buddy("sip:bob@example.com", Friend())
    bob.message(account.phone, "from a buddy")
    lab.run()
    assert told == [("sip:bob@example.com", "text/plain", "from a buddy")]
    friend.delete()
    fails(-1, "Invalid buddy", friend.delete)


def test_presence_status_is_kept():
    _, account, _ = phone()
    account.set_basic_status(True)
    assert account.info().online_status and account.info().online_text == "Online"
    account.set_presence_status(True, pj.PresenceActivity.BUSY)
    assert account.info().online_text == "Busy"
    account.set_presence_status(False, pres_text="Gone fishing")
    assert account.info()[-2:] == (False, "Gone fishing")


def test_two_accounts_of_one_library_talk():
    told: list[Any] = []
    lab, alice, _ = phone()
    lib = alice.lib
    carol = lib.create_account(config("carol"), set_default=False, cb=Incoming(told, lambda call: call.answer(200)))
    assert alice.is_default() and not carol.is_default()
    call = alice.make_call(str(carol.phone.contact_uri))
    lab.run()
    assert call.info().state == S.CONFIRMED and told == [("incoming", "INCOMING", "<sip:alice@example.com>")]
    lib.destroy()
    lab.run()
    assert not call.is_valid() and not alice.is_valid()
