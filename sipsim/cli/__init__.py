"""The command line: `sipsim list`, `run`, `sweep`, `ladder`, `check` and `explain`, with the words of the Python API.

Each module here holds the commands of one kind: their grammar, and what they do. Exit status: 0 done, 1 the story
failed, a MUST was broken or a stored picture is stale, 2 usage or unreadable input.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from sipsim.cli import judging, ladders, scenarios
from sipsim.cli.words import DONE, UNUSABLE
from sipsim.errors import SipError
from sipsim.trace.sentences import printable
from sipsim.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line (by default the process's own) and give the exit status."""
    options = parser().parse_args(arguments)
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # what the terminal can't show is escaped
    try:
        status: int = options.command(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return 130
    except (SipError, OSError) as error:
        print(f"sipsim: {printable(str(error))}", file=sys.stderr)
        return UNUSABLE
    return status


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = argparse.ArgumentParser(prog="sipsim", description="Run SIP, look at it, break it, and look again.")
    top.add_argument("--version", action="version", version=f"sipsim {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for room in (scenarios, ladders, judging):
        room.add(commands)
    return top
