# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Code on a local Ray of two workers, in a process of its own: Ray ends the one that it is in when it breaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pyvmaf

START = """
import os, ray
ray.init(
    num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100 << 20,
    runtime_env={"env_vars": {"PYTHONPATH": os.environ["PYTHONPATH"]}},
)
"""


def run_on_ray(code: str, folder: Path, *arguments: str) -> None:
    """Run `code` in `folder`, connected to Ray; it fails when the code does."""
    pytest.importorskip("ray", reason="Ray is not installed (extra `ray`)")
    package = str(Path(pyvmaf.__file__).parents[1])  # where it is installed
    paths = os.pathsep.join([package, str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", START + code + "\nray.shutdown()\n", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
