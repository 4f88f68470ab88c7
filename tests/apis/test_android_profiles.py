"""Profiles, managers and what stands around them: what is given, what is refused, and by which error."""

from __future__ import annotations

import pytest
from android_bench import CALL, CallHeard, Device, RegistrationHeard, alone, two
from bench_pair import messages, wire

from sipsim.apis.android import (
    BroadcastReceiver,
    CanceledException,
    Context,
    IllegalArgumentException,
    Intent,
    IntentFilter,
    Manifest,
    NullPointerException,
    ParseException,
    PendingIntent,
    Receiver,
    SipAudioCall,
    SipErrorCode,
    SipException,
    SipManager,
    SipProfile,
    UsesFeature,
)
from sipsim.lab.lab import Lab

SIP, VOIP = "android.software.sip", "android.software.sip.voip"


@pytest.mark.covers("AN01", "AN13")
def test_no_manager_where_sip_is_not_supported():
    lab = Lab()
    without = Context(lab, sip_supported=False)
    assert SipManager.newInstance(without) is None
    assert not SipManager.isApiSupported(without) and not SipManager.isVoipSupported(without)
    context = Context(lab, wifi_only=True)
    assert isinstance(SipManager.newInstance(context), SipManager)
    assert SipManager.isApiSupported(context) and SipManager.isVoipSupported(context)
    assert SipManager.isSipWifiOnly(context) and not SipManager.isSipWifiOnly(Context(lab))
    with pytest.raises(NullPointerException, match="context"):
        SipManager.newInstance(None)


@pytest.mark.covers("AN54")
def test_the_manifest_decides_on_which_devices_and_with_which_permissions():
    lab = Lab()
    sample = Manifest()
    assert sample.permissions == ("android.permission.USE_SIP", "android.permission.INTERNET")
    assert sample.minSdkVersion == 9 and all(feature.required for feature in sample.features)
    assert [feature.name for feature in sample.features] == [
        "android.software.sip.voip", "android.hardware.wifi", "android.hardware.microphone",
    ]  # fmt: skip
    assert SipManager.newInstance(Context(lab, sdk=8)) is None
    deaf = (SIP, VOIP, "android.hardware.wifi")
    assert SipManager.newInstance(Context(lab, features=deaf)) is None
    optional = Manifest(features=(UsesFeature(VOIP), UsesFeature("android.hardware.microphone", required=False)))
    assert SipManager.newInstance(Context(lab, features=deaf, manifest=optional)) is not None
    for missing in sample.permissions:
        left = tuple(one for one in sample.permissions if one != missing)
        alice = Device(lab, "alice", manifest=Manifest(permissions=left))
        for act in (alice.open, alice.call, alice.session):
            with pytest.raises(SipException, match=missing):
                act()
    assert not lab.elements and not lab.trace.select("sent")


@pytest.mark.covers("AN03", "AN08", "AN07")
def test_open_registers_and_close_unregisters():
    lab = Lab()
    server = lab.proxy("example.com")
    alice = Device(lab, "alice", auto=True)
    assert not alice.manager.isOpened(alice.uri) and not alice.manager.isRegistered(alice.uri)
    alice.open()
    assert alice.manager.isOpened(alice.uri) and not alice.manager.isRegistered(alice.uri)
    lab.run(until=1.0)
    assert alice.manager.isOpened(alice.uri) and alice.manager.isRegistered(alice.uri)
    assert len(server.location.look_up(alice.uri, lab.env.now)) == 1
    opened = lab.trace.select("api", "alice")[0]
    assert opened.data["name"] == "open" and lab.trace.message(1).cause == opened.id
    alice.manager.close(alice.uri)
    assert not alice.manager.isOpened(alice.uri) and not alice.manager.isRegistered(alice.uri)
    lab.run(until=2.0)
    last = messages(lab.trace, "REGISTER", "alice")[-1]
    assert last.expires == 0 and not server.location.look_up(alice.uri, lab.env.now)
    alice.manager.close(None)
    alice.manager.close("sip:nobody@example.com")


@pytest.mark.covers("AN03")
def test_without_automatic_registration_open_sends_nothing():
    lab = Lab()
    lab.proxy("example.com")
    Device(lab, "alice", auto=False).open()
    lab.run()
    assert wire(lab.trace) == []


