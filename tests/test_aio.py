# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`pyvmaf.aio`: streams and `score` for coroutines; the loop is never held up, and no frame is lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.streams import DISTS, LONG, PSNR, REFS, Frames, Gate, rows, scored

import pyvmaf
from pyvmaf import StreamError, aio
from pyvmaf.errors import VmafBusyError, VmafCanceledError, VmafTimeoutError, VmafValueError

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def run(main: Callable[[], Awaitable[None]]) -> None:
    """To the end, in a time that only what hangs exceeds."""

    async def limited() -> None:
        await asyncio.wait_for(main(), LONG)

    asyncio.run(limited())


async def entered(gate: type[Gate]) -> None:
    while not gate.entered.acquire(blocking=False):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("n_threads", [0, 2])
def test_equal_to_score(n_threads: int) -> None:
    expected = scored(9, features=[PSNR])

    async def main() -> None:
        async with aio.Stream(n_threads=n_threads, features=[PSNR], queue=1) as stream:

            async def produce() -> None:
                for ref, dist in zip(REFS, DISTS, strict=True):
                    await stream.push(ref, dist)
                assert await stream.finish() == expected

            producer = asyncio.create_task(produce())
            frames = [frame async for frame in stream]
            await producer
        assert [dict(frame.scores) for frame in frames] == rows(expected)
        assert [frame.index for frame in frames] == list(range(9))

    run(main)


def test_the_loop_goes_on(gate: type[Gate]) -> None:
    """Whatever waits: a push for room, a consumer, the end."""

    async def main() -> None:
        async with aio.Stream(model=None, features=["gate"], n_threads=0, queue=1) as stream:
            await stream.push(REFS[0], DISTS[0])
            await entered(gate)
            await stream.push(REFS[0], DISTS[0])
            waiting = [
                asyncio.create_task(one)  # type: ignore[arg-type]
                for one in (stream.push(REFS[0], DISTS[0]), anext(stream), anext(stream))
            ]
            begun = time.monotonic()
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert not any(task.done() for task in waiting)
            assert time.monotonic() - begun < 5
            gate.passes.release(3)
            _, *frames = await asyncio.gather(*waiting)
            assert [frame.index for frame in frames] == [0, 1]
            assert (await stream.finish())["gate"].tolist() == [0, 1, 2]

    run(main)


def test_a_full_queue(gate: type[Gate]) -> None:
    async def main() -> None:
        async with aio.Stream(model=None, features=["gate"], n_threads=0, queue=1) as stream:
            await stream.push(REFS[0], DISTS[0])
            await entered(gate)
            await stream.push(REFS[0], DISTS[0])
            with pytest.raises(VmafBusyError):
                await stream.push(REFS[0], DISTS[0], block=False)
            with pytest.raises(VmafTimeoutError):
                await stream.push(REFS[0], DISTS[0], timeout=0.02)
            gate.passes.release(9)
            assert len((await stream.finish()).frames) == 2

    run(main)


def test_a_consumer_that_gives_up_loses_no_frame(gate: type[Gate]) -> None:
    async def main() -> None:
        async with aio.Stream(model=None, features=["gate"], n_threads=0) as stream:
            await stream.push(REFS[0], DISTS[0])
            await stream.push(REFS[1], DISTS[1])
            for _ in range(3):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(anext(stream), 0.02)
            gate.passes.release(9)
            assert [(await anext(stream)).index, (await anext(stream)).index] == [0, 1]

    run(main)


def test_a_consumer_that_gives_up_as_a_frame_comes_loses_none() -> None:
    """The two meet now and then when the patience is about as long as a frame takes."""

    async def main() -> None:
        async with aio.Stream(model=None, features=["psnr"], n_threads=0) as stream:

            async def produce() -> None:
                for _ in range(300):
                    await stream.push(REFS[0], DISTS[0])
                await stream.finish()

            producer = asyncio.create_task(produce())
            taken, given_up = [], 0
            while len(taken) < 300:
                try:
                    taken.append((await asyncio.wait_for(anext(stream), given_up % 7 * 1e-4)).index)
                except asyncio.TimeoutError:
                    given_up += 1
            await producer
        assert taken == list(range(300)) and given_up

    run(main)


def test_a_task_that_is_canceled_cancels_the_stream(gate: type[Gate]) -> None:
    """Out of `async with`, by what it waits for; what is at work is waited for without holding the loop."""
    streams: list[Any] = []

    async def work() -> None:
        async with aio.Stream(model=None, features=["gate"], n_threads=0, queue=1) as stream:
            streams.append(stream)
            while True:
                await stream.push(REFS[0], DISTS[0])

    async def main() -> None:
        task = asyncio.create_task(work())
        await entered(gate)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.sleep(0.05)
        assert not task.done()
        gate.passes.release(1)
        with pytest.raises(asyncio.CancelledError):
            await task
        for call in (streams[0].finish, lambda: streams[0].push(REFS[0], DISTS[0]), lambda: anext(streams[0])):
            with pytest.raises(VmafCanceledError):
                await call()

    run(main)


