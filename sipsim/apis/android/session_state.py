"""`SipSession.State`: what a session is doing."""

from __future__ import annotations


class State:
    """The states of a session, in the numbers of the original; `toString` gives a state's name."""

    READY_TO_CALL = 0
    REGISTERING = 1
    DEREGISTERING = 2
    INCOMING_CALL = 3
    INCOMING_CALL_ANSWERING = 4
    OUTGOING_CALL = 5
    OUTGOING_CALL_RING_BACK = 6
    OUTGOING_CALL_CANCELING = 7
    IN_CALL = 8
    PINGING = 9
    ENDING_CALL = 10
    NOT_DEFINED = 101

    @staticmethod
    def toString(state: int) -> str:
        """The name of a state, "NOT_DEFINED" for what is none."""
        return NAMES.get(state, "NOT_DEFINED")


NAMES = {value: name for name, value in vars(State).items() if isinstance(value, int)}
