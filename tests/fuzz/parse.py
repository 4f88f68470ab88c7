"""A long look for octets that the parser does not stand: python tests/fuzz/parse.py --seconds 60 [--seed N]

Mutates our examples and, where the samples are, the torture messages and the messages of the captures. What is
found is printed with its seed and written to build/fuzz/; exit status 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "message")]

from samples import FOLDER  # noqa: E402
from sip_octets import EXAMPLES, looked_at, many_accidents  # noqa: E402

SLOW = 0.2
"""Seconds of one input: as bad as an exception."""


def seeds() -> list[bytes]:
    """What to begin with."""
    torture = [path.read_bytes() for path in sorted(FOLDER.glob("vectors/rfc*/*.dat"))]
    captured = [octets for path in sorted(FOLDER.glob("captures/*.messages.jsonl")) for octets in captured_in(path)]
    return [*EXAMPLES, *torture, *captured]


def captured_in(path: Path) -> list[bytes]:
    """The messages of one capture."""
    messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [base64.b64decode(message["raw_b64"]) for message in messages if "raw_b64" in message]


def trouble(data: bytes) -> str:
    """What goes wrong with these octets, "" for nothing."""
    begun = time.process_time()
    try:
        looked_at(data)
    except Exception:
        return traceback.format_exc()
    took = time.process_time() - begun
    return f"took {took:.3f} s" if took > SLOW else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to look")
    parser.add_argument("--seed", type=int, default=None, help="the first seed; by default from the clock")
    arguments = parser.parse_args()
    beginnings = seeds()
    first = seed = time.time_ns() if arguments.seed is None else arguments.seed
    found = 0
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end:
        data = many_accidents(beginnings[seed % len(beginnings)], seed)
        if why := trouble(data):
            found += 1
            kept = ROOT / "build" / "fuzz" / f"parse-{seed}.bin"
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(data)
            print(f"seed {seed}: {kept}\n{data!r}\n{why}")
        seed += 1
    print(f"{seed - first} inputs from {len(beginnings)} messages, first seed {first}: {found} in trouble")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
