"""`sipsim ladder`, and the options about ladders that `sipsim run` has too."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from sipsim.cli.words import DONE, FAILED, add_file, opened
from sipsim.errors import UsageError
from sipsim.lab.written import call_named, listed, pairs
from sipsim.pictures.formats import format_of
from sipsim.pictures.ladder.ladder import Ladder
from sipsim.pictures.stored import difference

SUFFIXES = " ".join(Ladder.formats)


def add(commands: Any) -> None:
    """The command `ladder`."""
    drawing = commands.add_parser("ladder", help="draw a saved trace or a capture")
    add_file(drawing)
    add_outputs(drawing, "-o", "--output")
    drawing.add_argument("--json", action="store_true", help="its columns and messages as JSON, instead of the text")
    add_choices(drawing)
    drawing.set_defaults(command=_ladder)


def add_outputs(command: argparse.ArgumentParser, *flags: str) -> None:
    """Options that say where ladders go."""
    command.add_argument(
        *flags, dest="ladder", action="append", default=[], metavar="FILE", help=f"write the ladder: {SUFFIXES}"
    )
    command.add_argument(
        "--same-as", action="append", default=[], metavar="PICTURE",
        help="1 where that stored ladder isn't the one that would be written now, and how it differs",
    )  # fmt: skip


def add_choices(command: argparse.ArgumentParser) -> None:
    """Options that say what a ladder shows, and how it looks."""
    shown = command.add_argument_group("what the ladder shows")
    shown.add_argument("--title", metavar="TEXT", help="what stands above it")
    shown.add_argument("--names", action="append", metavar="ADDRESS=NAME,...", help="other names for columns")
    shown.add_argument("--columns", action="append", metavar="A,B", help="the columns that come first, left to right")
    shown.add_argument("--only-columns", action="store_true", help="no others, nor what they say")
    shown.add_argument("--call", action="append", metavar="N|CALL-ID", help="one call; may be repeated")
    shown.add_argument("--filter", action="append", metavar="EXPR", help="INVITE, '200 INVITE', 4xx, 'alice -> proxy'")
    shown.add_argument("--group", choices=("call",), help="each call by itself")
    shown.add_argument("--color", choices=("kind", "call", "transaction"), help="what colours tell apart")
    shown.add_argument("--repeats", choices=("each", "folded"), help="draw each copy, or count them")
    shown.add_argument("--marks", action="append", metavar="A,B", help="transactions, dialogs, timers, reasons")
    shown.add_argument("--details", action="append", metavar="A,B", help="gaps, codecs, calls, counts")
    shown.add_argument("--findings", action="store_true", help="mark what breaks the RFCs")
    shown.add_argument("--appendix", choices=("headers", "messages"), help="messages in full, below")
    shown.add_argument("--max-rows", metavar="N|none", help="how many rows are drawn at most (500)")
    looks = command.add_argument_group("how the ladder looks")
    looks.add_argument("--theme", metavar="NAME", help="of pictures: light, dark, print, or auto in SVG")
    looks.add_argument("--dpi", type=float, metavar="N", help="of PNG (144)")
    looks.add_argument("--width", type=int, metavar="N", help="of text, in characters")
    looks.add_argument("--ascii", action="store_true", help="text in no other characters than ASCII")


def chosen(options: argparse.Namespace) -> dict[str, Any]:
    """The keywords of `Ladder` that were given."""
    rows = options.max_rows
    if rows is not None and rows.lower() != "none" and not rows.isdecimal():
        raise UsageError(f"--max-rows: {rows!r} is neither a number nor none")
    calls = [call_named(call) for call in options.call or ()]
    wishes = {
        "title": options.title,
        "names": dict(pairs(listed(*options.names or ()), "--names")),
        "columns": listed(*options.columns or ()),
        "call": calls,
        "filter": options.filter,
        "group": options.group,
        "color": options.color,
        "repeats": options.repeats,
        "marks": listed(*options.marks or ()),
        "details": listed(*options.details or ()),
        "findings": options.findings,
        "appendix": options.appendix,
    }
    given = {name: value for name, value in wishes.items() if value}
    limit = {} if rows is None else {"max_rows": int(rows) if rows.isdecimal() else None}
    return {**given, **({"others": False} if options.only_columns else {}), **limit}


def looks(options: argparse.Namespace) -> dict[str, Any]:
    """The options of formats that were given."""
    found = {name: getattr(options, name) for name in ("theme", "dpi", "width", "ascii")}
    return {name: value for name, value in found.items() if value is not None and value is not False}


def check_outputs(options: argparse.Namespace, on_terminal: bool) -> None:
    """UsageError for a file of an unknown kind, or an option that no output takes: before the run, not after it."""
    forms = [format_of(Ladder.formats, path, Ladder.noun, ()) for path in [*options.ladder, *options.same_as]]
    taken = {name for form in forms for name in form.options} | ({"width", "ascii"} if on_terminal else set())
    for name in looks(options):
        if name not in taken:
            raise UsageError(f"--{name}: nothing is written that takes it")


def deliver(ladder: Ladder, options: argparse.Namespace, on_terminal: bool) -> dict[str, list[str]]:
    """Write a ladder wherever it's wanted; what is stale of stored pictures, with how it differs."""
    if on_terminal:
        show(ladder, options.width, options.ascii)
    for path in options.ladder:
        ladder.save(path, **fitting(path, options))
    compared = {path: difference(ladder, path, **fitting(path, options)) for path in options.same_as}
    return {path: lines for path, lines in compared.items() if lines}


def fitting(path: str, options: argparse.Namespace) -> dict[str, Any]:
    """Of the given options those that the format of `path` takes."""
    form = format_of(Ladder.formats, path, Ladder.noun, ())
    return {name: value for name, value in looks(options).items() if name in form.options}


def complain(stale: dict[str, list[str]]) -> int:
    """Say which stored pictures are stale, and how they differ; the status."""
    for path, lines in stale.items():
        print(f"{path} is stale:", *lines, sep="\n")
    return FAILED if stale else DONE


def as_data(ladder: Ladder) -> dict[str, Any]:
    """A ladder as plain values: its columns, and its rows as they began, each with its kind."""
    kinds = {"Arrow": "message", "Bar": "media"}
    rows = [{"kind": kinds.get(type(row).__name__, "mark"), **asdict(row)} for row in ladder.rows]
    columns, sections = ([asdict(one) for one in many] for many in (ladder.columns, ladder.model.sections))
    return {"title": ladder.title, "foot": ladder.foot, "columns": columns, "rows": rows, "sections": sections}


def show(ladder: Ladder, width: int | None = None, ascii: bool = False) -> None:
    """Print a ladder as wide as the terminal is, in ASCII where it knows nothing else."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "─▶╳·".encode(encoding)
    except UnicodeEncodeError:
        ascii = True
    if width is None:
        width = max(60, min(os.get_terminal_size().columns, 140)) if sys.stdout.isatty() else 100
    print(ladder.to_text(width=width, ascii=ascii))


def _ladder(options: argparse.Namespace) -> int:
    on_terminal = not (options.ladder or options.same_as or options.json)
    check_outputs(options, on_terminal)
    ladder = Ladder(opened(options.file), **chosen(options))
    stale = deliver(ladder, options, on_terminal)
    if not options.json:
        return complain(stale)
    print(
        json.dumps({**as_data(ladder), **({"stale": stale} if options.same_as else {})}, indent=2, ensure_ascii=False)
    )
    return FAILED if stale else DONE
