"""I12 and I13: what our elements send keeps to the RFCs, and the same plan gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

import rules_kept
from campaign.stage import Stage

from sipsim.trace import jsonl


def keeps_to_the_rfcs(stage: Stage) -> Iterator[str]:
    """The checker has nothing to say about any of our elements."""
    yield from rules_kept.complaints([stage.lab], [])


def same_again(stage: Stage) -> Iterator[str]:
    """A second run of the same plan, with somebody watching it, is the same byte for byte."""
    again = Stage(stage.plan)
    again.lab.trace.subscribe(lambda id: None)
    again.run()
    one, other = jsonl.dump(stage.lab.trace), jsonl.dump(again.lab.trace)
    if one != other:
        pairs = enumerate(zip(one.splitlines(), other.splitlines(), strict=False))
        yield f"another run of this plan differs, first in record {next((n for n, (a, b) in pairs if a != b), 'n + 1')}"
