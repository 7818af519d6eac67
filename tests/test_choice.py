# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which model "auto" is: by size, frame rate and viewing distance, with the reason."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import pyvmaf
from pyvmaf import choose_model
from pyvmaf.cli.pyvmaf import main
from pyvmaf.scoring.wanted import choose
from pyvmaf.video import Pair, open_video

V1 = "vmaf_v1.0.16_"


@pytest.mark.parametrize(
    "size,rate,distance,model",
    [
        ((1920, 1080), None, None, "3d0h"),
        ((1920, 1080), 30, None, "3d0h"),
        ((1920, 1080), 39.99, None, "3d0h"),
        ((1920, 1080), 40, None, "hfr_3d0h"),
        ((1920, 1080), 119.88, 5, "hfr_5d0h"),
        ((1920, 1080), 24, 4, "3d0h"),  # half way: the nearer to the screen
        ((1920, 1080), 24, 4.1, "5d0h"),
        ((640, 360), 24, 0.5, "3d0h"),
        ((2880, 1620), 24, None, "3d0h"),
        ((2882, 1620), 24, None, "1d5h_2160"),
        ((2880, 1622), 24, None, "1d5h_2160"),
        ((1080, 1920), 24, None, "3d0h"),  # upright
        ((2160, 3840), 24, None, "1d5h_2160"),
        ((3840, 1600), 24, None, "1d5h_2160"),  # a wide film
        ((3840, 2160), 50, None, "hfr_1d5h_2160"),
        ((3840, 2160), 24, 3, "3d0h_2160"),
        ((3840, 2160), 24, 2.25, "1d5h_2160"),
        ((7680, 4320), 60, 9, "hfr_3d0h_2160"),
    ],
)
def test_choice(size: tuple[int, int], rate: float | None, distance: float | None, model: str) -> None:
    assert choose_model(*size, rate, distance).model == V1 + model


def test_every_v1_model_is_chosen_for_something() -> None:
    chosen = {
        choose_model(*size, rate, distance).model
        for size in ((1920, 1080), (3840, 2160))
        for rate in (25, 50)
        for distance in (1.5, 3, 5)
    }
    assert chosen == {name for name in pyvmaf.builtin_models() if name.startswith(V1)}


def test_reasons() -> None:
    assert choose_model(1280, 720, 29.97, 3.5).reason == (
        "1280x720 is for a 1080p display; 29.97 frames per second; seen from 3.5 heights, nearest to 3"
    )
    assert str(choose_model(3840, 2160)) == (
        "model vmaf_v1.0.16_1d5h_2160: 3840x2160 is for a 2160p display; frame rate unknown; "
        "seen from 1.5 heights, as usual"
    )


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_what_is_no_distance_or_rate(value: float) -> None:
    with pytest.raises(ValueError, match=r"viewing_distance is .*above 0"):
        choose_model(1920, 1080, 25, value)
    with pytest.raises(ValueError, match=r"frame_rate is .*above 0"):
        choose_model(1920, 1080, value)


def y4m(path: Path, rate: str, size: tuple[int, int] = (32, 16), frames: int = 2) -> Path:
    rng = np.random.default_rng(1)
    body = b"".join(
        b"FRAME\n" + rng.integers(0, 256, size[0] * size[1] * 3 // 2, np.uint8).tobytes() for _ in range(frames)
    )
    path.write_bytes(f"YUV4MPEG2 W{size[0]} H{size[1]} F{rate} Ip C420\n".encode() + body)
    return path


@pytest.mark.parametrize("rate,want", [("60000:1001", 60000 / 1001), ("25:1", 25.0), ("0:0", None), ("30:0", None)])
def test_frame_rate_of_y4m(tmp_path: Path, rate: str, want: float | None) -> None:
    with open_video(y4m(tmp_path / "v.y4m", rate)) as video:
        assert video.frame_rate == want


def test_the_choice_takes_the_place_of_auto(tmp_path: Path) -> None:
    with open_video(y4m(tmp_path / "a.y4m", "50:1")) as a, open_video(y4m(tmp_path / "b.y4m", "25:1")) as b:
        models, choice = choose(["vmaf_v0.6.1", "auto"], Pair(a, b), None)
    assert models == ["vmaf_v0.6.1", choice.model]
    assert choice.model == V1 + "hfr_3d0h"


def test_a_distance_without_auto(tmp_path: Path) -> None:
    video = y4m(tmp_path / "v.y4m", "25:1")
    with pytest.raises(ValueError, match=r"viewing_distance is 3\.0, but no model is 'auto'"):
        pyvmaf.score(video, video, viewing_distance=3.0)


def test_auto_scores_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "cambi" not in [e.name for e in pyvmaf.extractors()]:
        pytest.skip("v1 models need cambi")
    ref = y4m(tmp_path / "ref.y4m", "24:1", (320, 320))
    result = pyvmaf.score(ref, ref, model="auto", viewing_distance=3)
    assert result.note and result.note.startswith(f"model {V1}3d0h: 320x320 is for a 1080p display; 24 frames")
    assert result.score > 80
    assert main(["score", str(ref), str(ref), "--model", "auto"]) == 0
    assert f"model {V1}3d0h: " in capsys.readouterr().err
