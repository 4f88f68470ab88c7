"""The scenarios about media: what arrives, and which keys are heard."""

from __future__ import annotations

import pytest

import sipsim


@pytest.mark.covers("P08")
@pytest.mark.parametrize("how", ["packets", "flow"])
def test_the_media_of_a_call_are_counted(how: str) -> None:
    """Five seconds of packets, one in ten lost; the bar in the ladder says so, and that they do not pass the proxy."""
    clear = sipsim.run("media", how=how)
    assert clear.result["missing"] == 0 and clear.result["received"] == pytest.approx(250, abs=1)
    lossy = sipsim.run("media", how=how, loss=0.1, jitter=0.01, seed=3)
    assert lossy.result["missing"] == pytest.approx(25, abs=15)
    assert lossy.result["jitter"] == pytest.approx(0.0033, abs=0.0015)
    (bar,) = [row for row in lossy.ladder().rows if hasattr(row, "expected")]
    assert {bar.source, bar.target} == {"alice", "bob"}
    assert "% lost" in bar.text and "% lost" in str(lossy.ladder())


@pytest.mark.parametrize("by", ["rtp", "info"])
def test_keys_are_heard_in_their_order(by: str) -> None:
    trace = sipsim.run("dtmf", by=by, keys="0421*#")
    assert trace.result["digits"] == "0421*#"
    assert trace.check() == []
    with pytest.raises(sipsim.UsageError, match="keys"):
        sipsim.run("dtmf", keys="1,2")
