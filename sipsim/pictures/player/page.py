"""One HTML file that plays a ladder: script, style and data in it, and a policy that lets it reach nothing else.

What came off the wire stands in a JSON script element only, with every character escaped that could end it. The same
ladder gives the same bytes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from sipsim.pictures.display import TONES
from sipsim.pictures.player.pages import PREFIX
from sipsim.pictures.writers.svg import escape, toned_sheet

FOLDER = Path(__file__).resolve().parents[1]

# Tones beside those of the drawing: edges, what is pointed at, chosen, added and removed.
_MORE = {
    "edge": ("#d5dae0", "#353d46"),
    "hover": ("#eef2f6", "#2a323b"),
    "chosen": ("#e3f0f9", "#173247"),
    "accent": ("#0072b2", "#56b4e9"),
    "on-accent": ("#ffffff", "#0d1620"),
    "come": ("#e2f5ee", "#12362c"),
    "gone": ("#fbe9de", "#43230f"),
}

_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}

_BOOT = """
show(document.getElementById("player"), JSON.parse(document.getElementById("book").textContent));
"""

_LOOK = """
html { color-scheme: light dark; } body { margin: 0; background: #eef1f4; }
main { padding: 14px; height: 100vh; height: 100dvh; box-sizing: border-box; }
main .sipsim-player { height: 100%; } main .sipsim-player .body { flex: 1; height: auto; }
@media (max-width: 810px) { main { height: auto; padding: 8px; } main .sipsim-player { height: auto; } }
@media (prefers-color-scheme: dark) { body { background: #0b0e11; } }
"""


def script() -> str:
    """The one script of the player."""
    return (FOLDER / "ladder.js").read_text(encoding="utf-8")


def style() -> str:
    """Its style sheet: tones for light and dark, the rules of the drawing, and how all else looks."""
    looks = (FOLDER / "ladder.css").read_text(encoding="utf-8")
    return f"{_tones('', 0)}\n{_tones('[data-theme=dark]', 1)}\n{toned_sheet(PREFIX)}\n{looks}"


def _tones(when: str, dark: int) -> str:
    tones = {**TONES, **_MORE}
    return f".sipsim-player{when}{{{''.join(f'--{PREFIX}{name}:{pair[dark]};' for name, pair in tones.items())}}}"


def page(book: dict[str, Any], still: str) -> str:
    """The HTML document for a book; `still` is the ladder as SVG, for readers without script."""
    code = script() + _BOOT
    digest = b64encode(sha256(code.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'"
    data = json.dumps(book, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}; form-action \'none\'">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(book['title'])}</title>\n<style>{style()}{_LOOK}</style>\n</head>\n<body>\n"
        f'<main><div id="player"></div><noscript>{still}</noscript></main>\n'
        f'<script type="application/json" id="book">{data}</script>\n<script type="module">{code}</script>\n'
        "</body>\n</html>\n"
    )
