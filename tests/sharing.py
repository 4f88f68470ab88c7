"""How several processes share the suite: by files, as the tests of one share fixtures; one process drives browsers.

Marks that name groups would say the same, but pytest 9.2 forgets what pytest-xdist 3.8 makes of them.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

BROWSERS = "tests/browser"


class ByFiles(LoadScopeScheduling):
    """Hands out the tests of a file together, and all that drive a browser."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return BROWSERS if file.startswith(BROWSERS) else file
