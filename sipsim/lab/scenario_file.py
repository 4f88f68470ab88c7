"""Scenarios named on a command line: from the catalogue, or from a Python file of the user's own."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from inspect import isgeneratorfunction
from pathlib import Path
from types import ModuleType
from typing import Any

from sipsim.errors import UsageError
from sipsim.lab.catalogue import find
from sipsim.lab.run import scenario_of
from sipsim.lab.scenario import Scenario


def scenario_named(text: str) -> Scenario:
    """The scenario of `NAME`, `FILE.py` or `FILE.py:FUNCTION`; a file with one story needs no function named."""
    path, colon, function = text.partition(".py:")
    if not colon and not text.endswith(".py"):
        return find(text)
    file = Path(f"{path}.py" if colon else text)
    stories = stories_of(loaded(file))
    if function and function not in stories:
        raise UsageError(f"scenario: {file} has no generator function {function!r}; it has {_names(stories)}")
    if not function and len(stories) != 1:
        raise UsageError(f"scenario: name one as {file}:FUNCTION; {file} has {_names(stories)}")
    return scenario_of(stories[function] if function else next(iter(stories.values())))


def stories_of(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The generator functions that a module defines, and those that it marks as scenarios."""
    found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {name: value for name, value in found.items() if _is_story(value, module)}


def _is_story(value: Any, module: ModuleType) -> bool:
    if isinstance(getattr(value, "scenario", None), Scenario):
        return callable(value)
    return isgeneratorfunction(value) and value.__module__ == module.__name__


def loaded(file: Path) -> ModuleType:
    """The module in a file."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise UsageError(f"scenario: there is no file {file}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"scenario: {file} can't be loaded: {type(error).__name__}: {error}") from error
    return module


def _names(stories: dict[str, Callable[..., Any]]) -> str:
    return ", ".join(stories) or "none"
