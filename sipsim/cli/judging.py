"""`sipsim check` and `explain`: what breaks the RFCs, and what messages and codes mean."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sipsim.cli.words import DONE, FAILED, add_file, opened
from sipsim.trace.checker.rule import MUST, UNSEEN
from sipsim.trace.trace import Trace


def add(commands: Any) -> None:
    """The commands `check` and `explain`."""
    checking = commands.add_parser("check", help="say what in a trace or a capture breaks the RFCs")
    add_file(checking)
    checking.add_argument("--json", action="store_true", help="as JSON")
    checking.set_defaults(command=_check)

    explaining = commands.add_parser("explain", help="say what messages, or response codes, mean")
    explaining.add_argument("file", metavar="FILE|CODE", help="a trace, a capture, a message or - for it; or 486")
    explaining.add_argument("--message", type=int, metavar="N", help="only the message with this number")
    explaining.add_argument("--json", action="store_true", help="as JSON")
    explaining.set_defaults(command=_explain)


def _check(options: argparse.Namespace) -> int:
    return report(opened(options.file), as_json=options.json)


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
    trace = opened(options.file)
    found = explain(trace, options.message)
    print(json.dumps(found, indent=2, ensure_ascii=False) if options.json else as_text(found))
    return DONE
