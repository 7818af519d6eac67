# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The clips of the published LPIPS numbers, rebuilt from their recipes.

A clip is a list of frames, a frame the three planes. Everything comes from a
few shared files, cut, thinned out or put beside a generated pattern; the
recorded sha256 of the whole file tells that the rebuilt one is the same.
"""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SHARED = Path(__file__).resolve().parents[3] / "shared"
GOLDEN = SHARED / "golden" / "lpips.json"
MODEL = SHARED / "model" / "lpips_sq.onnx"

Plane = npt.NDArray[Any]
Frame = tuple[Plane, Plane, Plane]
SUBSAMPLING = {"420": (1, 1), "422": (1, 0), "444": (0, 0)}


def golden() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text())
    return found


def read(name: str, data: bytes | None = None) -> list[Frame]:
    """The frames of a file whose name tells its format: NAME_WxH_FMT_Bb.yuv."""
    match = re.search(r"_(\d+)x(\d+)_(\d+)_(\d+)b\.(yuv|y4m)$", name)
    assert match, name
    w, h, bpc = int(match[1]), int(match[2]), int(match[4])
    right, down = SUBSAMPLING[match[3]]
    if data is None:
        data = (SHARED / "clips" / name).read_bytes()
    if match[5] == "y4m":
        _, _, rest = data.partition(b"\n")
        size = w * h + 2 * (w >> right) * (h >> down)
        data = b"".join(rest[i + 6 : i + 6 + size] for i in range(0, len(rest), size + 6))
    samples = np.frombuffer(data, np.uint8 if bpc == 8 else "<u2")
    shapes = [(h, w)] + [((h + down) >> down, (w + right) >> right)] * 2
    frames, at = [], 0
    while at < samples.size:
        planes = []
        for shape in shapes:
            planes.append(samples[at : at + shape[0] * shape[1]].reshape(shape))
            at += shape[0] * shape[1]
        frames.append((planes[0], planes[1], planes[2]))
    return frames


def _each(frames: list[Frame], luma: Any, chroma: Any = slice(None)) -> list[Frame]:
    return [(y[luma], u[chroma], v[chroma]) for y, u, v in frames]


def crop(frames: list[Frame], x: int, y: int, w: int, h: int, right: int, down: int) -> list[Frame]:
    chroma = np.s_[y >> down :, x >> right :]
    size = np.s_[: (h + down) >> down, : (w + right) >> right]
    cut = [(p[0][y : y + h, x : x + w], p[1][chroma], p[2][chroma]) for p in frames]
    return [(y, u[size], v[size]) for y, u, v in cut]


def noise(w: int, h: int, pix_fmt: str, bpc: int, seed: int) -> list[Frame]:
    """Full-range noise: the top bits of a linear congruential generator."""
    right, down = SUBSAMPLING[pix_fmt]
    shapes = [(h, w)] + [((h + down) >> down, (w + right) >> right)] * 2
    x, samples = seed, []
    for _ in range(sum(a * b for a, b in shapes)):
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
        samples.append(x >> (32 - bpc))
    name = f"noise_{w}x{h}_{pix_fmt}_{bpc}b.yuv"
    return read(name, np.array(samples, np.uint8 if bpc == 8 else "<u2").tobytes())


def top(w: int, h: int, bpc: int, k: int) -> list[Frame]:
    """Codes at the very top, where rounding to 8 bits gives 256."""
    planes, most = [], (1 << bpc) - 1
    for offset, pw, ph in ((0, w, h), (3, w // 2, h // 2), (11, w // 2, h // 2)):
        t = 3 * np.arange(ph)[:, None] + 5 * np.arange(pw)[None] + offset
        low = most * ((t * k) % 16) // 40
        planes.append(np.where(t // 7 % 2 == 0, most - t % 8, low).astype("<u2"))
    return [(planes[0], planes[1], planes[2])]


def flat(w: int, h: int, code: tuple[int, int, int]) -> list[Frame]:
    y, u, v = code
    chroma = (h // 2, w // 2)
    return [(np.full((h, w), y, np.uint8), np.full(chroma, u, np.uint8), np.full(chroma, v, np.uint8))]


FLAT = {"black": (16, 128, 128), "white": (235, 128, 128), "grey": (126, 128, 128)}
FLAT |= {"red": (63, 102, 240), "blue": (32, 240, 118)}


def _side(clip: dict[str, Any], side: str) -> list[Frame]:
    name, w, h, bpc = clip[side], clip["w"], clip["h"], clip["bitdepth"]
    which = {"ref": "ref", "dis": "dis"}[side]
    even = np.s_[::2, ::2]
    sources: dict[str, Callable[[], list[Frame]]] = {
        "hall": lambda: read(f"hall_{which}_352x288_420_8b.yuv"),
        "src01": lambda: read(f"src01_{which}_576x324_420_10b.yuv")[:2],
        "src01_12": lambda: read(f"src01_{which}_576x324_420_12b.yuv")[:2],
        "bsds": lambda: read(f"bsds_100007_{which}_481x321_444_8b.yuv"),
    }
    kind = name.split("_")[0]
    if kind == "park":
        frames = read(name)
        return frames[:-1] if side == "ref" else frames[1:]
    if kind == "ident":
        source = name.split("_")[1]
        file = "hall_ref_352x288_420_8b.yuv" if source == "hall" else "src01_ref_576x324_420_10b.yuv"
        return read(file)[: len(clip["frames"])]
    if kind == "noise":
        return noise(w, h, clip["pix_fmt"], bpc, 1 if side == "ref" else 2)
    if kind == "top":
        return top(w, h, bpc, 3 if side == "ref" else 5)
    if kind == "flat":
        return flat(w, h, FLAT[name.split("_")[1 if side == "ref" else 2]])
    if name.startswith("crop_src01"):
        return crop(sources["src01"](), 40, 20, w, h, 1, 1)
    if name.startswith("crop_bsds"):
        return crop(sources["bsds"](), 11, 7, w, h, 0, 0)
    if kind.startswith("crop"):
        x, y = int(kind[4:]), int(name.split("_")[1])
        return crop(sources["hall"](), x, y, w, h, 1, 1)
    if kind == "h444":
        return _each(sources["hall"](), even)
    if kind == "h422":
        return _each(sources["hall"](), np.s_[::2])
    if kind == "h422odd":
        return crop(_each(sources["hall"](), np.s_[::2]), 0, 0, w, h, 1, 0)
    if kind == "s444":
        return _each(sources["src01"](), even)
    if kind == "s422":
        return _each(sources["src01_12"](), np.s_[::2])
    return read(name)


def load(clip: dict[str, Any]) -> list[tuple[Frame, Frame]] | None:
    """The frame pairs of a golden clip; ``None`` for one that cannot be rebuilt."""
    if clip["ref"].startswith("bbb720"):
        return None
    sides = []
    for side in ("ref", "dis"):
        frames = _side(clip, side)
        if digest := clip.get(f"{side}_sha256"):
            data = b"".join(plane.tobytes() for frame in frames for plane in frame)
            if not clip["ref"].startswith("park"):
                assert hashlib.sha256(data).hexdigest() == digest, clip[side]
        sides.append(frames)
    return list(zip(*sides, strict=True))
