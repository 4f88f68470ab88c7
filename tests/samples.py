"""Sample files too large or too foreign for the project: other people's captures, call flows, RFC texts.

    def test_torture(): data = sample("vectors/torture_manifest.json").read_bytes()

They lie in the folder that the environment variable SIPSIM_SAMPLES names, or else in `shared/` beside the
checkout. A test whose sample is not there is skipped, named in the run's last lines; under CI=true it fails.
"""

from __future__ import annotations

import os
from pathlib import Path

from peers import not_run

FOLDER = Path(os.environ.get("SIPSIM_SAMPLES") or Path(__file__).resolve().parents[2] / "shared")

NOT_FOUND = "sample not found: "


def sample(path: str) -> Path:
    """The file or folder `path` (parts joined by "/") among the samples."""
    found = FOLDER / path
    return found if found.exists() else not_run(NOT_FOUND + path)


def samples(pattern: str) -> list[str]:
    """What `sample` takes for each sample that matches a glob pattern, in order, to parametrise a test by.

    Where nothing matches it is the pattern itself, so that a test stands for it and is reported as not run.
    """
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob(pattern)) or [pattern]
