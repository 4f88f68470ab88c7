"""Programs written for pjsua, run on a lab: where they would wait, they let the lab's time pass.

A program is Python text. The places where it waits - `input()`, `time.sleep()`, `sys.stdin.readline()`, and the
library's `handle_events()` and `destroy()` - become `await`, functions with such places become coroutines, and what is
awaited are the lab's own events. So the same text runs in simulated time, paced, and live, in a script and in a
notebook, and nothing ever blocks.
"""

from __future__ import annotations

import ast
import inspect
import sys
import time
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import simpy

from sipsim.apis.pjsua.application import Application
from sipsim.apis.pjsua.error import PJ_EINVALIDOP, Error
from sipsim.elements.story import Story
from sipsim.errors import UsageError
from sipsim.lab.lab import Lab
from sipsim.protocol import options
from sipsim.trace.trace import Trace

WAITS = frozenset(("input", "raw_input", "sleep"))
"""Functions that wait."""

WAITING_METHODS = frozenset(("handle_events", "destroy", "sleep", "readline"))
"""Methods that wait, of whatever object."""

Key = float | tuple[float, str]
"""When the user presses ENTER, in seconds, and what is typed before."""


def run(
    program: str | Path, lab: Lab | None = None, *, name: str = "pjsua", keys: Key | Iterable[Key] = 10.0,
    media: str = "off",
) -> Trace:  # fmt: skip
    """Run a program, given as text or as a file, to its end and until nothing is under way; gives the trace.

    `keys` is what the user does at `input()`: waits so many seconds and presses ENTER, or, for a pair, types that text
    first; a list has one of these for each `input()`. In a notebook with a live lab: `await lab.start(story(program))`.
    """
    found: Trace = (Lab() if lab is None else lab).run(story(program, name=name, keys=keys, media=media))
    return found


def story(
    program: str | Path, *, name: str = "pjsua", keys: Key | Iterable[Key] = 10.0, media: str = "off"
) -> Callable[[Lab], Story]:  # fmt: skip
    """The program as a story: for `lab.run`, `lab.start`, or `yield from story(program)(lab)` in another one.

    `UsageError` for a file's name in place of its text, and later for keys that nobody can press.
    """
    if not isinstance(program, Path) and str(program).endswith(".py"):
        raise UsageError(f"program: {program!r} is no text of a program; for a file give Path({program!r})")
    text = program.read_text(encoding="utf-8") if isinstance(program, Path) else program
    code = compiled(text, str(program) if isinstance(program, Path) else f"<{name}>")

    def told(lab: Lab) -> Story:
        try:
            yield from _told(lab, Application(lab, name, media), code, _typed(keys))
        except SystemExit as end:  # of this program, and of nothing else
            lab.note(f"{name} exits" if end.code is None else f"{name} exits: {end.code}")

    told.__name__ = name
    return told


def _told(lab: Lab, application: Application, code: Any, typed: Iterator[tuple[float, str]]) -> Story:
    """Run compiled code as a generator of the events that it waits for."""
    names = {"__name__": "__main__", "__builtins__": __builtins__}
    names |= {"input": _no_keys_here, "raw_input": _no_keys_here, "_rest": _Rest(lab, typed)}
    running = FunctionType(code, names)
    with application.at_work():
        coroutine = running()
    if not inspect.iscoroutine(coroutine):
        return
    value: Any = None
    error: Exception | None = None
    while True:
        with application.at_work():
            try:
                event = _advance(coroutine, value, error)
            except StopIteration:
                return
        value, error = None, None
        try:
            value = yield event
        except Exception as failure:  # what was waited for failed: it is raised where the program waits
            error = failure


def _advance(coroutine: Coroutine[Any, Any, Any], value: Any, error: Exception | None) -> Any:
    return coroutine.send(value) if error is None else coroutine.throw(error)


