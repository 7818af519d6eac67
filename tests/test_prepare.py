# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Damaged pairs, prepared, have the scores that they had before."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.prepared_clips import HEIGHT, WIDTH, clip, each, frames_of, opened, scored, write  # noqa: E402

from pyvmaf.errors import VmafValueError  # noqa: E402
from pyvmaf.pairs.facts import Facts  # noqa: E402
from pyvmaf.pairs.probe import _samples as samples_of  # noqa: E402
from pyvmaf.pairs.probe import facts_of  # noqa: E402
from pyvmaf.pictures.frames import planes_of  # noqa: E402
from pyvmaf.prepare import (  # noqa: E402
    PrepareError,
    Settings,
    facts_of_video,
    plan_preparation,
    prepare_videos,
)
from pyvmaf.prepare.graph import Graph, frame_of  # noqa: E402
from pyvmaf.video import VideoFormat, open_video  # noqa: E402

REF, DIST = clip(), clip(noise=30)
LIMITED, FULL = 1, 2
BT709, BT601 = 1, 5


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[float]]:
    """Reference and distorted video, and their scores."""
    folder = tmp_path_factory.mktemp("undamaged")
    ref, dist = write(folder / "ref.mkv", REF), write(folder / "dist.mkv", DIST)
    return ref, dist, scored(opened(ref, dist, "none"))


def test_the_pair_says_something(undamaged: tuple[Path, Path, list[float]]) -> None:
    assert all(40 < score < 90 for score in undamaged[2])


def test_a_pair_that_needs_nothing_is_left_alone(undamaged: tuple[Path, Path, list[float]]) -> None:
    ref, dist, want = undamaged
    pair = opened(ref, dist)
    assert pair.preparation is None
    assert scored(pair) == want