@pytest.mark.covers("AN04")
def test_a_profile_that_is_open_for_placing_calls_only_delivers_no_intent():
    lab, alice, _bob = alone()
    other = Device(lab, "carol")
    other.manager.open(other.profile)
    assert other.manager.isOpened(other.uri)
    lab.elements["proxy"].location.add(other.uri, other.agent.contact_uri)
    _incoming, heard = alice.call(other.uri)
    lab.run()
    assert other.receiver.intents == [] and heard.codes() == [SipErrorCode.PEER_NOT_REACHABLE]
    placed, heard = other.call("sip:bob@example.com")
    lab.run()
    assert placed.isInCall()


@pytest.mark.covers("AN05")
def test_open_refuses_none_for_the_intent():
    lab = Lab()
    alice = Device(lab, "alice")
    with pytest.raises(NullPointerException, match="incomingCallPendingIntent"):
        alice.manager.open(alice.profile, None, RegistrationHeard())
    with pytest.raises(NullPointerException, match="localProfile"):
        alice.manager.open(None)
    assert not alice.manager.isOpened(alice.uri)


@pytest.mark.covers("AN20", "AN21", "AN24")
def test_a_profile_is_an_account_at_a_domain_and_keeps_its_password_to_itself():
    profile = SipProfile.Builder("alice", "example.com").setPassword("secret").build()
    assert profile.getUriString() == "sip:alice@example.com" and profile.getPassword() == "secret"
    assert (profile.getUserName(), profile.getSipDomain(), profile.getPort()) == ("alice", "example.com", 5060)
    assert profile.getProtocol() == "UDP" and profile.getProxyAddress() == ""
    assert profile.getDisplayName() == "" and profile.getProfileName() == "" and profile.getAuthUserName() is None
    assert profile.getAutoRegistration() and not profile.getSendKeepAlive()
    assert "secret" not in f"{profile} {profile!r}"
    lab, alice, _bob = alone()
    call, _ = alice.call()
    assert call.getLocalProfile() is alice.profile and call.getPeerProfile().getUriString() == "sip:bob@example.com"
    lab.run()


@pytest.mark.covers("AN22", "AN24")
def test_a_profile_from_an_address_or_from_another_profile():
    bare = SipProfile.Builder("bob@example.com:5070").build()
    assert bare.getUriString() == "sip:bob@example.com:5070" and bare.getPort() == 5070
    told = SipProfile.Builder("sip:bob:hush@example.com").build()
    assert told.getPassword() == "hush" and told.getUriString() == "sip:bob@example.com"
    copy = SipProfile.Builder(told).setDisplayName("Bob").build()
    assert copy.getPassword() == "hush" and copy.getDisplayName() == "Bob" and told.getDisplayName() == ""
    for wrong in ("", "sip:", "sip:example.com", "bob@", "bob@exa mple.com", "sip:a\r\nb@example.com"):
        with pytest.raises(ParseException, match=r"SIP address|no user"):
            SipProfile.Builder(wrong)
    for arguments in ((None,), (None, "example.com")):
        with pytest.raises(NullPointerException):
            SipProfile.Builder(*arguments)


@pytest.mark.covers("AN23", "AN24")
def test_the_builder_checks_port_and_protocol():
    builder = SipProfile.Builder("alice", "example.com").setAuthUserName("a1").setProfileName("work")
    builder = builder.setPort(5070).setProtocol("tcp").setOutboundProxy("proxy.example.com").setDisplayName("Alice")
    profile = builder.setSendKeepAlive(True).setAutoRegistration(False).build()
    assert (profile.getAuthUserName(), profile.getProfileName(), profile.getPort()) == ("a1", "work", 5070)
    assert (profile.getProtocol(), profile.getProxyAddress()) == ("TCP", "proxy.example.com")
    assert profile.getDisplayName() == "Alice" and profile.getSendKeepAlive() and not profile.getAutoRegistration()
    for port in (999, 65536, 0, -1, True, "5060"):
        with pytest.raises(IllegalArgumentException, match="1000 to 65535"):
            builder.setPort(port)
    assert builder.setPort(1000).setPort(65535).build().getPort() == 65535
    for protocol in ("TLS", "tls", "SCTP", ""):
        with pytest.raises(IllegalArgumentException, match="UDP, TCP"):
            builder.setProtocol(protocol)
    with pytest.raises(NullPointerException):
        builder.setProtocol(None)


