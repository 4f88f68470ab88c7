"""API lanes side by side: the same messages in each, and what was called and told between them."""

from __future__ import annotations

import pytest

from sipsim.apis import android
from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.lab.run import run
from sipsim.teaching.lanes import Lanes
from sipsim.trace.trace import Trace


def called(*, answers: float = 1.0) -> Trace:
    """A call by a program for Android."""
    lab = Lab(seed=3)
    bob = lab.user_agent("sip:bob@example.com", answers=answers)
    lab.names.add("example.com", bob.address)
    manager = android.SipManager.newInstance(android.Context(lab, "alice"))
    assert manager is not None
    me = android.SipProfile.Builder("alice", "example.com").build()
    manager.open(me)
    call = manager.makeAudioCall(me.getUriString(), "sip:bob@example.com", android.SipAudioCall.Listener(), 30)
    lab.run(until=5.0)
    call.endCall()
    trace: Trace = lab.run(until=10.0)
    return trace


def test_a_row_for_each_message_and_what_happens_between_them():
    one = called()
    lanes = Lanes({"one": one}, "alice")
    rows = {row.message: row.cells[0] for row in lanes.rows}
    assert list(rows) == ["", "INVITE ►", "◄ 180 Ringing", "◄ 200 OK", "ACK ►", "BYE ►"]
    assert rows[""][0] == "→ open(sip:alice@example.com)"
    assert rows["ACK ►"] == ("← onCallEstablished(SipAudioCall)", "→ endCall()")


def test_the_same_call_twice_and_its_text():
    lanes = Lanes({"one": called(), "other": called(answers=2.0)}, "alice")
    lines = str(lanes).splitlines()
    assert lines[0].split() == ["at", "alice", "one", "other"]
    (ringing,) = [line for line in lines if line.startswith("◄ 180 Ringing")]
    assert ringing.count("← onRingingBack(SipAudioCall)") == 2
    assert lanes._repr_html_().count("<tr>") == len(lanes.rows) + 1


def test_other_messages_are_refused():
    with pytest.raises(UsageError, match="message 2 at alice is ◄ 180 Ringing in one, ◄ 100 Trying in other"):
        Lanes({"one": called(), "other": run("cancel", seed=3)}, "alice")
    with pytest.raises(UsageError, match="by the name of its API"):
        Lanes({}, "alice")


def test_names_are_text_and_nothing_else():
    shown = Lanes({"<b>one</b>": called()}, "alice")._repr_html_()
    assert "<b>" not in shown and "&lt;b&gt;one" in shown


def test_what_can_not_stand_side_by_side_is_named():
    one = called()
    for traces, element, told in (
        ([one], "alice", "there must be one at least, by the name of its API"),
        ({"one": 3}, "alice", "traces: one is 3, which is no trace"),
        ({"one": one}, "alcie", "element='alcie': is not in one; there are .*alice"),
        ({"one": one}, None, "element=None: is not in one"),
    ):
        with pytest.raises(UsageError, match=told):
            Lanes(traces, element)  # type: ignore[arg-type]


def test_what_can_not_be_seen_is_shown_by_its_code():
    lab = Lab(seed=1)

    def script(peer):
        request = yield peer.receive("MESSAGE")
        peer.send(request.reply(200, "\u202eKO"))

    carol, bob = lab.peer("carol", script), lab.user_agent("sip:bob@example.com")
    lab.run(bob.message(str(carol.uri), "hello"))
    lab.trace.api(lab.env.now, "bob", "told", arguments=["\x1b[31m"], direction="callback")
    lanes = Lanes({"one": lab.trace}, "bob")
    assert lanes.rows[-1] == ("◄ 200 \\u202eKO", (("← told(\\x1b[31m)",),))
    assert str(lanes).replace("\n", "").isprintable()
