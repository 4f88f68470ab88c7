"""Kernels of several versions for one JupyterLab: where a click is carried out differs between them.

Each version of ipykernel is put into a folder of its own below build/, which stands before everything else on that
kernel's path; all that it needs besides is what the tests themselves run with. A folder that is there is used again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from peers import not_run

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "kernels"

# On 6.29 no click is delivered while a cell awaits; 7.0 carries clicks out in another thread. Both need psutil.
ALSO = {"6.29.5": ("nest_asyncio", "psutil"), "7.0.1": ("psutil",)}

NEWEST = "python3"
KERNELS = (*(f"ipykernel-{version}" for version in ALSO), NEWEST)
"""Names of kernels: two old versions, and the one that is installed."""


def install(kernel: str) -> Path:
    """The folder of an old version; a test whose version can't be had is not run, and says so."""
    version = kernel.removeprefix("ipykernel-")
    folder = CACHE / version
    if not folder.is_dir():
        fresh = folder.with_name(f"{version}.{os.getpid()}")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(fresh)]
        made = subprocess.run([*command, f"ipykernel=={version}", *ALSO[version]], capture_output=True, text=True)
        if made.returncode:
            not_run(f"can't be installed: {kernel}")
        fresh.rename(folder)
    return folder


def describe(kernel: str, share: Path) -> None:
    """Make a kernel known to whatever server finds `share` on its JUPYTER_PATH."""
    spec = share / "kernels" / kernel
    if kernel == NEWEST or spec.is_dir():
        return
    path = os.pathsep.join([str(install(kernel)), str(ROOT)])
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.mkdir(parents=True)
    about = {"argv": argv, "display_name": kernel, "language": "python", "env": {"PYTHONPATH": path}}
    (spec / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
