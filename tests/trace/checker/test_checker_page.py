"""The page of the checker in the documentation lists the rules that there are.

`python tests/trace/checker/test_checker_page.py` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sipsim.trace.checker.check import RULES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "checker.md"
BEGINNING = """\
# What breaks the RFCs

`trace.check()` reads a trace, of a run or of a capture, and says what in it the RFCs do not allow; `sipsim check FILE`
does the same for a file, `sipsim run NAME --check` for a run.

```python
for finding in sipsim.load("capture.pcap").check():
    print(finding)  # alice, message 7: ... (EXT-16, MUST, RFC 4028 §7.3)
trace.check(rules=["OAN", "EXT-02"])  # groups of rules, and single ones
trace.check(passwords={"bob": "secret"})  # so that digests can be made again (AUT-04)
trace.ladder(findings=True)  # on the arrows concerned
```

A finding has its `rule`, `severity` (MUST or SHOULD), `rfc`, `text`, `messages` (the numbers on their arrows) and
`element`. Of a capture less is known than of a run: when a message arrived, whether something is missing, what an
element had to remember. What can't be told is no finding. A scenario that breaks a rule on purpose says so
(`breaks=` of `@scenario`).
"""


def written() -> str:
    return "\n".join([BEGINNING, *table(), ""])


def table() -> Iterator[str]:
    yield f"The {len(RULES)} rules:"
    yield ""
    yield "| rule | | asks for | RFC |"
    yield "|---|---|---|---|"
    for rule in RULES.values():
        yield f"| {rule.id} | {rule.severity} | {rule.text.strip()} | {rule.rfc} |"


def test_the_page_in_the_documentation_lists_the_rules_of_today() -> None:
    assert PAGE.read_bytes().decode() == written()


if __name__ == "__main__":
    PAGE.write_bytes(written().encode())