@pytest.mark.covers("AN23")
def test_protocol_proxy_and_name_of_a_profile_count_on_the_wire():
    lab = Lab()
    proxy = lab.proxy("example.com", users={"a1": "secret"})
    context = Context(lab)
    manager = SipManager.newInstance(context)
    builder = SipProfile.Builder("alice", "example.com").setPassword("secret").setAuthUserName("a1")
    profile = builder.setProtocol("TCP").setOutboundProxy(proxy.host_port).build()
    heard = RegistrationHeard()
    manager.register(profile, 600, heard)
    lab.run(until=2.0)
    assert heard.names == ["onRegistering", "onRegistrationFailed"]  # a1 may not speak for alice
    first, second = lab.trace.select("sent", "alice")[:2]
    assert first.data["transport"] == "TCP" and first.message.routes[0].uri.host == proxy.address.host
    assert 'username="a1"' in second.message.header("Authorization")


@pytest.mark.covers("AN10", "AN12", "AN13", "AN14")
def test_what_an_incoming_call_intent_says_and_whose_session_it_leads_to():
    assert SipManager.INCOMING_CALL_RESULT_CODE == 101
    assert (SipManager.EXTRA_CALL_ID, SipManager.EXTRA_OFFER_SD) == ("android:sipCallID", "android:sipOfferSD")
    lab, alice, bob = two(takes=False)
    _call, _ = alice.call()
    lab.run(until=1.0)
    (intent,) = bob.receiver.intents
    invite = messages(lab.trace, "INVITE", "alice")[0]
    assert intent.getAction() == CALL and SipManager.isIncomingCallIntent(intent)
    assert SipManager.getCallId(intent) == invite.call_id == intent.getStringExtra("android:sipCallID")
    assert "m=audio" in SipManager.getOfferSessionDescription(intent)
    session = bob.manager.getSessionFor(intent)
    assert session.getCallId() == invite.call_id and session.getState() == session.State.INCOMING_CALL
    assert bob.manager.getSessionFor(intent) is None
    with pytest.raises(SipException, match="no session"):
        bob.manager.takeAudioCall(intent, None)
    session.endCall()
    lab.run()


@pytest.mark.covers("AN10", "AN13")
def test_take_audio_call_says_what_is_wrong_with_an_intent():
    _lab, _, bob = two()
    described = Intent(CALL).putExtra(SipManager.EXTRA_OFFER_SD, "v=0")
    silent = Intent(CALL).putExtra(SipManager.EXTRA_CALL_ID, "1@host")
    unknown = Intent(CALL).putExtra(SipManager.EXTRA_CALL_ID, "1@host").putExtra(SipManager.EXTRA_OFFER_SD, "v=0")
    for intent, why in ((None, "no intent"), (described, "no Call-ID"), (silent, "no session description"),
                        (unknown, "no session waits")):  # fmt: skip
        with pytest.raises(SipException, match=why):
            bob.manager.takeAudioCall(intent, CallHeard())
    assert not any(SipManager.isIncomingCallIntent(intent) for intent in (None, described, silent))
    assert SipManager.getCallId(None) is None and SipManager.getOfferSessionDescription(None) is None


@pytest.mark.covers("AN09", "R11")
def test_make_audio_call_takes_profiles_or_addresses():
    lab, alice, _bob = alone()
    peer = SipProfile.Builder("bob", "example.com").build()
    first = alice.manager.makeAudioCall(alice.profile, peer, None, 0)
    lab.run(until=3.0)
    assert isinstance(first, SipAudioCall) and first.isInCall()
    first.endCall()
    second, heard = alice.call("bob@example.com", -1)
    lab.run(until=6.0)
    assert second.isInCall() and heard.names == ["onCalling", "onRingingBack", "onCallEstablished"]
    with pytest.raises(SipException, match="peerProfile"):
        alice.call("sip:no one")
    with pytest.raises(NullPointerException, match="peerProfile"):
        alice.manager.makeAudioCall(alice.uri, None, None, 30)
    second.close()
    lab.run()


@pytest.mark.covers("AN09", "AN51")
def test_a_call_that_is_not_answered_in_time_fails_with_time_out():
    lab, alice, bob = alone()
    bob.ignores()
    _call, heard = alice.call(timeout=10)
    lab.run()
    assert heard.names == ["onCalling", "onRingingBack", "onError"] and heard.codes() == [SipErrorCode.TIME_OUT]
    (cancel,) = [record for record in lab.trace.select("sent", "alice") if record.message.cseq.method == "CANCEL"]
    assert cancel.time == pytest.approx(10.0)


