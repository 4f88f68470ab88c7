"""Words of the command line that several commands share: exit statuses, what is run, what is read."""

from __future__ import annotations

import argparse
import sys

from sipsim.trace.files import load, read
from sipsim.trace.trace import Trace

DONE, FAILED, UNUSABLE = 0, 1, 2


def add_scenario(command: argparse.ArgumentParser, form: str, meaning: str) -> None:
    """The arguments that say what is run."""
    command.add_argument("scenario", metavar="NAME|FILE.py[:FUNCTION]", help="a catalogue name, or a story of your own")
    command.add_argument("-p", dest="parameters", action="append", default=[], metavar=f"KEY={form}", help=meaning)
    command.add_argument("--seed", type=int, default=1, metavar="N", help="what all chance comes from (1)")


def add_file(command: argparse.ArgumentParser) -> None:
    """The argument that says what is read."""
    command.add_argument("file", metavar="FILE", help="a .jsonl, .pcap or .pcapng file, or - for standard input")


def opened(file: str) -> Trace:
    """The trace in a file, or in what comes from standard input."""
    return read(sys.stdin.buffer.read()) if file == "-" else load(file)
