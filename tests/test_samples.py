# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Samples beyond the declared depth are refused, whatever way they come in by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pyvmaf import FeatureExtractor, IncompleteError, VmafContext, VmafError, VmafPicture, extractors, score
from pyvmaf.streaming.together import StreamsError, read_together
from pyvmaf.video import Video, VideoFormat

Register = Callable[[type[FeatureExtractor]], None]
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


class Everything(FeatureExtractor):
    """What comes from outside may read every plane."""

    name, features = "everything", ("everything_peak",)

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> dict[str, float]:
        return {"everything_peak": float(max(plane.max() for plane in (*ref.planes, *dist.planes)))}


WAYS: dict[str, Callable[[list[Any], int], tuple[Any, dict[str, Any]]]] = {
    "arrays": lambda p, bpc: (tuple(p), {"bpc": bpc}),
    "borrowed arrays": lambda p, bpc: (tuple(p), {"bpc": bpc, "borrow": True}),
    "big-endian arrays": lambda p, bpc: (tuple(x.astype(">u2") for x in p), {"bpc": bpc}),
    "a picture of arrays": lambda p, bpc: (VmafPicture.from_planes(p, bpc=bpc), {}),
    "a picture that was filled": lambda p, bpc: (filled(p, bpc), {}),
    "a frame": lambda p, bpc: (frame(p, bpc), {}),
}


def read(ref: Any, dist: Any, n_threads: int = 0, feature: str = "vif", **how: Any) -> dict[str, float]:
    with VmafContext(n_threads=n_threads) as ctx:
        ctx.use_feature(feature)
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
def test_one_sample_is_enough(registered: Register, bpc: int, plane: int, where: tuple[int, int]) -> None:
    registered(Everything)
    good = planes(bpc)
    good[0][5, 5] = good[plane][where] = (1 << bpc) - 1
    assert read(good, good, bpc=bpc, feature="everything")
    good[plane][where] += 1
    h, w = good[plane].shape
    place = f"sample {1 << bpc} in plane {plane}, row {where[0] % h}, column {where[1] % w} "
    with pytest.raises(VmafError, match=place):
        read(good, good, bpc=bpc, feature="everything")


# Planes that an extractor reads of the reference and of the distorted picture; of all others: all of both.
READS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("vif", "adm", "float_vif", "float_adm", "float_psnr", "float_ansnr"), ("0", "0")),
    **dict.fromkeys(("float_moment", "float_ssim", "float_ms_ssim", "speed_temporal"), ("0", "0")),
    **dict.fromkeys(("motion", "float_motion"), ("0", "")),
    "motion=motion_force_zero": ("0", ""),
    "float_motion=motion_force_zero": ("", ""),
    "float_motion=motion_add_uv": ("012", ""),
    "cambi": ("", "0"),
    "cambi=full_ref": ("0", "0"),
    "speed_chroma": ("12", "12"),
    "null": ("", ""),
}


@pytest.mark.parametrize("feature", [*READS, *(e.name for e in extractors() if e.name not in {*READS, "lpips"})])
def test_what_an_extractor_reads_is_checked_and_nothing_else_matters(feature: str) -> None:
    """Any bits in a plane that it does not read leave every score as it is."""
    name, _, option = feature.partition("=")
    rng = np.random.default_rng(5)
    sizes = [(360, 640), (180, 320), (180, 320)]
    sides = [[[rng.integers(0, 1024, s).astype(np.uint16) for s in sizes] for _ in range(2)] for _ in range(2)]

    def scores() -> dict[str, bytes]:
        with VmafContext() as ctx:
            ctx.use_feature(name, {option: True} if option else None)
            for i, (ref, dist) in enumerate(zip(*sides, strict=True)):
                ctx.read_pictures(ref, dist, i, bpc=10)
            ctx.flush()
            return {n: ctx.feature_scores(n, range(2)).tobytes() for n in ctx.feature_names}

    right = scores()
    for side, planes in zip(sides, READS.get(feature, ("012", "012")), strict=True):
        for plane in range(3):
            kept, side[1][plane] = side[1][plane], side[1][plane] | 0x8000
            if str(plane) in planes:
                with pytest.raises(VmafError, match=f"sample \\d+ in plane {plane}"):
                    scores()
            else:
                assert scores() == right
            side[1][plane] = kept


def test_a_reference_is_checked_for_all_that_share_it() -> None:
    """The first stream reads its luma, the second its chroma."""
    ref, dist = planes(10), planes(10)
    ref[2][3, 3] = 1024
    with VmafContext() as luma, VmafContext() as all_of_it:
        luma.use_feature("vif")
        all_of_it.use_feature("psnr")
        with pytest.raises(StreamsError, match="reference picture at index 0: sample 1024 in plane 2"):
            read_together([luma, all_of_it], ref, [dist, dist], 0, bpc=10)


def test_the_edge_of_odd_sizes_is_checked(registered: Register) -> None:
    """Extractors that round chroma up read it."""
    registered(Everything)
    y, c = np.zeros((37, 69), np.uint16), np.zeros((19, 35), np.uint16)
    c[18, 34] = 1024
    with pytest.raises(VmafError, match="sample 1024 in plane 1, row 18, column 34"):
        read((y, c, c), (y, c, c), bpc=10, feature="everything")


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
