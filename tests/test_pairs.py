# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What `inspect` is made of: facts, bars, signatures, matching, the check of the first seconds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.pair_clips import moving, y4m

from pyvmaf import AlignmentError, Facts, Plan, Result, VmafTypeError, VmafValueError, facts_of, merge, score
from pyvmaf.pairs import Alignment, Segment, Signatures, align
from pyvmaf.pairs.bars import find_bars
from pyvmaf.pairs.check import Check
from pyvmaf.pairs.distance import Chunked, normalised, strange_from
from pyvmaf.pairs.match import anchors, band
from pyvmaf.pairs.register import is_placed, register, small
from pyvmaf.pairs.runs import Run
from pyvmaf.pairs.signature import fine, shrink

Lumas = NDArray[np.float64]


def scenes(frames: int, seed: int = 0) -> Lumas:
    """Signatures' lumas (frames, 18, 32) of scenes of 20 to 199 frames, each a slow dance of five pictures."""
    rng = np.random.default_rng(seed)
    out: list[Lumas] = []
    while sum(map(len, out)) < frames:
        pictures = rng.normal(0, 12, (5, 18, 32))
        pictures += np.roll(pictures, 1, 1) + np.roll(pictures, 1, 2)
        phases = np.cumsum(rng.normal(0, 0.1, (int(rng.integers(20, 200)), 5)), axis=0) + rng.normal(0, 1, 5)
        out.append(np.einsum("fp,prc->frc", np.sin(phases), pictures) + 110)
    return np.concatenate(out)[:frames]


def signed(lumas: Lumas, noise: float = 0.7, seed: int = 1) -> Signatures:
    noisy = lumas + np.random.default_rng(seed).normal(0, noise, lumas.shape)
    zeros = np.zeros(len(lumas), np.float32)
    return Signatures(fine(noisy.astype(np.float32)), None, zeros, zeros)


def happened(alignment: Alignment) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    return [(e.kind, e.ref, e.dist) for e in alignment.events]


def test_all_that_can_happen_at_once() -> None:
    """Late by 9, three dropped, one repeated, two foreign, five frozen, cut short, half as bright, blurred in time."""
    lumas = scenes(420)
    foreign = np.random.default_rng(5).normal(110, 20, (2, 18, 32))
    parts = [lumas[9:80], lumas[83:150], lumas[149:220], foreign, lumas[220:300], *[lumas[299:300]] * 5, lumas[305:400]]
    dist = np.concatenate(parts) * 0.6 + 30
    found = align(signed(lumas), signed(dist, seed=2), None, None)
    assert happened(found) == [
        ("late", (0, 9), (0, 0)),
        ("drop", (80, 83), (71, 71)),
        ("duplicate", (150, 150), (138, 139)),
        ("insert", (220, 220), (209, 211)),
        ("freeze", (300, 305), (291, 296)),
        ("short", (400, 420), (391, 391)),
    ]
    assert found.confidence > 0.99
    assert found.curve == pytest.approx((1 / 0.6, -50), rel=0.02)
    pairs = list(found.pairs())
    assert pairs[0] == (9, 0)
    assert pairs[-1] == (399, 390)
    assert len(pairs) == 420 - 9 - 3 - 5 - 20
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


@pytest.mark.parametrize(
    ("rates", "pattern", "rate"),
    [((60, 30), (1, 0), "2"), ((24, 60), (3, 2), "2/5"), ((24, 30), (1, 1, 1, 2), "4/5"), ((25, 24), (1,), "1")],
)
def test_rates(rates: tuple[int, int], pattern: Sequence[int], rate: str) -> None:
    lumas = scenes(200)
    index = [i for i in range(200) for _ in range(pattern[i % len(pattern)])]
    found = align(signed(lumas), signed(lumas[index], seed=2), Fraction(rates[0]), Fraction(rates[1]))
    assert (found.rate, found.offset) == (rate, 0)
    assert not [e for e in found.events if e.kind not in ("short", "tail")]
    pairs = dict(list(found.pairs()))
    assert sum(index[j] == i for i, j in pairs.items()) >= 0.97 * len(pairs)


def test_long_videos_are_matched_in_bands() -> None:
    """Offset and cuts that anchors find; frames are compared with a part of all."""
    lumas = scenes(1800, seed=3)
    index = [*range(300, 800), *range(801, 1200), *range(1260, 1800)]
    ref, dist = signed(lumas), signed(lumas[index], seed=2)
    found = align(ref, dist, None, None)
    assert happened(found) == [
        ("late", (0, 300), (0, 0)),
        ("drop", (800, 801), (500, 500)),
        ("drop", (1200, 1260), (899, 899)),
    ]
    ends = Chunked(ref.lumas, normalised), Chunked(dist.lumas, normalised)
    at, where = anchors(*ends)
    assert len(at) > 20
    assert [index[j] for j in at] == where.tolist()
    low, width = band(*ends)
    assert width < 900
    assert all(first <= i + 1 < first + width for first, i in zip(low, index, strict=True))


