"""The wheel: what it holds, and that it runs where there is nothing but it and the dependencies that it names."""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import sipsim

ROOT = Path(__file__).resolve().parents[1]
BIN = "Scripts" if os.name == "nt" else "bin"


def run(*command: object, cwd: Path, **environment: str) -> str:
    """What a command that must end well prints; it finds nothing of this checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=kept | {"PYTHONUTF8": "1"} | environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a checkout in which somebody has worked: JupyterLab and Python left their traces."""
    checkout, built = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "sipsim", "notebooks", "docs", "data"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    for trace in ("notebooks/.ipynb_checkpoints/a.ipynb", "sipsim/__pycache__/a.pyc"):
        (checkout / trace).parent.mkdir(exist_ok=True)
        (checkout / trace).touch()
    quick = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "-qq")
    run(sys.executable, "-m", "pip", "wheel", checkout, *quick, "-w", built, cwd=built)
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment that has the wheel, and what the wheel depends on."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / BIN / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", "-qq", "--no-deps", "--no-index", wheel, cwd=folder)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    for package in packages(distribution_names(requirements(wheel))):
        (site / package.name).symlink_to(package)
    return folder / BIN


def metadata(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = [path for path in archive.namelist() if path.endswith(f".dist-info/{name}")]
        return archive.read(path)


def requirements(wheel: Path) -> list[str]:
    return message_from_bytes(metadata(wheel, "METADATA")).get_all("Requires-Dist") or []


def distribution_names(texts: list[str]) -> dict[str, Distribution]:
    """The distributions that requirements name, without extras, and those that these require in turn."""
    found: dict[str, Distribution] = {}
    waiting = list(texts)
    while waiting:
        requirement = Requirement(waiting.pop())
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and requirement.name not in found:
            found[requirement.name] = distribution(requirement.name)
            waiting += found[requirement.name].requires or []
    return found


def packages(distributions: dict[str, Distribution]) -> Iterator[Path]:
    """The folders and modules of distributions, as they lie in this Python's own site-packages."""
    for found in distributions.values():
        tops = {path.parts[0] for path in found.files or []} - {"..", "__pycache__"}
        yield from (Path(str(found.locate_file(top))) for top in sorted(tops))


def test_what_the_wheel_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for part in ("sipsim/py.typed", "sipsim/cli/__init__.py", "sipsim/_lessons/data/README.md"):
        assert part in names
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"sipsim/_lessons/notebooks/{lesson.name}" in names
    assert {name.split("/")[0] for name in names} == {"sipsim", f"sipsim-{sipsim.__version__}.dist-info"}
    parts = {part for name in names for part in name.split("/")}
    assert not [part for part in parts if part.startswith((".", "test", "bench", "conftest", "__pycache__"))]


def test_links_of_the_lessons_lead_somewhere_in_the_wheel_too(wheel: Path) -> None:
    """So do those of the pages that they open; those stand beside the lessons as in a checkout."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        pages = {name: archive.read(name).decode() for name in names if name.startswith("sipsim/_lessons/")}
    led = {
        (page, posixpath.normpath(posixpath.join(posixpath.dirname(page), link)))
        for page, text in pages.items()
        for link in re.findall(r"\]\(([^):#]+)[)#]", text)
        if page.endswith((".ipynb", ".md")) and "/data/" not in page
    }
    assert len(led) > 20 and not [link for link in led if link[1] not in names]
    assert "sipsim/_lessons/docs/translation.md" in {target for _, target in led}


def test_what_the_wheel_says_of_itself(wheel: Path) -> None:
    about = message_from_bytes(metadata(wheel, "METADATA"))
    assert (about["Name"], about["Version"]) == ("sipsim", sipsim.__version__)
    assert about["Requires-Python"] == ">=3.11" and about["License-Expression"] == "MIT"
    always = {Requirement(text).name for text in requirements(wheel) if "extra ==" not in text}
    assert always == {"simpy", "networkx", "matplotlib", "dpkt"}
    assert "sipsim = sipsim.cli:main" in metadata(wheel, "entry_points.txt").decode()
    assert b"MIT License" in metadata(wheel, "licenses/LICENSE")


def test_a_call_in_an_environment_elsewhere(elsewhere: Path, tmp_path: Path) -> None:
    where = run(elsewhere / "python", "-c", "import sipsim; print(sipsim.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(elsewhere.parent)
    save = ("--ladder", "a.svg", "--save", "a.jsonl", "--save", "a.pcap")
    assert "13 200 OK" in run(elsewhere / "sipsim", "run", "ozeki", "--seed", "7", *save, cwd=tmp_path)
    assert sipsim.load(tmp_path / "a.jsonl") == sipsim.run("ozeki", seed=7)
    assert "13 200 OK" in run(elsewhere / "python", "-m", "sipsim", "ladder", "a.pcap", cwd=tmp_path)
    assert sipsim.__version__ in run(elsewhere / "sipsim", "--version", cwd=tmp_path)
