"""Words within source that another program reads: which of them stay as they are.

Mermaid, PlantUML and Markdown give a meaning to nearly every mark, some of them anywhere in a line. So no list of
dangerous marks is kept: all of ASCII is escaped except letters, digits, single spaces, a mark that joins two words,
and brackets around words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sipsim.pictures.lettering import visible

_WORD = r"[^\W_]"
_HARMLESS = (
    rf"(?<={_WORD})[-.](?={_WORD})",  # joins two words
    rf"(?<={_WORD}),(?={_WORD}| {_WORD})",
    rf"(?<=\)),(?= {_WORD})",
    r"(?<=\S) (?=\S)",
    rf"(?<= )\((?={_WORD})",
    rf"(?<={_WORD})\)(?=[ ,]|$)",
)
_MARKS = re.compile(rf"{'|'.join(_HARMLESS)}|([ -/:-@\[-`{{-~])")
LONGEST = 300
"""Characters of one text: what's longer ends in an ellipsis, since these programs refuse long sources as a whole."""


def quoted(text: str, escape: Callable[[str], str]) -> str:
    """`text` made visible; what could mean something goes through `escape`, character by character."""
    shown = visible(text)
    if len(shown) > LONGEST:
        shown = shown[:LONGEST] + "…"
    return _MARKS.sub(lambda found: escape(found[1]) if found[1] else found[0], shown)
