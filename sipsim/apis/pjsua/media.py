"""What two descriptions come to, in pjsua's words: who holds a call, and which way media flow."""

from __future__ import annotations

from sipsim.apis.pjsua.constants import MediaDir, MediaState
from sipsim.elements.calls.call import Call
from sipsim.protocol.offer_answer import streams

DIRECTIONS = {
    "sendrecv": MediaDir.ENCODING_DECODING,
    "sendonly": MediaDir.ENCODING,
    "recvonly": MediaDir.DECODING,
    "inactive": MediaDir.NULL,
}


def media_of(call: Call) -> tuple[int, int]:
    """The `MediaState` and `MediaDir` of a call's first stream, once there are both descriptions."""
    local, remote = call.local_sdp, call.remote_sdp
    found = [] if local is None or remote is None else list(streams(local, remote))
    if not found:
        return MediaState.NULL, MediaDir.NULL
    direction = found[0].direction
    if direction == "sendrecv":
        state = MediaState.ACTIVE
    else:
        state = MediaState.LOCAL_HOLD if call.direction == "sendonly" else MediaState.REMOTE_HOLD
    return state, DIRECTIONS[direction]