def _typed(keys: Key | Iterable[Key]) -> Iterator[tuple[float, str]]:
    """What is typed at each prompt; after the last of a list there is nobody any more, and ENTER at once."""
    if isinstance(keys, (int, float)) or (isinstance(keys, tuple) and len(keys) == 2 and isinstance(keys[1], str)):
        while True:
            yield _pair(keys)
    for key in keys if isinstance(keys, Iterable) else [keys]:
        yield _pair(key)
    while True:
        yield 0.0, ""


def _pair(key: Any) -> tuple[float, str]:
    after, text = key if isinstance(key, tuple) and len(key) == 2 else (key, "")
    options.seconds("keys", after)
    if not isinstance(text, str):
        raise options.not_allowed("keys", key, "seconds, and pairs of seconds and a text")
    return float(after), text


class _Pause:
    """Something to await: one event of the lab, and what to make of its value."""

    def __init__(self, event: simpy.Event, value: Any = None) -> None:
        self._event = event
        self._value = value

    def __await__(self) -> Generator[simpy.Event, Any, Any]:
        if not self._event.processed:
            yield self._event
        return self._value


def _no_keys_here(prompt: object = "") -> str:
    """What `input()` is where a program can't wait."""
    raise Error("input()", None, PJ_EINVALIDOP, "callbacks and methods can't wait for a key, nor can lambdas")


class _Rest:
    """What stands around calls that wait, `_rest(function, arguments)`: gives something to await in their place."""

    def __init__(self, lab: Lab, typed: Iterator[tuple[float, str]]) -> None:
        self._lab = lab
        self._typed = typed

    def __call__(self, fn: Callable[..., Any], *arguments: Any, **named: Any) -> _Pause:
        if fn is _no_keys_here:
            return self._key(*arguments)
        if fn == sys.stdin.readline:
            return self._key(end="\n")
        if fn is time.sleep:
            return _Pause(self._lab.env.timeout(float(arguments[0])))
        value = fn(*arguments, **named)
        return _Pause(value) if isinstance(value, simpy.Event) else _Pause(self._lab.env.timeout(0.0), value)

    def _key(self, prompt: object = "", end: str = "") -> _Pause:
        """The user takes a while; the prompt is a note in the trace."""
        if str(prompt).strip():
            self._lab.note(str(prompt).strip())
        seconds, text = next(self._typed)
        return _Pause(self._lab.env.timeout(seconds), text + end)


# From text to code


def compiled(text: str, name: str) -> Any:
    """The code of a program, with `await` where it waits."""
    tree = ast.parse(text, name)
    waiting = _functions_that_wait(tree)
    tree = ast.fix_missing_locations(_Waiting(waiting).visit(tree))
    return compile(tree, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _functions_that_wait(tree: ast.Module) -> frozenset[str]:
    """The functions of the program in which it waits, or calls one that does."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(name for name, node in functions.items() if any(_waits(part, found) for part in _own(node)))
        if more == found:
            return found
        found = more


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function and not in another one within it."""
    for part in ast.iter_child_nodes(function):
        if not isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            yield part
            yield from _own(part)


def _waits(node: ast.AST, functions: frozenset[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name):
        return called.id in WAITS or called.id in functions
    return isinstance(called, ast.Attribute) and called.attr in WAITING_METHODS


class _Waiting(ast.NodeTransformer):
    """Writes `await` before calls that wait, at the top and in the functions that wait; callbacks stay as they are."""

    def __init__(self, functions: frozenset[str]) -> None:
        self._functions = functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name not in self._functions:
            return node
        self.generic_visit(node)
        return ast.AsyncFunctionDef(**dict(ast.iter_fields(node)))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """The original's name leads here too."""
        for name in node.names:
            if name.name == "pjsua":
                name.name, name.asname = "sipsim.apis.pjsua", name.asname or "pjsua"
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not _waits(node, self._functions):
            return node
        if not (isinstance(node.func, ast.Name) and node.func.id in self._functions):
            node = ast.Call(ast.Name("_rest", ast.Load()), [node.func, *node.args], node.keywords)
        return ast.Await(node)
