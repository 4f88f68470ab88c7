"""Programs that others wrote and that some tests talk to: SIPp, Kamailio, tshark, Chromium and so on.

    @needs("sipp")                      # on a test, a class, or a module's `pytestmark`
    def test_a_call_from_sipp(): ...
        subprocess.run([program("sipp"), ...])

A test whose program is not there is skipped, and the run's last lines name the program and how to get it.
Where CI=true nothing may be left out in silence: there the test fails instead.
"""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

PACKAGES = {
    "sipp": "sip-tester",
    "sipsak": "sipsak",
    "baresip": "baresip-core",
    "kamailio": "kamailio",
    "sqlite3": "sqlite3",
    "tshark": "tshark",
    "chromium": "chromium",
}
"""The Debian package of each program; `make peers` installs them all."""

# Servers live in sbin, which is seldom on a user's path.
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])

NOT_FOUND = "program not found: "


def needs(*programs: str) -> pytest.MarkDecorator:
    """Marks a test that runs these programs (keys of `PACKAGES`)."""
    unknown = [name for name in programs if name not in PACKAGES]
    assert not unknown, f"no package known for {', '.join(unknown)}; known: {', '.join(PACKAGES)}"
    return pytest.mark.peer(*programs)


def find(name: str) -> str | None:
    """The path of a program, None when it is not installed."""
    return shutil.which(name, path=SEARCH)


def program(name: str) -> str:
    """The path of a program; without it the running test is skipped, under CI=true it fails."""
    path = find(name)
    return path if path is not None else not_run(NOT_FOUND + name)


def not_run(reason: str) -> NoReturn:
    """Ends the running test for want of something: skipped and named in the summary, failed under CI=true."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{reason} (not skipped, because CI=true)", pytrace=False)
    pytest.skip(reason, allow_module_level=True)
