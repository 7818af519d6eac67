# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Ranges as Ray tasks on two local workers, one of which is killed in the middle."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from support.parts import check_equal, write_y4m
from support.ray_runs import run_on_ray

import pyvmaf

CODE = """
import pickle, signal, sys, threading, time
from contextlib import suppress
import psutil
from pyvmaf.ray import score_many

killed, seen = [], []

def kill_a_worker():
    while not killed:
        time.sleep(0.002)
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it ended as it was looked at
                if " ".join(process.cmdline()).startswith("ray::run_range"):
                    process.send_signal(signal.SIGKILL)
                    killed.append(process.pid)
                    break

threading.Thread(target=kill_a_worker, daemon=True).start()
pairs = [("r.y4m", "d.y4m"), ("r.y4m", "none.y4m"), ("d.y4m", "r.y4m")]
import os
pairs = [tuple(map(os.path.abspath, pair)) for pair in pairs]
found = {o.index: (o.result, o.error) for o in score_many(pairs, chunk=150, progress=lambda *at: seen.append(at))}
with open("found", "wb") as file:
    pickle.dump((found, seen, killed), file)
"""


def test_a_killed_worker_changes_nothing_but_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    still = [rng.integers(0, 256, (h, w), np.uint8) for h, w in ((128, 192), (64, 96), (64, 96))]
    frames = [[np.roll(p, i, 1) for p in still] for i in range(900)]
    ref = write_y4m(tmp_path / "r.y4m", frames)
    dist = write_y4m(tmp_path / "d.y4m", [[p // 4 * 4 for p in frame] for frame in frames])
    run_on_ray(CODE, tmp_path)
    found, seen, killed = pickle.loads((tmp_path / "found").read_bytes())
    assert len(killed) == 1
    assert not found[0][1] and not found[2][1]
    check_equal(found[0][0], pyvmaf.score(ref, dist))
    check_equal(found[2][0], pyvmaf.score(dist, ref))
    assert isinstance(found[1][1], pyvmaf.VmafFileNotFoundError)
    assert seen[-1][0] == 1800
