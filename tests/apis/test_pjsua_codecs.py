"""Codecs by their priorities, and accounts that choose their transport."""

from __future__ import annotations

import pytest
from bench_pair import messages
from pjsua_bench import Incoming, config, fails, phone

from sipsim.apis import pjsua as pj
from sipsim.lab.lab import Lab


def offered(lab: Lab, element: str = "alice") -> str:
    """The codecs of the last offer, as its m= line has them."""
    text = messages(lab.trace, "INVITE", element)[-1].body.decode()
    return next(line.partition("RTP/AVP ")[2] for line in text.splitlines() if line.startswith("m="))


@pytest.mark.covers("PJ11")
def test_codecs_can_be_listed_with_what_they_are_like():
    _, account, _ = phone()
    found = account.lib.enum_codecs()
    assert [(codec.name, codec.priority) for codec in found[:3]] == [
        ("PCMU/8000/1", 128), ("PCMA/8000/1", 128), ("GSM/8000/1", 0),
    ]  # fmt: skip
    assert {codec.name for codec in found} == {
        "PCMU/8000/1", "PCMA/8000/1", "GSM/8000/1", "G722/8000/1", "G729/8000/1", "opus/48000/2", "iLBC/8000/1",
    }  # fmt: skip
    first, gsm = found[0], next(codec for codec in found if codec.name.startswith("GSM"))
    assert (first.clock_rate, first.channel_count, first.avg_bps, first.ptime, first.pt) == (8000, 1, 64000, 20, 0)
    assert (gsm.avg_bps, gsm.frm_ptime, gsm.pt) == (13200, 20, 3)


@pytest.mark.covers("PJ11")
def test_the_priority_decides_what_is_offered_first_and_0_leaves_it_out():
    lab, account, bob = phone(codecs=["PCMA", "GSM", "PCMU"])
    lib = account.lib

    def call() -> str:
        made = account.make_call(str(bob.contact_uri))
        lab.run()
        codec = bob.current_call.stream.codec
        made.hangup()
        lab.run()
        return codec

    assert call() == "PCMU" and offered(lab) == "0 8"
    lib.set_codec_priority("PCMA", 200)
    assert call() == "PCMA" and offered(lab) == "8 0"
    lib.set_codec_priority("gsm/8000", 255)
    lib.set_codec_priority("PCMU/8000/1", 0)
    assert call() == "GSM" and offered(lab) == "3 8"
    assert [codec.name for codec in lib.enum_codecs()][:2] == ["GSM/8000/1", "PCMA/8000/1"]
    carol = lib.create_account(config("carol"), set_default=False)  # made later, and the same
    carol.make_call(str(bob.contact_uri)).hangup()
    lab.run()
    assert offered(lab, "carol") == "3 8"


@pytest.mark.covers("PJ11", "PJ8")
def test_what_can_t_be_set_of_a_codec_says_so():
    _, account, _ = phone()
    lib = account.lib
    fails(70006, "there is no codec 'speex'", lib.set_codec_priority, "speex", 1)
    for wrong in (256, -1, True, "1"):
        fails(70004, "none from 0 to 255", lib.set_codec_priority, "PCMU", wrong)
    lib.set_codec_priority("PCMA", 0)
    fails(70004, "one codec at least", lib.set_codec_priority, "PCMU", 0)
    found = lib.get_codec_parameter("PCMU")
    assert (found.ptime, found.vad_enabled, found.plc_enabled) == (20, True, True)
    found.vad_enabled = False
    lib.set_codec_parameter("PCMU", found)
    assert not lib.get_codec_parameter("PCMU").vad_enabled
    found.ptime = 40
    fails(70012, "PCMU/8000/1 has packets of 20 ms", lib.set_codec_parameter, "PCMU", found)
    fails(70006, "no codec", lib.get_codec_parameter, "speex")


@pytest.mark.covers("PJ11", "PJ3")
def test_a_second_account_goes_by_the_transport_that_it_chooses():
    lab = Lab(seed=7)
    pj.use(lab, "alice")
    lib = pj.Lib()
    lib.init(log_cfg=pj.LogConfig(level=0))
    udp = lib.create_transport(pj.TransportType.UDP, pj.TransportConfig(5060))
    tcp = lib.create_transport(pj.TransportType.TCP, pj.TransportConfig(5070))
    lib.start()
    told: list[object] = []
    accounts = []
    for user, transport in (("alice", udp), ("carol", tcp)):
        settings = config(user)
        settings.transport_id = transport.id
        take = Incoming(told, lambda call: call.answer(200))
        accounts.append(lib.create_account(settings, set_default=user == "alice", cb=take))
    alice, carol = accounts
    assert [account.phone.address.port for account in accounts] == [5060, 5070]
    assert [transport.info().ref_cnt for transport in (udp, tcp)] == [2, 2]
    bob = lab.user_agent("sip:bob@example.com")
    for account, transport in ((alice, "UDP"), (carol, "TCP")):
        call = account.make_call(f"<{bob.contact_uri}>")
        lab.run()
        assert call.info().state == pj.CallState.CONFIRMED
        first = next(r for r in lab.trace.select("sent", account.phone.name))
        assert first.data["transport"] == transport and f"/{transport} " in first.message.header("Via")
        call.hangup()
        lab.run()
    placed = bob.call(f"sip:carol@{carol.phone.host_port};transport=tcp")
    lab.run()
    assert placed.state == "answered" and told == [("incoming", "INCOMING", "<sip:bob@example.com>")]
    placed.hang_up()
    lab.run()
    settings = config("dave")
    settings.transport_id = 7
    fails(171060, "there is no transport", lib.create_account, settings)
    udp.enable(False)
    settings.transport_id = udp.id
    fails(171060, "there is no transport", lib.create_account, settings)
    fails(70012, "transport_id", alice.set_transport, tcp)
