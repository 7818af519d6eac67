# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Threads, early deaths and the end of the interpreter; nothing hangs, crashes, leaks or stays changed."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from support.common import Plane, noise

from pyvmaf import PixelFormat, VmafContext, VmafError, VmafModel, VmafPicture, extractors

PREAMBLE = """
import os, signal, sys, threading, time
import numpy as np
import pyvmaf
from pyvmaf import VmafContext, VmafPicture
plane = np.random.default_rng(0).integers(0, 256, (270, 480), np.uint8)
def start(n_threads, frames=24):
    ctx = VmafContext(n_threads=n_threads)
    ctx.use_features_from_model(pyvmaf.VmafModel("vmaf_v0.6.1"))
    for i in range(frames):
        ctx.read_pictures(plane, plane, i, pix_fmt="gray")
    return ctx
"""

ENDS = {
    "workers run": "ctx = start(4)",
    "a call runs on a daemon": (
        "threading.Thread(target=start, args=(0, 10**6), daemon=True).start(); time.sleep(.3)"
    ),
    "in a reference cycle": "ctx = start(2); box = [ctx]; box.append(box)",
    "kept by a module": "import builtins; builtins.kept = start(2)",
    "sys.exit": "ctx = start(4); sys.exit(0)",
    "a view outlives all": "p = VmafPicture('yuv420p', 8, 64, 64); v = p.planes; ctx = start(1)",
    "atexit uses it": "import atexit; ctx = start(2); atexit.register(ctx.flush)",
    "forked, and never used there": (
        "ctx = start(2)\npid = os.fork()\nif pid == 0: os._exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7\n"
        "ctx.flush(); assert ctx.frame_count == 24; ctx.close()"
    ),
    "forked, and both end as ever": (
        "ctx = start(2)\npid = os.fork()\n"
        "if pid:\n    assert os.waitpid(pid, 0)[1] == 0; ctx.flush(); assert ctx.frame_count == 24\n"
    ),
    "forked, and dropped there": (
        "ctx = start(2)\npid = os.fork()\nif pid == 0:\n    del ctx; os._exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7"
    ),
    "forked, and refused there": (
        "ctx = start(2)\npid = os.fork()\nif pid == 0:\n"
        "    try: ctx.flush()\n"
        "    except ValueError as error: assert f'was made in process {os.getppid()}, before a fork' in str(error)\n"
        "    else: os._exit(1)\n"
        "    ctx.close(); assert ctx.closed; os._exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7"
    ),
    "forked, and a new one there": (
        "ctx = start(2); ctx.flush(); ctx.close()\npid = os.fork()\n"
        "if pid == 0:\n    c = start(2, 3); c.flush(); os._exit(c.frame_count)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDS)
def test_the_interpreter_ends(case: str) -> None:
    code = PREAMBLE + ENDS[case]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_contexts_side_by_side(planes: list[Plane]) -> None:
    def work(n_threads: int) -> list[float]:
        with VmafContext(n_threads=n_threads) as ctx:
            for name in ("vif", "adm", "motion"):
                ctx.use_feature(name)
            for i, plane in enumerate(planes):
                ctx.read_pictures(plane, plane // 2, i, pix_fmt="gray")
            ctx.flush()
            return [ctx.feature_score_pooled(n) for n in ctx.feature_names]

    want = work(0)
    with ThreadPoolExecutor(6) as pool:
        assert all(got == want for got in pool.map(work, [0, 1, 2, 3] * 5))


@pytest.mark.parametrize("n_threads", [0, 2])
def test_closing_while_others_are_inside(planes: list[Plane], n_threads: int) -> None:
    """Whoever comes too late is told so; nobody is left in a dead context."""
    ctx = VmafContext(n_threads=n_threads, log_level="none")
    ctx.use_feature("vif")
    begun, lock, indices = threading.Barrier(5), threading.Lock(), iter(range(10**6))
    ends: list[str] = []

    def work() -> None:
        begun.wait(20)
        try:
            while True:
                with lock:
                    ctx.read_pictures(planes[0], planes[1], next(indices), pix_fmt="gray")
        except VmafError as error:
            ends.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait(20)
    closers = [threading.Thread(target=ctx.close) for _ in range(3)]
    for thread in closers:
        thread.start()
    for thread in (*closers, *threads):
        thread.join(60)
        assert not thread.is_alive()
    assert ends == ["context is closed"] * 4


def test_pictures_may_go_first(planes: list[Plane]) -> None:
    """The engine keeps what it needs, whoever drops theirs, and in any order."""

    def scores(rude: bool) -> list[float]:
        with VmafContext(n_threads=2) as ctx:
            for name in ("vif", "motion"):
                ctx.use_feature(name)
            for i, plane in enumerate(planes * 3):
                pair = [VmafPicture.from_planes(p.copy(), pix_fmt="gray") for p in (plane, plane // 2)]
                ctx.read_pictures(*pair, i)
                if rude:
                    for picture in pair:
                        picture.close()
                    del pair, picture
                    gc.collect()
            ctx.flush()
            return [ctx.feature_score_at_index(n, i) for n in ctx.feature_names for i in range(ctx.frame_count)]

    assert scores(rude=True) == scores(rude=False)


def test_process_state(tmp_path: Path) -> None:
    """Signal handlers, locale, directory, floating-point modes, threads: as before, after success and failure."""
    code = PREAMBLE + (
        "import locale, sysconfig\n"
        "def state():\n"
        "    handlers = [signal.getsignal(s) for s in signal.valid_signals() - {9, 19}]\n"
        "    return (handlers, signal.pthread_sigmask(signal.SIG_BLOCK, []), locale.setlocale(locale.LC_ALL),\n"
        "        os.getcwd(), dict(os.environ), os.umask(0o22) and os.umask(0o22), sys.excepthook,\n"
        "        threading.active_count(), len(os.listdir('/proc/self/task')), len(os.listdir('/proc/self/fd')),\n"
        "        np.float32(1e-40) * np.float32(0.5) != 0, (1 + 2.0**-53) + 2.0**-54)\n"
        "before = state()\n"
        "ctx = start(3); ctx.flush(); ctx.write_output('log', 'json'); ctx.close()\n"
        "for bad in (lambda: VmafContext(n_threads=9999), lambda: pyvmaf.VmafModel('x'),\n"
        "            lambda: pyvmaf.VmafModel.from_path('log'), lambda: pyvmaf.score('log', 'log')):\n"
        "    try: bad()\n"
        "    except pyvmaf.VmafError: pass\n"
        "after = state()\n"
        "assert after == before, [p for p in zip(before, after) if p[0] != p[1]]\n"
    )
    if not Path("/proc/self/task").exists():
        pytest.skip("threads and files are counted in /proc")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_ctrl_c_is_delivered_as_ever() -> None:
    """No handler is taken over: Ctrl-C in a loop of calls is a KeyboardInterrupt, and the scores so far stay."""
    code = PREAMBLE + (
        "ctx = start(2, 1)\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "i = 1\n"
        "try:\n"
        "    while True: ctx.read_pictures((plane,), (plane,), i); i += 1\n"
        "except KeyboardInterrupt: pass\n"
        "ctx.flush(); print(ctx.frame_count - i in (0, 1), ctx.feature_score_at_index('integer_vif_scale0', i - 1))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True 1.0\n", "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


REPEATS: dict[str, Callable[[], object]] = {
    "picture": lambda: VmafPicture(PixelFormat.YUV420P, 10, 640, 360).planes[1].sum(),
    "wrapped": lambda: VmafPicture.from_planes(np.zeros((360, 640), np.uint8), pix_fmt="gray").planes,
    "model": lambda: VmafModel("vmaf_v0.6.1").features,
    "extractors": lambda: extractors(),
}
FAILURES: dict[str, Callable[[VmafContext], object]] = {
    "bad option": lambda c: c.use_feature("vif", {"vif_enhn_gain_limit": 1e9}),
    "bad plane": lambda c: c.read_pictures(noise(1), noise(1, 40, 40), 0, pix_fmt="gray"),
    "no score": lambda c: c.feature_score_at_index("nothing" * 50, 3),
    "no model": lambda c: VmafModel.from_path("/nowhere"),
    "no directory": lambda c: c.write_output("/nowhere/x", "json"),
    "not flushed": lambda c: c.flush(),
}


@pytest.mark.parametrize("case", [*REPEATS, *FAILURES])
def test_repeats_leave_nothing(case: str, resident: Callable[[], int]) -> None:
    ctx = VmafContext(log_level="none")
    ctx.use_feature("vif")

    def cycle(n: int) -> None:
        for _ in range(n):
            if case in REPEATS:
                REPEATS[case]()
                continue
            with pytest.raises(VmafError):
                FAILURES[case](ctx)

    grown = []
    for _ in range(4):  # a leak grows every time, the allocator's own needs do not
        before = resident()
        cycle(60 if case == "model" else 400)
        grown.append(resident() - before)
    assert min(grown) < 64 * 1024
