# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What files say of their pictures and what differs is told, and decides nothing."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.containers import (  # noqa: E402
    CONTAINERS,
    HEIGHT,
    WIDTH,
    damage,
    encode,
    lumas,
    psnr,
    write_files,
    y4m_bytes,
)

from pyvmaf import IncompleteError  # noqa: E402
from pyvmaf.video import (  # noqa: E402
    Pair,
    RawVideo,
    VideoFormat,
    Y4mVideo,
    open_video,
)

FRAMES = 4
FORMAT = VideoFormat(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("inputs"), FRAMES)


# What tags say


def tagged(**values: Any) -> Callable[[Any, Any], None]:
    def prepare(container: Any, stream: Any) -> None:
        for name, value in values.items():
            if name == "rotation":
                stream.set_display_rotation(value)
            else:
                setattr(stream.codec_context, name, value)

    return prepare


TAGS = {
    "range": (
        {"color_range": 1, "colorspace": 1},
        {"color_range": 2, "colorspace": 1},
        "sample ranges differ: the reference is tagged limited",
    ),
    "matrix": ({"colorspace": 1}, {"colorspace": 9}, "YUV matrices differ"),
    "PQ": ({"color_trc": 1}, {"color_trc": 16}, "transfer characteristics differ.*SDR.*PQ"),
    "HLG": ({"color_trc": 18}, {"color_trc": 1}, "transfer characteristics differ.*HLG.*SDR"),
}


# Which tags each container, with the codec that the tests give it, has a place for.
COLOURED = {"mkv", "mp4", "mov", "ts", "flv", "h264", "hevc", "webm", "mpg", "mxf"}
KEEPS = {
    "range": COLOURED - {"mpg", "mxf"},  # MPEG-2 knows limited range only
    "matrix": COLOURED, "PQ": COLOURED, "HLG": COLOURED,
    "rotation": {"mkv", "mp4", "mov", "webm"},
    "rate": set(CONTAINERS) - {"h264", "hevc"},
}  # fmt: skip
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    **{what: ({"prepare": tagged(**a)}, {"prepare": tagged(**b)}, message) for what, (a, b, message) in TAGS.items()},
    "rotation": ({}, {"prepare": tagged(rotation=180)}, "turned by 0 degrees, the distorted video by 180"),
    "rate": ({"rate": 25}, {"rate": 50}, "frame rates differ: 25 and 50 a second"),
}


@pytest.mark.parametrize("extension", CONTAINERS)
@pytest.mark.parametrize("what", KEEPS)
def test_what_differs_in_any_container_is_told(tmp_path: Path, extension: str, what: str) -> None:
    """Once where the container keeps it; never where it does not, nor of a file beside itself."""
    first, second, message = CHANGES[what]
    a, b = tmp_path / f"a.{extension}", tmp_path / f"b.{extension}"
    encode(a, lumas(4), **first)
    encode(b, lumas(4), **second)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        psnr(a, b)
        count = len(told)
        psnr(a, a)
    assert len(told) == count == (extension in KEEPS[what])
    assert not told or re.search(message, str(told[0].message))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("F25:1 Ip C420", "F50:1 Ip C420", CHANGES["rate"][2]),
        ("F25:1 Ip C420 XCOLORRANGE=LIMITED", "F25:1 Ip C420 XCOLORRANGE=FULL", TAGS["range"][2]),
    ],
)
def test_what_differs_in_y4m_is_told(tmp_path: Path, first: str, second: str, message: str) -> None:
    for name, tags in (("a", first), ("b", second)):
        (tmp_path / name).write_bytes(y4m_bytes(4, tags=tags))
    with pytest.warns(UserWarning, match=message):
        psnr(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "ts", "flv", "h264", "mpg", "mxf"])
def test_interlaced_flags_are_told(tmp_path: Path, extension: str) -> None:
    if CONTAINERS[extension][0] == "mpeg2video":
        how: dict[str, Any] = {"options": {"flags": "+ilme+ildct", "field_order": "tt"}}
    else:
        how = {"codec": "libx264", "options": {"x264-params": "tff=1:interlaced=1"}}
    path = encode(tmp_path / f"a.{extension}", lumas(4), **how)
    (tmp_path / "ref.y4m").write_bytes(y4m_bytes(4))
    with pytest.warns(UserWarning, match="the distorted video is tagged as interlaced"):
        assert len(psnr(tmp_path / "ref.y4m", path)) == 4


def test_a_warning_as_an_error_loses_no_scores(tmp_path: Path) -> None:
    """What the readers noticed comes after the last frame."""
    (tmp_path / "ref.y4m").write_bytes(y4m_bytes(20))
    path = damage(encode(tmp_path / "a.mp4", lumas(20), options={"g": "1"}), 17)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(IncompleteError) as caught:
            psnr(tmp_path / "ref.y4m", path)
    assert len(caught.value.result.frames) == 20


def test_what_readers_are_taken(files: Path) -> None:
    with open_video(files / "ref.y4m", FORMAT) as a, open_video(files / "ref.yuv", FORMAT) as b:
        assert isinstance(a, Y4mVideo) and isinstance(b, RawVideo)
        assert sum(1 for _ in Pair(a, b)) == FRAMES