# Nothing resampled: the very numbers


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_turned_pictures(undamaged: tuple[Path, Path, list[float]], tmp_path: Path, angle: int, extension: str) -> None:
    """Shown turned anticlockwise by the angle, so stored turned clockwise by it."""
    ref, _, want = undamaged
    stored = each(DIST, lambda plane: np.rot90(plane, -angle // 90))
    codec = {"mkv": "ffv1", "mp4": "libx264"}[extension]
    options = {"qp": "0"} if codec == "libx264" else {}
    dist = write(tmp_path / f"dist.{extension}", stored, rotation=angle, codec=codec, options=options)
    pair = opened(ref, dist)
    assert pair.preparation is not None and not pair.preparation.ref.steps
    assert scored(pair) == want


def boxed(plane: np.ndarray[Any, Any], luma: bool, bars: tuple[int, int]) -> np.ndarray[Any, Any]:
    across, down = bars if luma else (bars[0] // 2, bars[1] // 2)
    return np.pad(plane, ((down, down), (across, across)), constant_values=16 if luma else 128)


def with_bars(frames: list[Any], across: int, down: int) -> list[Any]:
    return [tuple(boxed(p, i == 0, (across, down)) for i, p in enumerate(frame)) for frame in frames]


@pytest.mark.parametrize("sides", ["both", "ref", "dist"])
@pytest.mark.parametrize("bars", [(0, 22), (32, 0)], ids=["letterbox", "pillarbox"])
def test_black_bars(
    undamaged: tuple[Path, Path, list[float]], tmp_path: Path, bars: tuple[int, int], sides: str
) -> None:
    ref, dist, want = undamaged
    if sides in ("both", "ref"):
        ref = write(tmp_path / "ref.mkv", with_bars(REF, *bars))
    if sides in ("both", "dist"):
        dist = write(tmp_path / "dist.mkv", with_bars(DIST, *bars))
    pair = opened(ref, dist)
    assert pair.preparation is not None
    assert (pair.ref.format.width, pair.dist.format.height) == (WIDTH, HEIGHT)
    assert scored(pair) == want


def test_bars_that_surround_other_shapes_stay(tmp_path: Path) -> None:
    ref = write(tmp_path / "ref.mkv", with_bars(REF, 0, 22))
    dist = write(tmp_path / "dist.mkv", [tuple(p[: p.shape[0] // 2] for p in f) for f in with_bars(DIST, 0, 22)])
    with pytest.raises(PrepareError, match=r"dist.mkv, stream 0: .* different shapes, 192x172 .* and 192x86"):
        opened(ref, dist)


def deep(frames: list[Any], bits: int) -> list[Any]:
    return each(frames, lambda plane: plane.astype(np.uint16) << bits)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("deeper", ["ref", "dist"])
def test_depths(tmp_path: Path, deeper: str, bits: int) -> None:
    """The shallower side gets zeros below, as in limited range, whichever it is."""
    pixel = f"yuv420p{bits}le"
    shallow, low = (DIST, "dist") if deeper == "ref" else (REF, "ref")
    high = write(tmp_path / f"{deeper}.mkv", deep(REF if deeper == "ref" else DIST, bits - 8), pixel)
    same = write(tmp_path / "same.mkv", deep(shallow, bits - 8), pixel)
    less = write(tmp_path / f"{low}.mkv", shallow)
    want = scored(opened(*((high, same) if deeper == "ref" else (same, high)), "none"))
    pair = opened(*((high, less) if deeper == "ref" else (less, high)))
    assert pair.ref.format.bpc == pair.dist.format.bpc == bits
    assert scored(pair) == want


def full(plane: np.ndarray[Any, Any], luma: bool) -> np.ndarray[Any, Any]:
    value = (plane - 16.0) * 255 / 219 if luma else (plane - 128.0) * 255 / 224 + 128
    return np.clip(np.rint(value), 0, 255).astype(np.uint8)


def test_ranges(undamaged: tuple[Path, Path, list[float]], tmp_path: Path) -> None:
    """Luma of limited range comes back out of full range exactly."""
    want = undamaged[2]
    ref = write(tmp_path / "ref.mkv", REF, color_range=LIMITED)
    stored = [tuple(full(p, i == 0) for i, p in enumerate(frame)) for frame in DIST]
    dist = write(tmp_path / "dist.mkv", stored, color_range=FULL)
    pair = opened(ref, dist)
    assert pair.preparation is not None
    assert pair.preparation.dist.steps[0].reason == "full range becomes limited"
    assert scored(pair) == want


def test_chroma_formats(undamaged: tuple[Path, Path, list[float]], tmp_path: Path) -> None:
    ref, _, want = undamaged
    twice = [(y, *(c.repeat(2, 0).repeat(2, 1) for c in uv)) for y, *uv in DIST]
    pair = opened(ref, write(tmp_path / "dist.mkv", twice, "yuv444p"))
    assert pair.dist.format.chroma == "420"
    assert scored(pair) == want


@pytest.mark.parametrize("pixel", ["nv12", "yuv420p10be"])
def test_layouts_that_are_read_as_they_are_need_no_step(tmp_path: Path, pixel: str) -> None:
    frames = REF if pixel == "nv12" else deep(REF, 2)
    plain = write(tmp_path / "plain.nut", frames, "yuv420p" if pixel == "nv12" else "yuv420p10le", codec="rawvideo")
    with av.open(str(plain)) as source, av.open(str(tmp_path / "other.nut"), "w") as out:
        stream = out.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel
        for frame in source.decode(video=0):
            for packet in stream.encode(frame.reformat(format=pixel)):
                out.mux(packet)
    pair = opened(plain, tmp_path / "other.nut")
    assert pair.preparation is None
    assert all(np.array_equal(a, b) for ref, dist in frames_of(pair) for a, b in zip(ref, dist, strict=True))


def test_what_the_container_crops_is_cut_off(undamaged: tuple[Path, Path, list[float]], tmp_path: Path) -> None:
    ref, _, want = undamaged
    padded = [tuple(np.pad(p, ((0, 8 >> (i > 0)), (4 >> (i > 0), 0)), mode="edge") for i, p in enumerate(frame))
              for frame in DIST]  # fmt: skip
    videos = [open_video(path) for path in (ref, write(tmp_path / "dist.mkv", padded))]
    facts = [facts_of_video(video) for video in videos]
    facts[1] = replace(facts[1], container_crop=(4, 0, 0, 8))
    pair = prepare_videos(videos, "auto", facts=facts)
    assert pair.preparation is not None
    assert pair.preparation.dist.graph == "crop=192:128:4:0:exact=1"
    assert pair.preparation.dist.steps[0].reason == "the container crops"
    assert scored(pair) == want


# Resampled: nearly


def soft(frames: list[Any]) -> list[Any]:
    """Less contrast, so that no colour is beyond RGB, and no edges."""
    near = np.array([1, 4, 6, 4, 1]) / 16

    def blur(plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        padded = np.pad(128 + (plane - 128.0) / 2, 2, mode="edge")
        rows = sum(w * padded[i : i + plane.shape[0]] for i, w in enumerate(near))
        return np.rint(sum(w * rows[:, i : i + plane.shape[1]] for i, w in enumerate(near))).astype(np.uint8)

    return each(frames, blur)


@pytest.fixture(scope="module")
def mild(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any], list[float]]:
    """A soft reference, frames of the distorted video, and their scores."""
    folder = tmp_path_factory.mktemp("mild")
    ref, frames = write(folder / "ref.mkv", soft(REF), colorspace=BT709, color_range=LIMITED), soft(DIST)
    return ref, frames, scored(opened(ref, write(folder / "dist.mkv", frames), "none"))


@pytest.mark.parametrize("size", [(WIDTH * 2, HEIGHT * 2), (WIDTH * 3 // 2, HEIGHT * 3 // 2)])
def test_sizes(mild: tuple[Path, list[Any], list[float]], tmp_path: Path, size: tuple[int, int]) -> None:
    """A picture without fine detail survives being enlarged and scaled back."""
    ref, frames, want = mild
    large = [frame_of(f, "yuv420p", (WIDTH, HEIGHT)).reformat(*size, interpolation="BICUBIC") for f in frames]
    pair = opened(ref, write(tmp_path / "large.mkv", [planes_of(f)[1] for f in large]))
    assert np.mean(scored(pair)) == pytest.approx(np.mean(want), abs=0.5)


def analysis(kr: float, kb: float) -> np.ndarray[Any, Any]:
    """Y, Cb and Cr of R, G and B, by ITU-T H.273."""
    y = np.array([kr, 1 - kr - kb, kb])
    return np.stack([y, (np.array([0, 0, 1]) - y) / (2 - 2 * kb), (np.array([1, 0, 0]) - y) / (2 - 2 * kr)])


def as_601(planes: Any) -> Any:
    """4:4:4 BT.601 of 4:2:0 BT.709, both of limited range."""
    y, u, v = planes[0], *(c.repeat(2, 0).repeat(2, 1) for c in planes[1:])
    scale, offset = np.array([219, 224, 224]), np.array([16, 128, 128])
    change = analysis(0.299, 0.114) @ np.linalg.inv(analysis(0.2126, 0.0722))
    out = (np.stack([y, u, v], -1) - offset) / scale @ change.T * scale + offset
    return tuple(np.rint(out[..., i]).astype(np.uint8) for i in range(3))


def test_matrices(mild: tuple[Path, list[Any], list[float]], tmp_path: Path) -> None:
    ref, frames, want = mild
    stored = [as_601(frame) for frame in frames]
    dist = write(tmp_path / "dist.mkv", stored, "yuv444p", colorspace=6, color_range=LIMITED)
    pair = opened(ref, dist)
    assert pair.preparation is not None
    assert "matrix bt601 becomes bt709" in pair.preparation.dist.steps[0].reason
    # In 10 bits, so that only the rounding of what was stored is left: half of luma, and what chroma's adds to it.
    got = frames_of(opened(ref, dist))
    assert {side.output.bpc for side in (pair.preparation.ref, pair.preparation.dist)} == {10}
    assert max(np.abs(f[1][0] / 4 - frames[i][0]).max() for i, f in enumerate(got)) <= 0.75
    assert np.mean(scored(pair)) == pytest.approx(np.mean(want), abs=0.5)


def test_samples_that_are_not_square(undamaged: tuple[Path, Path, list[float]], tmp_path: Path) -> None:
    """Both of one shape: compared as stored. A narrower picture of wide samples is widened."""
    ref, _, want = undamaged
    wide: Any = {"aspect": Fraction(4, 3), "codec": "libx264", "options": {"qp": "0"}}
    pair = opened(write(tmp_path / "a.mkv", REF, **wide), write(tmp_path / "b.mkv", DIST, **wide))
    assert pair.preparation is None
    assert scored(pair) == want
    narrow = clip(noise=30, size=(WIDTH * 3 // 4, HEIGHT))
    pair = opened(ref, write(tmp_path / "c.mkv", narrow, **wide))
    assert pair.preparation is not None
    assert pair.preparation.dist.steps[0].reason == "144x128 is scaled to 192x128"
    with pytest.raises(PrepareError, match=r"different shapes, 192x128 \(1.500:1\) and 144x128 \(1.125:1\)"):
        opened(ref, write(tmp_path / "d.mkv", narrow))
    unlike = opened(ref, tmp_path / "d.mkv", {"aspect": False})
    assert unlike.dist.format.width == WIDTH


def test_y4m_says_its_samples_shape(tmp_path: Path) -> None:
    data = b"".join(b"FRAME\n" + b"".join(p.tobytes() for p in frame) for frame in REF)
    for name, aspect in (("square", "1:1"), ("wide", "4:3"), ("unknown", "0:0")):
        head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1 Ip A{aspect} C420\n".encode()
        (tmp_path / f"{name}.y4m").write_bytes(head + data)
    with pytest.raises(PrepareError, match=r"wide.y4m.*different shapes, 192x128 \(1.500:1\) and 192x128 \(2.000:1\)"):
        opened(tmp_path / "square.y4m", tmp_path / "wide.y4m")
    assert opened(tmp_path / "square.y4m", tmp_path / "unknown.y4m").preparation is None


def test_raw_video_and_y4m_go_through_the_same_filters(tmp_path: Path) -> None:
    """Frames of planes come out as the decoder's do."""
    data = [b"".join(p.tobytes() for p in frame) for frame in DIST]
    (tmp_path / "dist.yuv").write_bytes(b"".join(data))
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1 Ip C420\n".encode()
    (tmp_path / "dist.y4m").write_bytes(head + b"".join(b"FRAME\n" + one for one in data))
    ref, dist = write(tmp_path / "ref.mkv", REF), write(tmp_path / "dist.mkv", DIST)
    how = {"size": (160, 96), "aspect": False, "depth": 10}
    want = frames_of(opened(ref, dist, how))
    for name in ("dist.yuv", "dist.y4m"):
        raw = VideoFormat(WIDTH, HEIGHT)
        got = frames_of(opened(ref, tmp_path / name, how, raw=raw))
        assert all(
            np.array_equal(x, y) for a, b in zip(want, got, strict=True) for x, y in zip(a[1], b[1], strict=True)
        )


def test_odd_sizes_of_raw_video(tmp_path: Path) -> None:
    """Chroma of odd sizes may be rounded down in a raw file; the last column and row go on."""
    width, height, down = 33, 17, (33 // 2) * (17 // 2)
    luma = np.arange(width * height, dtype=np.uint8)
    (tmp_path / "odd.yuv").write_bytes(luma.tobytes() + bytes(range(down)) + bytes(range(down)))
    pair = opened(tmp_path / "odd.yuv", tmp_path / "odd.yuv", {"depth": 10}, raw=VideoFormat(width, height))
    y, u, _ = frames_of(pair)[0][0]
    assert np.array_equal(y.ravel(), luma.astype(np.uint16) * 4)
    assert u.shape == (9, 17)
    assert [*u[0, :3].tolist(), u[0, 16], u[8, 0]] == [0, 4, 8, 15 * 4, 7 * 16 * 4]


@pytest.mark.parametrize("pixel", ["gray", "gray10le"])
@pytest.mark.parametrize("tags", [(LIMITED, FULL), (FULL, LIMITED), (LIMITED, LIMITED)])
def test_grey_has_a_range_too(tmp_path: Path, pixel: str, tags: tuple[int, int]) -> None:
    """swscale by itself takes grey for full range."""
    bits = 10 if "10" in pixel else 8
    luma = np.arange(16 << (bits - 8), 235 << (bits - 8)).astype(np.uint8 if bits == 8 else np.uint16)
    plane = np.resize(luma, (HEIGHT, WIDTH))
    ref = write(tmp_path / "ref.mkv", [(plane,)], pixel, color_range=tags[0])
    dist = write(tmp_path / "dist.mkv", [(plane,)], pixel, color_range=tags[1])
    got = frames_of(opened(ref, dist, {"crop": False, "size": (WIDTH, HEIGHT)}))[0][1][0]
    top, black, scale = (1 << bits) - 1, 16 << (bits - 8), (219 << (bits - 8)) / ((1 << bits) - 1)
    want = {(LIMITED, FULL): plane * scale + black, (FULL, LIMITED): (plane - float(black)) / scale}.get(tags, plane)
    assert np.abs(got - np.clip(want, 0, top)).max() < 0.6


def test_grey_against_colour(undamaged: tuple[Path, Path, list[float]], tmp_path: Path) -> None:
    """The chroma of the reference: none, or a neutral one for the distorted video."""
    ref, dist, want = undamaged
    grey = write(tmp_path / "grey.mkv", [frame[:1] for frame in REF], "gray", color_range=LIMITED)
    pair = opened(grey, dist)
    assert pair.dist.format.chroma == "400"
    assert scored(pair) == want
    pair = opened(ref, grey)
    assert pair.dist.format.chroma == "420"
    assert all((p == 128).all() for _, frame in frames_of(pair) for p in frame[1:])


def test_crops_turns_and_tags_that_are_named_for_a_side(
    undamaged: tuple[Path, Path, list[float]], tmp_path: Path
) -> None:
    """Whatever the file says, as in the steps of an inspection."""
    ref, _, want = undamaged
    stored = [tuple(np.rot90(full(p, i == 0), 1) for i, p in enumerate(f)) for f in with_bars(DIST, 8, 4)]
    dist = write(tmp_path / "dist.mkv", stored)
    named = {"crop": {"dist": [4, 8, 4, 8]}, "rotate": {"dist": 270}, "assume": {"dist": {"range": "full"}}}
    assert scored(opened(ref, dist, named)) == want
    steps = [
        {"do": "align"}, {"do": "crop", "side": "dist", "edges": [4, 8, 4, 8]},
        {"do": "rotate", "side": "dist", "degrees": 270}, {"do": "scale", "side": "dist", "size": [WIDTH, HEIGHT]},
        {"do": "range", "side": "dist", "from": "full", "to": "limited"},
    ]  # fmt: skip
    assert scored(opened(ref, dist, steps)) == want
    settings = Settings.of(steps)
    assert settings is not None and Settings.of(json.loads(json.dumps(settings.as_dict()))) == settings
    assert hash(settings) == hash(Settings.of(settings.as_dict()))


def test_what_is_said_of_one_tag_leaves_the_others(tmp_path: Path) -> None:
    facts = facts_of(write(tmp_path / "a.mkv", REF))
    tagged = replace(facts, range="limited", matrix="bt2020")
    made = plan_preparation(facts, tagged, {"assume": {"dist": {"range": "full"}}})
    assert made is not None and not made.ref.steps
    assert (made.dist.range, made.dist.matrix) == ("limited", "bt2020")
    assert [step.reason for step in made.dist.steps] == ["full range becomes limited"]


def test_steps_that_are_not_of_a_preparation_are_refused() -> None:
    with pytest.raises(VmafValueError, match="step 'swap' is none that prepares: give the videos in the other order"):
        Settings.of([{"do": "swap"}])
    for bad in (
        {"crop": {"both": (0, 0, 0, 0)}}, {"crop": {"ref": (0, 0, 0)}}, {"crop": {"ref": (0, 0, 0, -1)}},
        {"rotate": {"dist": 45}}, {"assume": True}, {"assume": {"ref": {"transfer": "PQ"}}},
        {"assume": {"ref": {"range": "tv"}}},
    ):  # fmt: skip
        with pytest.raises(VmafValueError, match=r"prepare\['(crop|rotate|assume|range)'\]"):
            Settings.of(bad)


def test_a_container_that_crops_everything_away_is_refused(tmp_path: Path) -> None:
    facts = facts_of(write(tmp_path / "a.mkv", REF))
    with pytest.raises(PrepareError, match=r"a\.mkv, stream 0: of 192x128 nothing is left when 100, 0, 92, 0 are"):
        plan_preparation(facts, replace(facts, container_crop=(100, 0, 92, 0)))
    with pytest.raises(PrepareError, match="shown turned by 45 degrees; only multiples of 90"):
        plan_preparation(facts, replace(facts, rotation=45))


def test_turned_422_has_its_chroma_scaled_by_the_stated_filter(tmp_path: Path) -> None:
    """Turned chroma of 4:2:2 is no 4:2:2; FFmpeg would convert it as it likes."""
    stored = [(np.rot90(y, -1), *(np.rot90(c.repeat(2, 1), -1)[:, ::2] for c in uv)) for y, *uv in DIST]
    how: Any = {"rotation": 90, "codec": "libx264", "options": {"qp": "0"}}
    path = write(tmp_path / "turned.mp4", stored, "yuv422p", **how)
    pair = opened(write(tmp_path / "ref.mkv", REF), path)
    assert pair.preparation is not None
    chain = pair.preparation.dist.graph.split(",")
    assert [one.partition("=")[0] for one in chain] == ["scale", "format", "transpose", "scale", "format"]
    assert chain[1] == "format=yuv444p"
    assert all(np.array_equal(frame[0], DIST[i][0]) for i, (_, frame) in enumerate(frames_of(pair)))


#: A format per kind, and how far its luma may be from the picture's, on the average, in 8-bit codes.
KINDS = {
    "yuv420p16le": 0.5, "yuv410p": 0.5, "yuv411p": 0.5, "yuv440p": 0.5, "yuv422p10be": 0.5, "nv12": 0.5, "yuyv422": 0.5,
    "y210le": 0.5, "p010le": 0.5, "yuva444p": 0.5, "rgb24": 1.5, "gbrp12le": 1.5, "bgra": 1.5, "rgb48be": 1.5,
    "gbrpf32le": 1.5, "rgb565le": 2, "0rgb": 2, "x2rgb10le": 1.5, "yuv444p14le": 0.5, "ayuv64le": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("pixel", KINDS)
def test_every_kind_of_pixel_format(pixel: str, rotation: int) -> None:
    """Cropped, turned and converted by filters that the preparation names, without any that FFmpeg puts in between."""
    try:
        format = av.VideoFormat(pixel, WIDTH, HEIGHT)
    except ValueError:
        pytest.skip(f"this FFmpeg has no {pixel}")
    base = soft(REF)[0]
    flags = {"src_colorspace": BT709, "dst_colorspace": BT709, "src_color_range": 1, "dst_color_range": 1}
    frame = frame_of(base, "yuv420p", (WIDTH, HEIGHT)).reformat(format=pixel, **flags)
    chroma, depth = samples_of(format)
    ref = Facts("ref", "", "", 0, WIDTH, HEIGHT, WIDTH, HEIGHT, pixel_format="yuv444p10le", chroma="444", depth=10,
                range="limited", matrix="bt709")  # fmt: skip
    facts = replace(ref, pixel_format=pixel, chroma=chroma, depth=depth, rotation=rotation,
                    container_crop=(8, 4, 0, 8))  # fmt: skip
    made = plan_preparation(ref, facts, {"aspect": False, "size": (184, 116) if not rotation else (116, 184)})
    assert made is not None
    av.logging.set_level(av.logging.VERBOSE)
    try:
        with av.logging.Capture() as lines:
            graph = Graph(made.dist.entry, (WIDTH, HEIGHT), made.dist.graph)
    finally:
        av.logging.set_level(None)
    assert not [text for _, _, text in lines if "auto_scale" in text]
    graph.push(frame)
    luma = planes_of(graph.pull())[1][0] / (1 << (made.dist.output.bpc - 8))
    want = np.rot90(base[0][4:120, 8:], rotation // 90)
    assert np.abs(luma - want).mean() < KINDS[pixel]
