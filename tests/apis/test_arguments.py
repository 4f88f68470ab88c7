"""Nonsense for every argument of every function: an API's own errors and no others, and the run goes on afterwards."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from android_bench import alone
from bench_pair import wire
from pjsua_bench import phone
from test_symbian_closing import Everything

from sipsim.apis import android, symbian
from sipsim.apis import pjsua as pj
from sipsim.errors import SipError

JUNK = [
    None, "", b"x", 0, -1, 1.5, float("nan"), float("inf"), True, object(), [], {}, (), "sip:", "sip:bob@example.com",
    "\r\n", "x" * 5000, 2**70, ["a"], [("a", 1)], [("Bad\r\nName", "x")],
]  # fmt: skip

ANDROID = {
    "manager": (
        "open close isOpened isRegistered setRegistrationListener register unregister makeAudioCall takeAudioCall "
        "createSipSession getSessionFor"
    ),
    "builder": "setAuthUserName setProfileName setPort setProtocol setOutboundProxy setDisplayName",
    "session": "makeCall answerCall changeCall register setListener",
    "call": "setListener attachCall makeCall answerCall holdCall continueCall sendDtmf",
    "context": "registerReceiver sendBroadcast logcat",
}
PJSUA = {
    "call": "answer hangup hold transfer transfer_to_call dial_dtmf send_request send_pager set_callback dump_status",
    "account": "make_call add_buddy set_callback set_presence_status set_basic_status pres_notify set_transport",
    "buddy": "send_pager set_callback",
    "lib": (
        "create_account create_transport create_account_for_transport handle_events verify_sip_url set_codec_priority "
        "get_codec_parameter set_codec_parameter conf_connect create_player init strerror"
    ),
}


def attempts(call: Callable[..., Any]) -> Iterator[tuple[Any, ...]]:
    """The same nonsense for what has to be given, and for all that may be."""
    kinds = inspect.Parameter
    known = [one for one in inspect.signature(call).parameters.values() if one.kind is kinds.POSITIONAL_OR_KEYWORD]
    needed = len([one for one in known if one.default is one.empty])
    for junk in JUNK:
        yield (junk,) * needed
        yield (junk,) * len(known)


def refused(call: Callable[..., Any], error: type[Exception]) -> int:
    """How often a function refuses nonsense; every other exception leaves."""
    count = 0
    for arguments in attempts(call):
        try:
            call(*arguments)
        except error as caught:
            assert len(str(caught)) > 5, caught
            count += 1
    return count


@pytest.mark.covers("AN05", "AN22")
def test_androids_functions():
    lab, alice, _bob = alone()
    call, _ = alice.call()
    session, _ = alice.session()
    lab.run(until=1.5)
    owners = {
        "manager": alice.manager, "builder": android.SipProfile.Builder("a", "example.com"), "session": session,
        "call": call, "context": alice.context,
    }  # fmt: skip
    for owner, names in ANDROID.items():
        for name in names.split():
            count = refused(getattr(owners[owner], name), SipError)
            assert count or name in (
                "close", "isOpened", "isRegistered", "setAuthUserName", "setProfileName", "setOutboundProxy",
                "setDisplayName", "holdCall", "continueCall", "setRegistrationListener",
            ), name  # fmt: skip
    for make in (android.SipProfile.Builder, android.SipManager.newInstance, android.PendingIntent.getBroadcast):
        assert refused(make, SipError)
    lab.run(until=60.0)
    assert not lab.trace.select("error")


@pytest.mark.covers("R9", "SY25")
def test_symbians_functions():
    everything = Everything()
    phone_ = everything.phone
    owners = (
        phone_.csip, phone_.connection, everything.binding, everything.refresh, everything.call,
        everything.subscription, everything.digest, everything.invite, everything.call.Dialog(),
        symbian.CSIPRequestElements("sip:bob@example.com"), symbian.CSIPMessageElements(),
    )  # fmt: skip
    counted = 0
    for owner in owners:
        for name in dir(owner):
            if (
                name[0].isupper()
                and name not in ("Delete", "NewL", "TState")
                and inspect.ismethod(getattr(owner, name))
            ):
                counted += refused(getattr(owner, name), symbian.Leave)
    assert counted > 500
    for name in ("CSIP", "CSIPConnection", "CSIPRegistrationBinding", "CSIPInviteDialogAssoc", "CSIPResponseElements",
                 "CSIPSubscribeDialogAssoc", "CSIPHttpDigest", "CSIPRequestElements", "CSIPMessageElements",
                 "SIPServer", "ProfileAgent"):  # fmt: skip
        assert refused(getattr(symbian, name), symbian.Leave)
    connection, dialog = phone_.connection, everything.call.Dialog()
    elements = symbian.CSIPRequestElements("sip:bob@example.com")
    elements.SetMethodL("MESSAGE")
    to = "sip:bob@example.com"
    for call in (
        lambda junk: symbian.CSIPReferDialogAssoc(connection, to, aReferTo=junk),
        lambda junk: symbian.CSIPNotifyDialogAssoc(dialog, aEvent=junk, aState=junk),
        lambda junk: symbian.CSIPSubscribeDialogAssoc(connection, to, aEvent=junk),
        lambda junk: symbian.CSIPRegistrationBinding(connection, "sip:a@example.com", None, junk, None),
        lambda junk: symbian.CSIPRegistrationBinding(connection, "sip:a@example.com", None, None, junk),
        lambda junk: symbian.CSIPInviteDialogAssoc(connection, to, junk),
        lambda junk: symbian.CSIPInviteDialogAssoc(connection, to).SendInviteL(junk),
        lambda junk: connection.SendRequestL(elements, junk),
    ):
        assert refused(call, symbian.Leave)
    everything.lab.run(until=100.0)
    assert not everything.lab.trace.select("error")


@pytest.mark.covers("PJ8", "PJ11")
def test_pjsuas_functions():
    lab, account, bob = phone()
    call = account.make_call(str(bob.contact_uri))
    lab.run()
    owners = {"call": call, "account": account, "buddy": account.add_buddy("sip:bob@example.com"), "lib": account.lib}
    for owner, names in PJSUA.items():
        for name in names.split():
            count = refused(getattr(owners[owner], name), pj.Error)
            assert count or name in ("hold", "verify_sip_url", "set_basic_status", "strerror"), name
    assert refused(pj.AccountConfig, pj.Error) and "alice>bob INVITE" in wire(lab.trace)
    lab.run(until=60.0)
    assert not lab.trace.select("error")


@pytest.mark.covers("PJ8", "PJ9")
def test_what_is_used_after_destroy_says_so():
    lab, account, bob = phone()
    lib = account.lib
    call = account.make_call(str(bob.contact_uri))
    buddy = account.add_buddy("sip:bob@example.com")
    lab.run()
    lib.destroy()
    lab.run()
    uri = str(bob.contact_uri)
    for act, number in (
        (lambda: lib.init(), 70013), (lambda: lib.start(), 70013), (lambda: lib.create_transport(1), 70013),
        (lambda: lib.create_account(pj.AccountConfig("example.com", "a", "b")), 70013),
        (lambda: account.make_call(uri), -1), (lambda: account.info(), -1), (lambda: account.add_buddy(uri), -1),
        (lambda: account.set_registration(True), -1), (lambda: account.set_basic_status(True), -1),
        (lambda: call.hold(), 171140), (lambda: call.hangup(), 171140), (lambda: call.answer(), 171140),
        (lambda: buddy.subscribe(), -1), (lambda: buddy.send_pager("x"), -1),
    ):  # fmt: skip
        with pytest.raises(pj.Error) as caught:
            act()
        assert caught.value.err_code == number
    lib.destroy()  # again: nothing
    assert pj.Lib.instance() is None and not account.is_valid() and not call.is_valid()
