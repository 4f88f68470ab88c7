"""Reads from the text of `sipsim/` who imports what, in which function, and whether only for type hints."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parents[1] / "sipsim"


def module_name(path: Path) -> str:
    """`sipsim/message/uri.py` is `sipsim.message.uri`; a package is named like its folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


class Import(NamedTuple):
    """One import: by which module, of which module, and where it stands."""

    by: str
    of: str
    function: str
    """Qualified name of the function it stands in ("Trace.ladder"), "" at module level."""
    typing_only: bool
    """It stands under `if TYPE_CHECKING:`, so it never runs."""
    line: int

    def __str__(self) -> str:
        inside = f" in {self.function}()" if self.function else ""
        return f"{FILES[self.by].relative_to(PACKAGE.parent)}:{self.line}{inside} imports {self.of}"


@functools.cache
def imports() -> list[Import]:
    """Every import in the package, those inside functions and by `import_module("...")` included."""
    return [found for name, path in FILES.items() for found in _in_file(name, path)]


def _in_file(name: str, path: Path) -> Iterator[Import]:
    home = name if path.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, function, typing_only in _walk(tree, "", False):
        for target in _targets(node, home):
            yield Import(name, target, function, typing_only, node.lineno)


Place = tuple[ast.AST, str, bool]


def _walk(node: ast.AST, function: str, typing_only: bool, scope: str = "") -> Iterator[Place]:
    """Every node below this one, with the function around it and whether it is for type hints only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{scope}.{child.name}".lstrip(".")
            inside = function if isinstance(child, ast.ClassDef) else function or name
            yield from _walk(child, inside, typing_only, name)
        else:
            yield child, function, typing_only
            guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from _walk(child, function, typing_only or guard, scope)


def _targets(node: ast.AST, home: str) -> Iterator[str]:
    """The modules that a statement or call imports, in full; none for other nodes."""
    match node:
        case ast.Import(names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module, names, level):
            base = ".".join(home.split(".")[: len(home.split(".")) - level + 1]) if level else ""
            source = ".".join(filter(None, (base, module)))
            yield from dict.fromkeys(_module_or_name(source, alias.name) for alias in names)
        case ast.Call(func, [ast.Constant(str(target)), *_]) if ast.unparse(func).endswith("import_module"):
            yield target


def _module_or_name(source: str, name: str) -> str:
    """`from a import b` is of module a.b where there is one, else of a; `from sipsim import b` of sipsim."""
    return f"{source}.{name}" if source != "sipsim" and f"{source}.{name}" in FILES else source
