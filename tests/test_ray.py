# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ranges as Ray tasks on two local workers, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from test_parts import check_equal, write_y4m

import pyvmaf

ray = pytest.importorskip("ray", reason="Ray is not installed (extra `ray`)")

ROOT = str(Path(pyvmaf.__file__).parents[1])  # where it is installed


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    environment = {"env_vars": {"PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")])}}
    ray.shutdown()  # of examples that another test ran
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=environment,
        object_store_memory=100 << 20,
    )  # fmt: skip
    yield
    ray.shutdown()


def kill_a_worker(killed: list[int]) -> None:
    """End the first worker that is at a range."""
    while not killed:
        time.sleep(0.1)
        for process in psutil.process_iter(["name", "cmdline"]):
            title = " ".join(process.info["cmdline"] or [])
            if title.startswith("ray::run_range"):
                os.kill(process.pid, signal.SIGKILL)
                killed.append(process.pid)
                return


def test_a_killed_worker_changes_nothing_but_time(cluster: None, tmp_path: Path) -> None:
    from pyvmaf.ray import score_many

    rng = np.random.default_rng(1)
    still = [rng.integers(0, 256, (h, w), np.uint8) for h, w in ((64, 96), (32, 48), (32, 48))]
    frames = [[np.roll(p, i, 1) for p in still] for i in range(900)]
    ref = write_y4m(tmp_path / "r.y4m", frames)
    dist = write_y4m(tmp_path / "d.y4m", [[p // 4 * 4 for p in frame] for frame in frames])
    killed: list[int] = []
    killer = threading.Thread(target=kill_a_worker, args=(killed,), daemon=True)
    killer.start()
    seen: list[tuple[int, int | None]] = []
    pairs = [(ref, dist), (ref, tmp_path / "none.y4m"), (dist, ref)]
    found = {o.index: o for o in score_many(pairs, chunk=150, progress=lambda *at: seen.append(at))}
    killer.join(10)
    assert killed
    check_equal(found[0].get(), pyvmaf.score(ref, dist))
    check_equal(found[2].get(), pyvmaf.score(dist, ref))
    assert isinstance(found[1].error, pyvmaf.VmafFileNotFoundError)
    assert seen[-1][0] == 1800

    table = tmp_path / "scores.parquet"
    found[0].get().to_parquet(table)
    from pyarrow import parquet

    assert parquet.read_table(table)["vmaf_v0.6.1"].to_pylist() == list(found[0].get()["vmaf"])
