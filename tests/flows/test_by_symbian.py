"""The eight figures of the guide to Symbian's API: what its lane says, in order, and what went over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_pair import wire

import sipsim

START = ["CSIP.NewL", "CSIPConnection.NewL", "ConnectionStateChanged"]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "apis-symbian.md"
FIGURES = {
    "start": ([], []),
    "close": (
        ["CSIPRegistrationBinding.NewL", "RegisterL", "IncomingResponse", "delete CSIPClientTransaction",
         "delete CSIPConnection", "delete CSIPRegistrationBinding", "delete CSIP"],
        ["alice>registrar REGISTER", "registrar>alice 200 REGISTER"],
    ),
    "message-in": (
        ["IncomingRequest", "SendResponseL", "delete CSIPServerTransaction"],
        ["bob>alice MESSAGE", "alice>bob 200 MESSAGE"],
    ),
    "invite-in": (
        [
            "IncomingRequest", "CSIPInviteDialogAssoc.NewL", "SendResponseL", "SendResponseL",
            "delete CSIPServerTransaction", "IncomingRequest", "IncomingRequest", "SendResponseL",
        ],
        [
            "bob>alice INVITE", "alice>bob 100 INVITE", "alice>bob 180 INVITE", "alice>bob 200 INVITE",
            "bob>alice ACK", "bob>alice BYE", "alice>bob 200 BYE",
        ],
    ),
    "register": (
        ["CSIPRegistrationBinding.NewL", "RegisterL", "IncomingResponse", "delete CSIPClientTransaction"],
        ["alice>registrar REGISTER", "registrar>alice 200 REGISTER"] * 2,
    ),
    "invite-out": (
        ["CSIPInviteDialogAssoc.NewL", "SendInviteL", "IncomingResponse", "IncomingResponse", "SendAckL", "SendByeL",
         "IncomingResponse", "InviteCompleted", "delete CSIPClientTransaction"],
        [
            "alice>bob INVITE", "bob>alice 180 INVITE", "bob>alice 200 INVITE", "alice>bob ACK", "alice>bob BYE",
            "bob>alice 200 BYE",
        ],
    ),
    "connection": (
        ["SendRequestL", "ConnectionStateChanged", "RefreshConnection", "ConnectionStateChanged", "SendRequestL",
         "IncomingResponse"],
        ["alice>bob MESSAGE", "bob>alice 200 MESSAGE"] * 2,
    ),
}  # fmt: skip


@pytest.mark.covers("SY101")
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_shows_calls_callbacks_and_messages(name: str):
    trace = sipsim.run(f"symbian-{name}", seed=7)
    lane, messages = FIGURES[name]
    assert [record.data["name"] for record in trace.select("api")] == START + lane
    assert wire(trace) == messages
    assert "API" in trace.ladder().to_text() and f"{{sip-ladder}} symbian-{name}\n" in PAGE.read_text()


@pytest.mark.covers("SY101", "SY18", "R22")
def test_a_message_out_is_repeated_until_its_late_100_and_freed_by_its_200():
    trace = sipsim.run("symbian-message-out", seed=7)
    assert trace.result["codes"] == [100, 200] and not trace.check()
    assert wire(trace)[-2:] == ["bob>alice 100 MESSAGE", "bob>alice 200 MESSAGE"]
    assert [record.data["name"] for record in trace.select("api")] == [
        *START, "SendRequestL", "IncomingResponse", "IncomingResponse", "delete CSIPClientTransaction",
    ]  # fmt: skip
    assert "{sip-ladder} symbian-message-out\n" in PAGE.read_text()


@pytest.mark.covers("SY68")
@pytest.mark.breaks("ACK-02")
def test_an_application_that_forgets_its_ack_gets_the_200_until_it_hangs_up():
    trace = sipsim.run("symbian-invite-out", seed=7, acknowledges=False)
    lane = [record.data["name"] for record in trace.select("api")]
    assert "SendAckL" not in lane and lane.count("IncomingResponse") == 3  # of copies nobody hears
    assert wire(trace).count("bob>alice 200 INVITE") > 3 and "alice>bob ACK" not in wire(trace)


@pytest.mark.covers("SY29", "SY94")
def test_what_the_figures_give_back():
    assert sipsim.run("symbian-close", seed=7).result["update"] == "KErrSIPResourceNotAvailable"
    assert sipsim.run("symbian-connection", seed=7).result["reason"] == -17707
    assert sipsim.run("symbian-invite-out", seed=7).result["dialog"] == "ETerminated"
