"""The numbers that must be right unless somebody says otherwise, in one table: a change of any is to be meant."""

from __future__ import annotations

import inspect

import pytest

from sipsim.apis import android, symbian
from sipsim.apis.android.profile import LARGEST_PORT, LEAST_PORT
from sipsim.elements.calls.incoming_call import TRYING_AFTER
from sipsim.elements.next_hops import LARGEST_DATAGRAM
from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.message import build
from sipsim.message.start_lines import status_line
from sipsim.protocol.glare import pause_after_491, put_off
from sipsim.protocol.refreshing import RefreshPolicy
from sipsim.protocol.session_timers import LEAST
from sipsim.protocol.timing import TIMER_C, Timing

T = Timing()


@pytest.mark.covers("R1", "SY48")
def test_refreshes():
    policy = RefreshPolicy()
    assert (policy.min, policy.max, policy.default_max) == (30, None, 3600)
    assert [policy.clamp(granted, None) for granted in (10, 30, 3600, 7200)] == [30, 30, 3600, 3600]
    assert (symbian.KSIPSendWithExpires, symbian.KSIPCacheOutboundProxyIP) == (200, 201)


def test_transactions():
    assert (T.t1, T.t2, T.t4, T.limit) == (0.5, 4.0, 5.0, 32.0)
    unreliable = dict.fromkeys("AEG", 0.5) | dict.fromkeys("BFHLMDJ", 32.0) | dict.fromkeys("IK", 5.0)
    reliable = dict.fromkeys("AEG") | dict.fromkeys("BFHLM", 32.0) | dict.fromkeys("DIJK", 0.0)
    assert {name: T.first(name, False) for name in unreliable} == unreliable
    assert {name: T.first(name, True) for name in reliable} == reliable
    assert [T.again(name, 4.0, "completed") for name in "AEG"] == [8.0, 4.0, 4.0]  # A doubles without a cap
    assert TIMER_C > 180.0 and TRYING_AFTER == 0.2


def test_glare():
    draws = [step / 1000 for step in range(1000)]
    for owner, first, last in ((True, 2.1, 4.0), (False, 0.0, 2.0)):
        pauses = {pause_after_491(owner, lambda draw=draw: draw) for draw in draws}
        assert (min(pauses), max(pauses)) == (first, last)
        assert all(round(pause * 100, 6).is_integer() for pause in pauses)  # in units of 10 ms
    refused = {put_off(lambda draw=draw: draw) for draw in draws}
    assert {one.status for one in refused} == {500}
    assert {one.headers for one in refused} == {(("Retry-After", str(seconds)),) for seconds in range(11)}


def test_messages():
    assert inspect.signature(build.request).parameters["max_forwards"].default == 70
    assert LARGEST_DATAGRAM == 1300 and LEAST == 90
    for status in (99, 700):
        with pytest.raises(UsageError, match="100 to 699"):
            status_line(status, None)
    for status in (100, 700):
        with pytest.raises(symbian.Leave, match="101 to 699"):
            symbian.CSIPResponseElements.NewL(status)


@pytest.mark.covers("AN60", "AN23", "AN52")
def test_android():
    times = android.Timers()
    assert (times.registration, times.cancel, times.end_call, times.keep_alive) == (5.0, 3.0, 3.0, 10.0)
    assert android.SipProfile.Builder("alice", "example.com").build().getPort() == 5060
    assert (LEAST_PORT, LARGEST_PORT) == (1000, 65535)
    assert android.Context(Lab()).password_tries == 2
