"""How a call stands, in words, and what can be done with it."""

from __future__ import annotations

from sipsim.elements.calls.call import Call
from sipsim.elements.calls.incoming_call import IncomingCall
from sipsim.widgets.card import short


def waits(call: IncomingCall) -> bool:
    """Whether nobody has answered it yet; its half of the session is made for the answer."""
    return call.state in ("calling", "ringing") and call.local_sdp is None


def is_up(call: Call) -> bool:
    """Whether the session stands, so that it can be changed."""
    return call.state == "answered"


def is_placed(call: Call) -> bool:
    """Whether it can still be taken back: ours, and not answered."""
    return not isinstance(call, IncomingCall) and call.state in ("calling", "ringing")


def told(call: Call) -> tuple[str, str]:
    """How a call stands, as a tone and in words."""
    peer = short(call.peer)
    if call.state == "answered":
        stream = call.stream
        held = stream is not None and stream.direction != "sendrecv"
        return ("wait", f"on hold with {peer}") if held else ("good", f"in a call with {peer}")
    if call.state == "ending":
        return "wait", f"hanging up with {peer}"
    if isinstance(call, IncomingCall):
        return "wait", f"{peer} calls" if waits(call) else f"answered {peer}, no ACK yet"
    return "wait", f"{'waiting for' if call.state == 'ringing' else 'calling'} {peer}"
