"""Traces that hypothesis makes up: any kinds of records, any octets, any text."""

from __future__ import annotations

from hypothesis import strategies as st
from recorded import ADDRESSES, INVITE, RINGING, Packet, new

from sipsim.errors import SipParseError
from sipsim.trace.trace import Trace

TEXT = st.text(st.characters(codec=None), max_size=12)  # lone surrogates included
NAMES = st.sampled_from(["alice", "proxy", "bob", "", "nobody ☎"])
OCTETS = st.one_of(st.sampled_from([INVITE, RINGING]), st.binary(max_size=40))
TIMES = st.floats(0, 1e6)
HOSTS = st.one_of(
    st.sampled_from(list(ADDRESSES.values())),
    st.tuples(st.ip_addresses().map(str), st.integers(0, 65535)),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e6, 1e6) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
DATA = st.dictionaries(st.sampled_from(["text", "aor", "expires", "q", "answer"]), VALUES, max_size=3)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """A trace with up to a dozen records of all kinds."""
    trace = new()
    trace.header.update(draw(st.dictionaries(st.sampled_from(["scenario", "seed", "parameters", "extra"]), VALUES)))
    trace.result = draw(DATA)
    for _ in range(draw(st.integers(0, 12))):
        trace.current = draw(st.integers(0, len(trace)))
        draw(st.sampled_from([_sent, _later, _unparsable, _ignored, _timer, _state, _other]))(trace, draw)
    return trace


def _sent(trace: Trace, draw: st.DrawFn) -> None:
    packet = Packet(draw(OCTETS), draw(HOSTS), draw(HOSTS), draw(st.sampled_from(["UDP", "TCP"])))
    trace.sent(draw(TIMES), draw(NAMES), packet, draw(st.integers(1, 11)))


def _later(trace: Trace, draw: st.DrawFn) -> None:
    if trace.counts["sent"]:
        sent = trace.message(draw(st.integers(1, trace.counts["sent"]))).id
        trace.delivered(draw(TIMES), draw(NAMES), sent, draw(st.none() | OCTETS))
        trace.lost(draw(TIMES), sent, draw(TEXT), draw(NAMES))
        trace.duplicated(draw(TIMES), sent)


def _unparsable(trace: Trace, draw: st.DrawFn) -> None:
    error = SipParseError(draw(TEXT), draw(st.integers(400, 599)), 2, 3, draw(TEXT))
    trace.unparsable(draw(TIMES), draw(NAMES), draw(st.integers(0, len(trace))), error)


def _ignored(trace: Trace, draw: st.DrawFn) -> None:
    trace.ignored(draw(TIMES), draw(NAMES), draw(TEXT), draw(TEXT))


def _timer(trace: Trace, draw: st.DrawFn) -> None:
    event = draw(st.sampled_from(["set", "fired", "stopped"]))
    trace.timer(draw(TIMES), draw(NAMES), event, "A", draw(TIMES), "INVITE client", draw(TEXT))


def _state(trace: Trace, draw: st.DrawFn) -> None:
    trace.state(draw(TIMES), draw(NAMES), *draw(st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)))


def _other(trace: Trace, draw: st.DrawFn) -> None:
    kind = draw(st.sampled_from(["story", "script", "note", "fault", "binding", "dns", "exercise"]))
    trace.add(kind, draw(TIMES), draw(NAMES), **draw(DATA))
