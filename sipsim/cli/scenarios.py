"""`sipsim list`, `run` and `sweep`: what there is to run, and running it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sipsim.cli.judging import report
from sipsim.cli.ladders import add_choices, add_outputs, check_outputs, chosen, complain, deliver
from sipsim.cli.words import DONE, FAILED, add_scenario
from sipsim.errors import UsageError
from sipsim.lab.catalogue import catalogue
from sipsim.lab.run import run
from sipsim.lab.scenario_file import scenario_named
from sipsim.lab.sweep import as_csv, sweep
from sipsim.lab.written import parameters, read_value
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.trace.saving import SUFFIXES, write
from sipsim.trace.sentences import printable
from sipsim.trace.trace import Trace


def add(commands: Any) -> None:
    """The commands `list`, `run` and `sweep`."""
    listing = commands.add_parser("list", help="the scenarios of the catalogue")
    listing.add_argument("--json", action="store_true", help="as JSON, with parameters")
    listing.set_defaults(command=_list)

    running = commands.add_parser("run", help="run a scenario and show its ladder")
    add_scenario(running, "value", "a parameter of the scenario, the default link or a timer; may be repeated")
    running.add_argument("--network", choices=("memory", "udp"), default="memory", help="udp: live sockets on loopback")
    running.add_argument("--speed", type=float, metavar="X", help="simulated seconds a second of wall clock")
    add_outputs(running, "--ladder")
    running.add_argument("--save", action="append", default=[], metavar="FILE", help="write the trace: .jsonl, .pcap")
    running.add_argument("--check", action="store_true", help="say which rules of the RFCs were broken; 1 for a MUST")
    running.add_argument("--quiet", action="store_true", help="no ladder on the terminal")
    add_choices(running)
    running.set_defaults(command=_run)

    sweeping = commands.add_parser("sweep", help="run a scenario at many points, as a table")
    add_scenario(sweeping, "A,B,C", "the values that a parameter takes; may be repeated")
    sweeping.add_argument("--replications", type=int, default=1, metavar="N", help="runs at each point (1)")
    sweeping.add_argument("-o", "--output", metavar="FILE.csv", help="where to write; otherwise the terminal")
    sweeping.set_defaults(command=_sweep)


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
    check_outputs(options, not options.quiet)
    for path in options.save:
        if Path(path).suffix.lower() not in SUFFIXES:
            raise UsageError(f"path={path!r}: its suffix says how it is written; there are {', '.join(SUFFIXES)}")
    scenario = scenario_named(options.scenario)
    given = scenario.read(dict(parameters(options.parameters, "-p")))
    try:
        trace = run(scenario, seed=options.seed, network=options.network, speed=options.speed, **given)
    except Exception as error:  # whatever left the story: what it led to is drawn and saved all the same
        kept = getattr(error, "trace", None)
        if not isinstance(kept, Trace):
            raise
        trace = kept
        print(f"sipsim: the story failed: {type(error).__name__}: {printable(str(error))}", file=sys.stderr)
        status = FAILED
    else:
        status = DONE
    for path in options.save:
        trace.save(path)
    stale = deliver(Ladder(trace, **chosen(options)), options, not options.quiet)
    status = max(status, complain(stale))
    if options.check:
        status = report(trace, meant=scenario.breaks, failed=status == FAILED) or status
    return status


def _sweep(options: argparse.Namespace) -> int:
    scenario, texts = scenario_named(options.scenario), parameters(options.parameters, "-p")
    own = scenario.parameters
    grid = {name: [read_value(part, own.get(name)) for part in text.split(",")] for name, text in texts}
    rows = sweep(scenario, grid, replications=options.replications, seed=options.seed)
    if options.output:
        write(options.output, as_csv(rows).encode("utf-8", "backslashreplace"))
        print(f"{len(rows)} runs in {options.output}")
    else:
        sys.stdout.write(as_csv(rows))
    failed = [row["error"] for row in rows if not row["ok"]]
    if failed:
        print(f"sipsim: {len(failed)} of {len(rows)} runs failed; the first: {printable(failed[0])}", file=sys.stderr)
    return FAILED if failed else DONE