def test_stills_and_black_are_ambiguous() -> None:
    still = np.repeat(scenes(1), 50, axis=0)
    for lumas in (still, np.full((50, 18, 32), 16.0)):
        found = align(signed(lumas, 0.3), signed(lumas[4:], 0.3, seed=2), None, None)
        assert found.ambiguous and found.identity


def test_no_frames() -> None:
    none = Signatures(np.zeros((0, 18, 32), np.uint16), None, *(np.zeros(0, np.float32),) * 2)
    assert list(align(none, none, None, None).pairs()) == []


def test_runs_know_their_place() -> None:
    assert (Run(5, [7, 8, 9]).stop, Run(5, [7, 8, 9]).shift) == (8, 2)


@pytest.mark.parametrize(
    ("edges", "noise"), [((0, 0, 0, 0), 2.0), ((0, 12, 0, 12), 2.0), ((20, 0, 20, 0), 2.0), ((16, 8, 12, 9), 0.0)]
)
def test_bars(edges: tuple[int, int, int, int], noise: float) -> None:
    left, top, right, bottom = edges
    rng = np.random.default_rng(0)
    pictures = []
    for planes in moving()[::11]:
        picture = planes[0].copy()
        picture[:top], picture[picture.shape[0] - bottom :] = 16, 16
        picture[:, :left], picture[:, picture.shape[1] - right :] = 16, 16
        pictures.append(np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8))
    assert find_bars(pictures) == edges
    assert find_bars([p.astype(np.uint16) << 2 for p in pictures], 10) == edges


def test_dark_pictures_have_no_bars() -> None:
    """A vignette, a scene that is dark at the top, and night."""
    y, x = np.mgrid[-1:1:144j, -1:1:256j]
    vignette = np.clip(150 * (1.3 - np.hypot(x, y)), 16, 235)
    top = np.where(y < -0.5, 16, 120)
    assert find_bars([vignette.astype(np.uint8)]) == (0, 0, 0, 0)
    assert find_bars([top.astype(np.uint8), np.full((144, 256), 120, np.uint8)]) == (0, 0, 0, 0)
    assert find_bars([np.full((144, 256), 17, np.uint8)] * 3) is None


def test_a_crop_is_measured() -> None:
    lumas = [planes[0] for planes in moving()[5:85:13]]
    cropped = [luma[10:130, 24:240] for luma in lumas]
    placing = register([small(luma) for luma in lumas], [small(luma) for luma in cropped])
    assert is_placed(placing)
    assert placing.edges((256, 144), (216, 120)) == ((24, 10, 16, 14), (0, 0, 0, 0))
    back = register([small(luma) for luma in cropped], [small(luma) for luma in lumas])
    assert back.edges((216, 120), (256, 144)) == ((0, 0, 0, 0), (24, 10, 16, 14))
    same = register([small(luma) for luma in lumas], [small(luma) for luma in lumas])
    assert not is_placed(same)


def test_signatures_do_not_depend_on_size() -> None:
    """A smooth picture sampled at two sizes; sums of lines are weighed where the lines are."""

    def picture(height: int, width: int) -> NDArray[np.uint8]:
        y, x = ((np.arange(n) + 0.5) / n for n in (height, width))
        return np.rint(120 + 60 * np.sin(7 * y)[:, None] * np.cos(9 * x)[None]).astype(np.uint8)

    one, two = (shrink(picture(*size), 18, 32) for size in ((144, 256), (1087, 1931)))
    assert np.abs(one - two).max() < 0.2


def test_facts_of_y4m_and_raw(tmp_path: Path) -> None:
    from pyvmaf import VideoFormat

    path = tmp_path / "a.y4m"
    path.write_bytes(y4m(moving()[:7], "30000:1001", "XCOLORRANGE=FULL").replace(b"A1:1", b"A4:3"))
    facts = facts_of(path)
    assert (facts.frame_count, facts.frame_rate, facts.sample_aspect) == (7, "30000/1001", "4:3")
    assert (facts.range, facts.display_size, facts.bars) == ("full", (341, 144), (0, 0, 0, 0))
    assert Facts.from_dict(facts.as_dict()) == facts
    path.write_bytes(path.read_bytes().replace(b" Ip ", b" It "))
    assert facts_of(path).interlaced
    raw = tmp_path / "a.yuv"
    raw.write_bytes(b"".join(p.tobytes() for planes in moving()[:3] for p in planes))
    facts = facts_of(raw, VideoFormat(256, 144))
    assert (facts.container, facts.frame_count, facts.pixel_format) == ("rawvideo", 3, "yuv420p")


