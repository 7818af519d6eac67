# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Samples beyond the declared depth are refused, whatever way they come in by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pyvmaf import IncompleteError, VmafContext, VmafError, VmafPicture, score
from pyvmaf.video import Video, VideoFormat

DEPTHS = range(9, 16)
WIDTH, HEIGHT = 70, 38


def planes(bpc: int, chroma: bool = True) -> list[Any]:
    rng = np.random.default_rng(bpc)
    sizes = [(HEIGHT, WIDTH), *[(HEIGHT // 2, WIDTH // 2)] * 2] if chroma else [(HEIGHT, WIDTH)]
    return [rng.integers(0, 1 << bpc, size).astype(np.uint16) for size in sizes]


def filled(source: list[Any], bpc: int) -> VmafPicture:
    picture = VmafPicture("yuv420p", bpc, WIDTH, HEIGHT)
    for view, plane in zip(picture.planes, source, strict=True):
        view[:] = plane
    return picture


def frame(source: list[Any], bpc: int) -> Any:
    av = pytest.importorskip("av", reason="PyAV makes the frames; install '.[video]'")
    made = av.VideoFrame(WIDTH, HEIGHT, f"yuv420p{bpc}le")
    for plane, samples in zip(made.planes, source, strict=True):
        rows = np.zeros((plane.height, plane.line_size // 2), "<u2")
        rows[:, : plane.width] = samples
        plane.update(rows.tobytes())
    return made


WAYS: dict[str, Callable[[list[Any], int], tuple[Any, dict[str, Any]]]] = {
    "arrays": lambda p, bpc: (tuple(p), {"bpc": bpc}),
    "borrowed arrays": lambda p, bpc: (tuple(p), {"bpc": bpc, "borrow": True}),
    "big-endian arrays": lambda p, bpc: (tuple(x.astype(">u2") for x in p), {"bpc": bpc}),
    "a picture of arrays": lambda p, bpc: (VmafPicture.from_planes(p, bpc=bpc), {}),
    "a picture that was filled": lambda p, bpc: (filled(p, bpc), {}),
    "a frame": lambda p, bpc: (frame(p, bpc), {}),
}


def read(ref: Any, dist: Any, n_threads: int = 0, **how: Any) -> dict[str, float]:
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature("vif")
        ctx.read_pictures(ref, dist, 0, **how)
        ctx.flush()
        return {name: ctx.feature_score_at_index(name, 0) for name in ctx.feature_names}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("n_threads", [0, 2])
def test_every_way_in_is_checked(way: str, n_threads: int) -> None:
    """P010 taken for 10 bits is the commonest: values times 64."""
    good = planes(10)
    source, how = WAYS[way](good, 10)
    assert read(source, source, n_threads, **how)
    bad = [plane.copy() for plane in good]
    bad[0] <<= 6
    wrong, how = WAYS[way](bad, 10)
    with pytest.raises(VmafError, match=r"reference picture at index 0: sample \d+ in plane 0, .* 10 bits"):
        read(wrong, source, n_threads, **how)
    with pytest.raises(VmafError, match="distorted picture at index 0: sample"):
        read(source, wrong, n_threads, **how)


@pytest.mark.parametrize("bpc", DEPTHS)
@pytest.mark.parametrize("plane", [0, 1, 2])
@pytest.mark.parametrize("where", [(0, 0), (-1, -1), (-1, 0), (3, 17)])
def test_one_sample_is_enough(bpc: int, plane: int, where: tuple[int, int]) -> None:
    good = planes(bpc)
    good[0][5, 5] = good[plane][where] = (1 << bpc) - 1
    assert read(good, good, bpc=bpc)
    good[plane][where] += 1
    h, w = good[plane].shape
    place = f"sample {1 << bpc} in plane {plane}, row {where[0] % h}, column {where[1] % w} "
    with pytest.raises(VmafError, match=place):
        read(good, good, bpc=bpc)


def test_the_edge_of_odd_sizes_is_checked() -> None:
    """Extractors that round chroma up read it."""
    y, c = np.zeros((37, 69), np.uint16), np.zeros((19, 35), np.uint16)
    c[18, 34] = 1024
    with pytest.raises(VmafError, match="sample 1024 in plane 1, row 18, column 34"):
        read((y, c, c), (y, c, c), bpc=10)


def test_halo_frames_are_checked() -> None:
    bad = planes(10, chroma=False)
    bad[0][0, 0] = 40000
    with VmafContext() as ctx:
        ctx.use_feature("motion")
        with pytest.raises(VmafError, match="sample 40000"):
            ctx.read_halo(bad, bad, 0, bpc=10)


@pytest.mark.parametrize("bpc", [8, 16])
def test_full_depths_hold_every_sample(bpc: int) -> None:
    full = [np.full((HEIGHT, WIDTH), (1 << bpc) - 1, np.uint8 if bpc == 8 else np.uint16)]
    assert read(full, full, bpc=bpc)


def test_the_check_can_be_left_out() -> None:
    bad = planes(10, chroma=False)
    bad[0][0, 0] = 1024
    with VmafContext(check_samples=False) as ctx:
        assert not ctx.check_samples
        ctx.use_feature("psnr")
        ctx.read_pictures(bad, bad, 0, bpc=10)
        ctx.check_samples = True
        with pytest.raises(VmafError, match="sample 1024"):
            ctx.read_pictures(bad, bad, 1, bpc=10)


class Memory(Video):
    """A video of somebody's own, which checks nothing."""

    def __init__(self) -> None:
        super().__init__("memory", VideoFormat(WIDTH, HEIGHT, "400", 10))

    def __iter__(self) -> Iterator[Any]:
        for value in (5, 6, 1024):
            yield (np.full((HEIGHT, WIDTH), value, np.uint16),)

    def close(self) -> None: ...


def test_a_video_of_one_s_own_is_checked() -> None:
    with pytest.raises(IncompleteError, match="sample 1024") as caught:
        score(Memory(), Memory(), model=None, features=["psnr"])
    assert len(caught.value.result.frames) == 2
