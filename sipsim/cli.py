"""The command line: `sipsim list`, `run`, `sweep`, `ladder`, `check` and `explain`, with the words of the Python API.

Exit status: 0 done, 1 the story failed, 2 usage or unreadable input.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sipsim.errors import SipError, UsageError
from sipsim.lab.catalogue import catalogue
from sipsim.lab.run import run
from sipsim.lab.scenario_file import scenario_named
from sipsim.lab.sweep import as_csv, sweep
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.trace.checker.rule import MUST, UNSEEN
from sipsim.trace.files import load, read
from sipsim.trace.saving import write
from sipsim.trace.sentences import printable
from sipsim.trace.trace import Trace
from sipsim.version import __version__

LADDERS, TRACES = tuple(Ladder.formats), (".jsonl", ".pcap", ".pcapng")
DONE, FAILED, UNUSABLE = 0, 1, 2


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

    listing = commands.add_parser("list", help="the scenarios of the catalogue")
    listing.add_argument("--json", action="store_true", help="as JSON, with parameters")
    listing.set_defaults(command=_list)

    running = commands.add_parser("run", help="run a scenario and show its ladder")
    _add_scenario(running, "value", "a parameter of the scenario, the default link or a timer; may be repeated")
    running.add_argument("--network", choices=("memory", "udp"), default="memory", help="udp: live sockets on loopback")
    running.add_argument("--speed", type=float, metavar="X", help="simulated seconds a second of wall clock")
    running.add_argument(
        "--ladder", action="append", default=[], metavar="FILE", help=f"write the ladder: {' '.join(LADDERS)}"
    )
    running.add_argument("--save", action="append", default=[], metavar="FILE", help="write the trace: .jsonl, .pcap")
    running.add_argument("--check", action="store_true", help="say which rules of the RFCs were broken; 1 for a MUST")
    running.add_argument("--quiet", action="store_true", help="no ladder on the terminal")
    running.set_defaults(command=_run)

    sweeping = commands.add_parser("sweep", help="run a scenario at many points, as a table")
    _add_scenario(sweeping, "A,B,C", "the values that a parameter takes; may be repeated")
    sweeping.add_argument("--replications", type=int, default=1, metavar="N", help="runs at each point (1)")
    sweeping.add_argument("-o", "--output", metavar="FILE.csv", help="where to write; otherwise the terminal")
    sweeping.set_defaults(command=_sweep)

    drawing = commands.add_parser("ladder", help="draw a saved trace or a capture")
    drawing.add_argument("file", metavar="FILE", help="a .jsonl, .pcap or .pcapng file")
    drawing.add_argument("-o", "--output", metavar="FILE", help="where to write, by suffix; otherwise the terminal")
    drawing.set_defaults(command=_ladder)

    checking = commands.add_parser("check", help="say what in a trace or a capture breaks the RFCs")
    checking.add_argument("file", metavar="FILE", help="a .jsonl, .pcap or .pcapng file")
    checking.add_argument("--json", action="store_true", help="as JSON")
    checking.set_defaults(command=_check)

    explaining = commands.add_parser("explain", help="say what messages, or response codes, mean")
    explaining.add_argument("file", metavar="FILE|CODE", help="a trace, a capture, a message or - for it; or 486")
    explaining.add_argument("--message", type=int, metavar="N", help="only the message with this number")
    explaining.add_argument("--json", action="store_true", help="as JSON")
    explaining.set_defaults(command=_explain)
    return top


def _add_scenario(command: argparse.ArgumentParser, form: str, meaning: str) -> None:
    command.add_argument("scenario", metavar="NAME|FILE.py[:FUNCTION]", help="a catalogue name, or a story of your own")
    command.add_argument("-p", dest="parameters", action="append", default=[], metavar=f"KEY={form}", help=meaning)
    command.add_argument("--seed", type=int, default=1, metavar="N", help="what all chance comes from (1)")


def _list(options: argparse.Namespace) -> int:
    entries = [scenario.about() for scenario in catalogue().values()]
    if options.json:
        print(json.dumps(entries, indent=2))
    else:
        width = max(len(entry["name"]) for entry in entries)
        for entry in entries:
            where = "" if entry["live"] else ", in memory only"
            print(f"{entry['name']:<{width}}  {entry['title']} ({entry['rfc']}{where})")
    return DONE


def _run(options: argparse.Namespace) -> int:
    wanted(options.ladder, LADDERS)
    wanted(options.save, TRACES)
    parameters = {name: read_value(text) for name, text in pairs(options.parameters)}
    try:
        scenario = scenario_named(options.scenario)
        trace = run(scenario, seed=options.seed, network=options.network, speed=options.speed, **parameters)
    except Exception as error:  # whatever left the story: what it led to is drawn and saved all the same
        kept = getattr(error, "trace", None)
        if not isinstance(kept, Trace):
            raise
        trace = kept
        print(f"sipsim: the story failed: {type(error).__name__}: {printable(str(error))}", file=sys.stderr)
        status = FAILED
    else:
        status = DONE
    ladder = Ladder(trace)
    if not options.quiet:
        show(ladder)
    for path in options.ladder:
        ladder.save(path)
    for path in options.save:
        trace.save(path)
    if options.check:
        status = report(trace, meant=scenario.breaks, failed=status == FAILED) or status
    return status


def _sweep(options: argparse.Namespace) -> int:
    grid = {name: [read_value(part) for part in text.split(",")] for name, text in pairs(options.parameters)}
    rows = sweep(scenario_named(options.scenario), grid, replications=options.replications, seed=options.seed)
    if options.output:
        write(options.output, as_csv(rows).encode("utf-8", "backslashreplace"))
        print(f"{len(rows)} runs in {options.output}")
    else:
        sys.stdout.write(as_csv(rows))
    failed = [row["error"] for row in rows if not row["ok"]]
    if failed:
        print(f"sipsim: {len(failed)} of {len(rows)} runs failed; the first: {printable(failed[0])}", file=sys.stderr)
    return FAILED if failed else DONE


def _ladder(options: argparse.Namespace) -> int:
    ladder = Ladder(load(options.file))
    if options.output:
        ladder.save(options.output)
    else:
        show(ladder)
    return DONE


def _check(options: argparse.Namespace) -> int:
    return report(load(options.file), as_json=options.json)


def report(trace: Trace, *, as_json: bool = False, meant: Sequence[str] = (), failed: bool = False) -> int:
    """Print what in a trace breaks the RFCs; the status is 1 where a MUST was broken.

    `meant` are the rules that its scenario breaks on purpose; `failed` says that its story came to no end.
    """
    findings = trace.check()
    if as_json:
        print(json.dumps([finding.as_dict() for finding in findings], indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            print(f"{finding}: the scenario means it" if finding.rule in meant else finding)
        if all(finding.severity == UNSEEN for finding in findings):
            where = " in what can be seen" if findings else ""
            print(f"no rule is broken{where}" + (" until the story failed" if failed else ""))
    return FAILED if any(finding.severity == MUST and finding.rule not in meant for finding in findings) else DONE


def _explain(options: argparse.Namespace) -> int:
    from sipsim.teaching.explain import as_text, code_as_text, explain, explain_code

    if options.file.isdecimal() and not Path(options.file).exists():
        about = explain_code(int(options.file))
        print(json.dumps(about, indent=2, ensure_ascii=False) if options.json else code_as_text(about))
        return DONE
    trace = read(sys.stdin.buffer.read()) if options.file == "-" else load(options.file)
    found = explain(trace, options.message)
    print(json.dumps(found, indent=2, ensure_ascii=False) if options.json else as_text(found))
    return DONE


def show(ladder: Ladder) -> None:
    """Print a ladder as wide as the terminal is, in ASCII where it knows nothing else."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "─▶╳·".encode(encoding)
        plain = False
    except UnicodeEncodeError:
        plain = True
    width = max(60, min(os.get_terminal_size().columns, 140)) if sys.stdout.isatty() else 100
    print(ladder.to_text(width=width, ascii=plain))


def wanted(paths: Sequence[str], suffixes: Sequence[str]) -> None:
    """`UsageError` for a file of a kind that can't be written: before the run, not after it."""
    for path in paths:
        if Path(path).suffix.lower() not in suffixes:
            raise UsageError(f"path={path!r}: its suffix says how it is written; there are {', '.join(suffixes)}")


def pairs(texts: Sequence[str]) -> list[tuple[str, str]]:
    """`KEY=VALUE` arguments in two halves."""
    found = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"-p: {text!r} is no KEY=VALUE")
        found.append((name.strip().replace("-", "_"), value))
    return found


def read_value(text: str) -> Any:
    """A value as the command line means it: whole number, number, true, false, none, else text."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
