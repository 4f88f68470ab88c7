"""Numbers that programs of old have in them: constants of pjsua, of Android's intents, and Symbian's properties."""

from __future__ import annotations

import pytest

from sipsim.apis import pjsua as pj
from sipsim.apis import symbian
from sipsim.apis.android import Intent, SipManager

PJSUA = {
    pj.CallRole: "CALLER CALLEE",
    pj.CallState: "NULL CALLING INCOMING EARLY CONNECTING CONFIRMED DISCONNECTED",
    pj.MediaState: "NULL ACTIVE LOCAL_HOLD REMOTE_HOLD ERROR",
    pj.MediaDir: "NULL ENCODING DECODING ENCODING_DECODING",
    pj.PresenceActivity: "UNKNOWN AWAY BUSY",
    pj.SubscriptionState: "NULL SENT ACCEPTED PENDING ACTIVE TERMINATED UNKNOWN",
    pj.TransportType: "UNSPECIFIED UDP TCP TLS",
}


@pytest.mark.covers("PJ3", "PJ11")
def test_constants_of_pjsua_count_from_0():
    for kind, names in PJSUA.items():
        assert [getattr(kind, name) for name in names.split()] == list(range(len(names.split()))), kind
    flags, types = pj.TransportFlag, pj.TransportType
    assert (flags.RELIABLE, flags.SECURE, flags.DATAGRAM) == (1, 2, 4)
    assert (types.IPV6, types.UDP_IPV6, types.TCP_IPV6) == (128, 129, 130)
    assert (pj.TURNConnType.UDP, pj.TURNConnType.TCP, pj.TURNConnType.TLS) == (17, 6, 255)


@pytest.mark.covers("AN14")
def test_constants_of_android():
    assert (Intent.FILL_IN_ACTION, Intent.FILL_IN_DATA, SipManager.INCOMING_CALL_RESULT_CODE) == (1, 2, 101)


@pytest.mark.covers("SY46", "SY47", "SY49")
def test_properties_of_symbian():
    assert (symbian.KSIPSendWithExpires, symbian.KSIPCacheOutboundProxyIP) == (200, 201)