def test_a_push_that_is_canceled_cancels_the_stream(gate: type[Gate]) -> None:
    async def main() -> None:
        async with aio.Stream(model=None, features=["gate"], n_threads=0, queue=1) as stream:
            with pytest.raises(asyncio.TimeoutError):
                await with_timeout(stream)
            gate.passes.release(9)
            with pytest.raises(VmafCanceledError):
                await stream.finish()

    async def with_timeout(stream: Any) -> None:
        async def push_all() -> None:
            while True:
                await stream.push(REFS[0], DISTS[0])

        await asyncio.wait_for(push_all(), 0.2)

    run(main)


def test_cancel(gate: type[Gate]) -> None:
    async def main() -> None:
        async with aio.Stream(model=None, features=["gate"], n_threads=1) as stream:
            await stream.push(REFS[0], DISTS[0])
            await entered(gate)
            consumer = asyncio.create_task(anext(stream))  # type: ignore[arg-type]
            await asyncio.sleep(0.01)
            canceling = asyncio.create_task(stream.cancel())
            await asyncio.sleep(0.02)
            assert not canceling.done()
            gate.passes.release(9)
            await canceling
            with pytest.raises(VmafCanceledError):
                await consumer

    run(main)


def test_a_frame_that_fails(gate: type[Gate]) -> None:
    gate.passes.release(100)

    async def main() -> None:
        with pytest.raises(StreamError, match="no third frame; 3 frames scored before"):
            async with aio.Stream(model=None, features=[("gate", {"fails": True})]) as stream:
                for _ in range(4):
                    await stream.push(REFS[0], DISTS[0])
        assert [frame.index for frame in [await anext(stream) for _ in range(3)]] == [0, 1, 2]
        with pytest.raises(StreamError, match="no third frame"):
            await anext(stream)

    run(main)


def test_several_streams() -> None:
    async def main() -> None:
        async with aio.Stream(model=None, features=["psnr"], streams=2) as stream:
            for i in range(3):
                await stream.push(REFS[i], [DISTS[i], REFS[i]])
            results = await stream.finish()
            assert results[0] == scored(3, model=None, features=["psnr"])
            assert [len(frame) async for frame in stream] == [2, 2, 2]

    run(main)


def test_it_has_to_be_opened_once() -> None:
    async def main() -> None:
        stream = aio.Stream()
        with pytest.raises(VmafValueError, match="not open; use it within `async with`"):
            await stream.push(REFS[0], DISTS[0])
        async with stream:
            pass
        with pytest.raises(VmafValueError, match="opened before"):
            async with stream:
                pass
        with pytest.raises(VmafValueError, match="vmaf_v9"):
            async with aio.Stream(model="vmaf_v9"):
                pass

    run(main)


def test_score() -> None:
    told: list[tuple[int, int | None, threading.Thread]] = []

    async def main() -> None:
        result = await aio.score(
            Frames("a", REFS), Frames("b", DISTS), features=[PSNR],
            progress=lambda frames, total: told.append((frames, total, threading.current_thread())),
        )  # fmt: skip
        assert result == scored(9, features=[PSNR])
        with pytest.raises(VmafValueError, match="vmaf_v9"):
            await aio.score(Frames("a", REFS), Frames("b", DISTS), model="vmaf_v9")
        await asyncio.sleep(0)

    run(main)
    assert told == [(i, None, threading.main_thread()) for i in range(1, 10)]


def test_score_that_is_canceled(gate: type[Gate]) -> None:
    """It ends with the frame at hand."""

    async def main() -> None:
        videos = Frames("a", REFS), Frames("b", DISTS)
        task = asyncio.create_task(aio.score(*videos, model=None, features=["gate"], n_threads=0))
        await entered(gate)
        task.cancel()
        await asyncio.sleep(0.02)
        assert not task.done()
        gate.passes.release(100)
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main)
    assert not gate.entered.acquire(blocking=False)


def test_many_at_once() -> None:
    """Scores and streams side by side, on one loop."""

    async def main() -> None:
        results = await asyncio.gather(
            *(aio.score(Frames("a", REFS), Frames("b", DISTS), n_threads=0) for _ in range(4))
        )
        assert all(result == results[0] for result in results)

    run(main)


def test_a_process_ends_while_a_stream_waits() -> None:
    """No thread keeps it, though nobody finished, and a consumer waits for ever."""
    code = """
import asyncio, numpy as np
from pyvmaf import aio
async def main():
    stream = await aio.Stream(n_threads=1).__aenter__()
    await stream.push(np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8), pix_fmt="gray")
    asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.1)
    print("done")
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_importing_pyvmaf_does_not_import_asyncio() -> None:
    code = "import sys, pyvmaf; print('asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG)
    assert (done.stdout, done.stderr) == ("False\n", "")
    assert pyvmaf.Stream is not aio.Stream
