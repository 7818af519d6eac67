# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What files say of their pictures and what differs is told, and decides nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.containers import (  # noqa: E402
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


@pytest.mark.parametrize("extension", ["mp4", "mkv", "mov", "ts"])
@pytest.mark.parametrize("what", TAGS)
def test_tags_that_differ_are_told(tmp_path: Path, extension: str, what: str) -> None:
    first, second, message = TAGS[what]
    a, b = tmp_path / f"a.{extension}", tmp_path / f"b.{extension}"
    encode(a, lumas(2), codec="libx264", prepare=tagged(**first))
    encode(b, lumas(2), codec="libx264", prepare=tagged(**second))
    with pytest.warns(UserWarning, match=message):
        psnr(a, b)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        psnr(a, a)


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
def test_rotations_that_differ_are_told(tmp_path: Path, extension: str) -> None:
    a, b = tmp_path / f"a.{extension}", tmp_path / f"b.{extension}"
    encode(a, lumas(2), codec="libx264")
    encode(b, lumas(2), codec="libx264", prepare=tagged(rotation=180))
    with pytest.warns(UserWarning, match="turned by 0 degrees, the distorted video by 180"):
        psnr(a, b)


@pytest.mark.parametrize("extension", ["mp4", "mkv", "avi", "y4m"])
def test_frame_rates_that_differ_are_told(tmp_path: Path, extension: str) -> None:
    for name, rate in (("a", 25), ("b", 50)):
        if extension == "y4m":
            (tmp_path / f"{name}.y4m").write_bytes(y4m_bytes(4, tags=f"F{rate}:1 Ip C420"))
        else:
            encode(tmp_path / f"{name}.{extension}", lumas(4), rate=rate)
    with pytest.warns(UserWarning, match="frame rates differ: 25 and 50 a second"):
        psnr(tmp_path / f"a.{extension}", tmp_path / f"b.{extension}")


@pytest.mark.parametrize("extension", ["mp4", "mkv", "ts"])
def test_interlaced_flags_are_told(tmp_path: Path, extension: str) -> None:
    path = encode(tmp_path / f"a.{extension}", lumas(4), codec="libx264", options={"x264-params": "tff=1:interlaced=1"})
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