@pytest.mark.covers("AN53")
def test_a_call_of_which_nobody_can_be_told_is_dropped_and_the_run_goes_on():
    lab, alice, bob = two()
    intent = PendingIntent.getBroadcast(bob.context, 0, Intent(CALL), Intent.FILL_IN_DATA)
    bob.manager.open(bob.profile, intent, None)
    intent.cancel()
    _call, heard = alice.call()
    lab.run()
    assert heard.names == ["onCalling", "onRingingBack", "onCallBusy"] or heard.names == ["onCalling", "onCallBusy"]
    assert bob.receiver.intents == [] and any("dropped" in line for line in bob.context.logcat("W"))
    assert not lab.trace.select("error")


@pytest.mark.covers("AN53", "AN46")
def test_a_receiver_of_the_manifest_that_can_not_be_made_is_logged_and_others_are_called():
    lab, alice, bob = two()
    broken = Receiver(lambda: 1 / 0, IntentFilter(CALL))  # type: ignore[arg-type,return-value]
    bob.context.manifest = Manifest(receivers=(broken,))
    call, _ = alice.call()
    lab.run()
    assert call.isInCall() and len(bob.receiver.intents) == 1
    (line,) = bob.context.logcat("E")
    assert "onReceive() of the application: ZeroDivisionError" in line
    call.endCall()
    lab.run()


@pytest.mark.covers("AN07", "AN55")
def test_a_profile_is_closed_without_a_data_connection_too():
    lab = Lab()
    server = lab.proxy("example.com")
    alice, heard = Device(lab, "alice", auto=True), RegistrationHeard()
    alice.open(heard)
    lab.run(until=1.0)
    alice.context.network.set_connected(False)
    alice.manager.close(alice.uri)
    assert not alice.manager.isOpened(alice.uri) and not alice.manager.isRegistered(alice.uri)
    alice.context.network.set_connected(True)
    lab.run(until=60.0)
    assert len(messages(lab.trace, "REGISTER", "alice")) == 2  # nobody could be told, and nobody registers again
    assert server.location.look_up(alice.uri, lab.env.now) and heard.names[-1] == "onRegistrationFailed"


@pytest.mark.covers("AN09")
@pytest.mark.parametrize("timeout", [0, -1])
def test_without_a_timeout_of_its_own_a_call_waits_as_long_as_the_protocol_does(timeout: float):
    """Timer B where nobody answers at all, timer C of the proxy where it rings."""
    lab, alice, _bob = alone()
    lab.elements["proxy"].crash()
    _call, heard = alice.call(timeout=timeout)
    lab.run()
    assert heard.codes() == [SipErrorCode.TIME_OUT] and heard.told[-1][1][2].endswith("(408)")
    assert lab.trace.select("api", "alice")[-1].time == pytest.approx(32.0)

    lab, alice, bob = alone()
    bob.ignores()
    _call, heard = alice.call(timeout=timeout)
    lab.run(until=170.0)
    assert heard.names == ["onCalling", "onRingingBack"]
    lab.run()
    assert heard.names[2:] == ["onError"] and heard.codes() == [SipErrorCode.PEER_NOT_REACHABLE]  # it says 480
    assert 180.0 < lab.trace.select("api", "alice")[-1].time < 182.0


@pytest.mark.covers("AN53")
def test_intents_go_to_receivers_whose_filter_has_their_action():
    lab = Lab()
    context = Context(lab, "alice")
    heard: list[tuple[str | None, str | None]] = []

    class Receiver(BroadcastReceiver):
        def onReceive(self, context: Context, intent: Intent) -> None:
            heard.append((intent.getAction(), intent.getStringExtra("name")))

    receiver, filter = Receiver(), IntentFilter()
    filter.addAction("one")
    context.registerReceiver(receiver, filter)
    pending = PendingIntent.getBroadcast(context, 0, Intent().setAction("one"), Intent.FILL_IN_DATA)
    pending.send(None, 0, Intent("two").putExtra("name", "value"))
    context.sendBroadcast(Intent("two"))
    assert heard == [("one", "value")]
    context.unregisterReceiver(receiver)
    context.sendBroadcast(Intent("one"))
    assert len(heard) == 1
    pending.cancel()
    with pytest.raises(CanceledException):
        pending.send()
    with pytest.raises(NotImplementedError):
        BroadcastReceiver().onReceive(context, Intent())
