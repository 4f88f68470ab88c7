"""Run the benchmarks that are named, or all, and end with a table; exit 1 where a target is missed.

python -m bench [apis] [calls] [digest] [growth] [media] [memory] [parsing] [pictures] [sweep] [timers] [watchers]
"""

from __future__ import annotations

import sys

from bench import apis, calls, digest, growth, media, memory, parsing, pictures, sweep, timers, watchers
from bench.figures import Figure, build, show, table

ALL = {"parsing": parsing.figures, "timers": timers.figures, "calls": calls.figures, "apis": apis.figures,
       "digest": digest.figures, "media": media.figures, "memory": memory.figures, "growth": growth.figures,
       "pictures": pictures.figures, "sweep": sweep.figures,
       "watchers": watchers.figures}  # fmt: skip


def main(names: list[str]) -> int:
    """Run them; 0 when every target is met, 1 when one is missed, 2 for a name that is none."""
    if unknown := [name for name in names if name not in ALL]:
        print(f"{unknown[0]}: no such benchmark; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    found: list[Figure] = []
    for name in names or ALL:
        for figure in ALL[name]():
            show(figure)
            found.append(figure)
    print(f"\n{build()}\n{table(found)}")
    return int(any(figure.missed for figure in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
