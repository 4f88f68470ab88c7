"""Acts: the parts of a story that several scenarios share."""

from __future__ import annotations

from sipsim.elements.agents.user_agent import UserAgent
from sipsim.elements.calls.outgoing_call import OutgoingCall
from sipsim.elements.story import Story
from sipsim.lab.lab import Lab


def talk_until_hung_up(lab: Lab, call: OutgoingCall, who: UserAgent | OutgoingCall, talk: float) -> Story:
    """The answered part of a call: they talk for `talk` seconds, one side hangs up, and the other confirms.

    `who` hangs up: the phone that was called, or the call itself for the caller.
    """
    yield call.answered
    yield lab.env.timeout(talk)
    yield who.hang_up()
    yield call.ended