def watched(ref: Sequence[NDArray[np.uint8]], dist: Sequence[NDArray[np.uint8]]) -> Check:
    check = Check(8)
    for i, (a, b) in enumerate(zip(ref, dist, strict=False)):
        check.add(i, a, b)
    return check


def test_check() -> None:
    lumas = [planes[0] for planes in moving()]
    assert watched(lumas, lumas).result().in_step
    assert watched(lumas, [luma // 2 + 40 for luma in lumas]).result().in_step
    late = watched(lumas, lumas[3:]).result()
    assert not late.in_step
    assert "reference frames 0 to 2 missing at the start" in late.text
    dropped = watched(lumas, [*lumas[:20], *lumas[21:]]).result()
    assert "reference frame 20 dropped before distorted frame 20" in dropped.text
    other = watched(lumas, [planes[0] for planes in moving(seed=50)]).result()
    assert not other.in_step and "different things" in other.text
    assert watched(lumas[:3], lumas[1:4]).result().in_step  # too few to tell


@pytest.mark.parametrize("rate", [Fraction(2), Fraction(5, 6)])
def test_check_knows_clocks(rate: Fraction) -> None:
    lumas = [planes[0] for planes in moving()]
    shown = lumas[::2] if rate == 2 else [lumas[i * 5 // 6] for i in range(90)]
    check = Check(8, rate=rate)
    for i, (a, b) in enumerate(zip(lumas, shown, strict=False)):
        check.add(i, a, b)
    found = check.result()
    assert not found.in_step and not found.unlike
    assert f"one distorted frame stands for {rate} reference frames" in found.text


def test_badly_coded_frames_are_not_foreign() -> None:
    """However well all others are, as long as unrelated frames are far further away."""
    usual = np.array([0.8, 20], np.float32)
    assert strange_from(usual, 3600).tolist() == pytest.approx([108, 300])
    assert strange_from(usual, 100).tolist() == pytest.approx([12, 80])


def test_check_ends() -> None:
    lumas = [planes[0] for planes in moving()]
    check = Check(8, frames=10)
    for i, luma in enumerate(lumas):
        assert check.wants == (i < 10)
        check.add(i, luma, luma)
    assert check.result().in_step


def test_watch_looks_again_later(tmp_path: Path) -> None:
    """A frame that is dropped in mid-stream shows ever after; a warning, as what was scored before is right."""
    lumas = [np.ascontiguousarray(y[::2, ::2]) for y, _, _ in moving()] * 9
    ref = lumas_file(tmp_path / "ref.y4m", lumas)
    dropped = lumas_file(tmp_path / "dropped.y4m", [*lumas[:400], *lumas[401:]])
    with pytest.warns(UserWarning, match=r"distorted frame 660 shows reference frame 661; align=\"auto\" matches"):
        assert len(score(ref, dropped, model=None, features=["psnr"])["psnr_y"]) == 809
    same = lumas_file(tmp_path / "same.y4m", lumas)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score(ref, same, model=None, features=["psnr"])


@pytest.mark.parametrize("size", [12, 40])
def test_ranges_are_checked_wherever_they_begin(size: int, tmp_path: Path) -> None:
    lumas = [y for y, _, _ in moving()]
    ref, late = lumas_file(tmp_path / "ref.y4m", lumas), lumas_file(tmp_path / "late.y4m", lumas[3:])
    message = "distorted frame 33 shows reference frame 36"
    with pytest.raises(AlignmentError, match=message):
        score(ref, late, model=None, features=["psnr"], frames=range(33, 33 + size))
    with pytest.raises(AlignmentError, match="reference frames 0 to 2 missing at the start"):
        score(ref, late, model=None, features=["psnr"], frames=range(size))
    assert score(ref, ref, model=None, features=["psnr"], frames=range(33, 33 + size)).run is not None


def test_a_run_that_goes_on_is_warned(tmp_path: Path) -> None:
    """Its first frames were in step, or it would not have come so far."""
    lumas = [y for y, _, _ in moving()]
    ref, dropped = lumas_file(tmp_path / "ref.y4m", lumas), lumas_file(tmp_path / "b.y4m", [*lumas[:40], *lumas[42:]])
    at = tmp_path / "checkpoint"

    def stop(done: int, _: int | None) -> None:
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(ref, dropped, model=None, features=["psnr"], checkpoint=at, progress=stop)
    with pytest.warns(UserWarning, match="reference frames 40 to 41 dropped before distorted frame 40"):
        assert len(score(ref, dropped, model=None, features=["psnr"], checkpoint=at)["psnr_y"]) == 88


def lumas_file(path: Path, lumas: Sequence[NDArray[np.uint8]]) -> Path:
    grey = np.full((lumas[0].shape[0] // 2, lumas[0].shape[1] // 2), 128, np.uint8)
    path.write_bytes(y4m([(luma, grey, grey) for luma in lumas]))
    return path


@pytest.mark.filterwarnings("ignore:.*the distorted samples are of limited range")
def test_score_refuses_what_is_out_of_step_and_matches_it(tmp_path: Path) -> None:
    """Matched pairs have the numbers of the pair before it was damaged, wherever the frame before is the same."""
    refs = [planes[0] for planes in moving()]
    dists = [(luma.astype(int) * 7 // 8 + 14).astype(np.uint8) for luma in refs]
    ref, whole = lumas_file(tmp_path / "ref.y4m", refs), lumas_file(tmp_path / "whole.y4m", dists)
    damaged = lumas_file(tmp_path / "damaged.y4m", [*dists[4:20], *dists[21:50], dists[49], *dists[50:]])
    with pytest.raises(AlignmentError, match=r'reference frames 0 to 3 missing at the start.*align="auto"'):
        score(ref, damaged, model=None, features=["psnr"])
    expected = score(ref, whole, model=None, features=["psnr"])["psnr_y"]
    off = score(ref, damaged, model=None, features=["psnr"], align="off")["psnr_y"]
    assert len(off) == 86 and not np.isclose(off, expected[:86]).any()
    result = score(ref, damaged, model=None, features=["psnr"], align="auto")
    kept = [i for i in range(4, 90) if i != 20]
    assert result["psnr_y"].tolist() == expected[kept].tolist()
    assert result.run is not None and result.run.alignment is not None
    assert [e["kind"] for e in result.run.alignment["events"]] == ["late", "drop", "duplicate"]
    assert "dropped before distorted frame 16" in str(result.note)
    alignment = Alignment.from_dict(result.run.alignment)
    some = score(ref, damaged, model=None, features=["psnr"], align=alignment, frames=range(30, 40))
    assert some["psnr_y"].tolist() == expected[kept[30:40]].tolist()


def test_a_plan_keeps_its_alignment() -> None:
    one = Alignment(9, 9, "1", (Segment((0, 9), (0, 9), (1,), 1.0),), (), 1.0, 1.0)
    for align_ in ("auto", "off", one):
        plan = Plan.make("a.y4m", "b.y4m", align=align_)
        assert Plan.from_json(plan.to_json()) == plan
    with pytest.raises(VmafValueError, match="align is 'on', must be one of check, auto, off"):
        Plan.make("a.y4m", "b.y4m", align="on")
    with pytest.raises(VmafTypeError, match="takes paths"):
        score("-", "b.y4m", align="auto")


def test_foreign_frames_in_the_place_of_others_are_in_step(tmp_path: Path) -> None:
    """They are distortion, which is measured, and told."""
    lumas = [y for y, _, _ in moving()]
    ref = lumas_file(tmp_path / "ref.y4m", lumas)
    black = lumas_file(tmp_path / "black.y4m", [*lumas[:40], *[np.full_like(lumas[0], 16)] * 8, *lumas[48:]])
    with pytest.warns(UserWarning, match="distorted frames 40 to 47 foreign, in place of .* they count as distortion"):
        found = score(ref, black, model=None, features=["psnr"])["psnr_y"]
    assert found[:40].min() > 50 > 20 > found[40:48].max()


def test_each_call_is_warned_and_its_result_says_so(tmp_path: Path) -> None:
    """Of a loop too: at the caller's line, of the file by its name, under Python's own filter."""
    lumas = [y for y, _, _ in moving()[:20]]
    ref = lumas_file(tmp_path / "ref.y4m", lumas)
    others = [lumas_file(tmp_path / f"{k}.y4m", [np.rot90(y, 2).copy() for y in lumas]) for k in range(2)]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        results = [score(ref, other, model=None, features=["psnr"], prepare="auto") for other in others]
    assert [one.filename for one in told] == [__file__] * 2
    for other, one, result in zip(others, told, results, strict=True):
        assert result.run is not None and result.run.warnings == (str(one.message),)
        assert str(one.message).startswith(f"{other}: the first 20 frames show different things")
        assert Result.from_json(result.to_json()).run == result.run
    with pytest.warns(UserWarning, match="show different things"):
        halves = [score(ref, others[0], model=None, features=["psnr"], frames=range(k, k + 10)) for k in (0, 10)]
    lines = [line for half in halves if half.run for line in half.run.warnings]
    merged = merge(halves).run
    assert merged is not None and len(lines) == 2 and merged.warnings == tuple(lines)
