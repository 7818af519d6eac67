# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Clips and command lines whose logs libvmaf's own library wrote once.

`data/make_peer_logs.py` stores what the peer logs for each; `test_cli_vmaf.py`
runs the command and compares bytes. Versions and speeds are masked.
"""

from __future__ import annotations

import copy
import json
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from support.clips import Clip, make_frames

LOGS = Path(__file__).parents[1] / "data" / "peer_logs.json"

# The clip of the documentation's worked example.
EXAMPLE = ["-r", "ref.yuv", "-d", "dis.yuv", "-w", "64", "-h", "64", "-p", "420", "-b", "8"]
DEEP = ["-r", "ref10.yuv", "-d", "dis10.yuv", "-w", "50", "-h", "38", "-p", "422", "-b", "10"]
WIDE = ["--reference", "ref12.y4m", "--dist=dis12.y4m"]
PSNR = ["-n", "--feature", "psnr=enable_apsnr=true:enable_mse=true"]

CASES: dict[str, list[str]] = {
    "psnr csv": [*EXAMPLE, *PSNR, "--subsample", "2", "--csv"],
    "psnr sub": [*EXAMPLE, *PSNR, "--subsample", "2", "--sub"],
    "psnr xml": [*EXAMPLE, *PSNR, "--subsample", "2"],
    "psnr json": [*EXAMPLE, *PSNR, "--subsample", "2", "--xml", "--json"],
    "default model": [*EXAMPLE, "--feature", "psnr=enable_apsnr=true"],
    "two models": [
        *EXAMPLE, "--json", "-m", "version=vmaf_v0.6.1:name=one", "-mversion=vmaf_v0.6.1neg:name=two",
    ],
    "overload": [
        *EXAMPLE, "--csv", "--model",
        "version=vmaf_v0.6.1:name=gain:adm.adm_enhn_gain_limit=1.2:vif.vif_enhn_gain_limit=1.0",
    ],
    "flags": [
        *EXAMPLE, "--model", "version=vmaf_v0.6.1:name=raw:disable_clip",
        "--model", "version=vmaf_v0.6.1:name=curve:enable_transform=true",
    ],
    "debug": [
        *EXAMPLE, "--json", "-n", "--feature", "vif=debug=true", "--feature=adm=debug=true",
        "--feature", "motion=debug=true",
    ],
    "motion options": [
        *EXAMPLE, "-n", "--feature",
        "motion=motion_five_frame_window=true:motion_moving_average=true:motion_max_val=18",
        "--feature", "motion=motion_blend_factor=0.5:motion_blend_offset=2.0",
    ],
    "ten bits": [*DEEP, "--subsample", "3"],
    "ten bits 4k sub": [*DEEP, "--sub", "-m", "version=vmaf_4k_v0.6.1"],
    "twelve bits y4m": [*WIDE, "--json", "--feature", "psnr=reduced_hbd_peak=true:min_sse=0.5"],
    "luma psnr": [*DEEP, "--csv", "-n", "--feature", "psnr=enable_chroma=false"],
    "skip and count": [
        *DEEP, "--frame_skip_ref", "1", "--frame_skip_dist=2", "--frame_cnt", "2", "--csv",
    ],
    "last option wins": [*EXAMPLE, "--json", "--sub", "--csv", "-n", "--feature", "vif", "-b", "8"],
    "model without prediction": [*EXAMPLE, "-n", "--csv", "-m", "version=vmaf_v0.6.1neg"],
    "collection": [
        *EXAMPLE, "--json", "-m", "path=bag.json:name=bag", "-m", "version=vmaf_v0.6.1",
    ],
    "feature params": [*EXAMPLE, "-n", "--csv", "--feature", "psnr", "--feature_params", "psnr:enable_mse=true"],
}  # fmt: skip


def example_luma(i: int, distorted: bool) -> np.ndarray:
    x, y = np.meshgrid(np.arange(64), np.arange(64))
    ref = 20 + (3 * x + 5 * y + 7 * i) % 200
    return (ref + (x * y + i) % 5 - 2 if distorted else ref).astype(np.uint8)


def write_collection(path: Path) -> None:
    """A bootstrap collection: the standard model, then members that weigh a feature differently."""
    model = json.loads((Path(__file__).parents[2] / "model" / "vmaf_v0.6.1.json").read_text())
    model["model_dict"]["model_type"] = "BOOTSTRAP_LIBSVMNUSVR"
    members = {}
    for k in range(4):
        member = copy.deepcopy(model)
        member["model_dict"]["intercepts"][1] += 0.0625 * k
        members[str(k)] = member
    path.write_text(json.dumps(members))


def write_clips(folder: Path) -> None:
    """The files that the command lines name."""
    write_collection(folder / "bag.json")
    for name, distorted in (("ref", False), ("dis", True)):
        lumas = (example_luma(i, distorted).tobytes() for i in range(3))
        (folder / f"{name}.yuv").write_bytes(b"".join(y + bytes([128]) * 2048 for y in lumas))
    for bpc, width, height, chroma in ((10, 50, 38, "422"), (12, 96, 64, "444")):
        sides = make_frames(Clip(width, height, bpc, chroma, frames=6))
        for name, frames in zip(("ref", "dis"), sides, strict=True):
            planes = [b"".join(p.astype("<u2").tobytes() for p in frame) for frame in frames]
            if bpc == 10:
                (folder / f"{name}10.yuv").write_bytes(b"".join(planes))
            else:
                head = f"YUV4MPEG2 W{width} H{height} F25:1 Ip C{chroma}p{bpc}\n".encode()
                data = b"".join(b"FRAME\n" + p for p in planes)
                (folder / f"{name}12.y4m").write_bytes(head + data)


def interrupted_at_a_pipe(
    argv: Sequence[str], data: bytes, environment: Mapping[str, str], number: int = signal.SIGINT
) -> tuple[int, str, str]:
    """Status, stdout and stderr of a command that gets that signal when it has taken `data` from the file "pipe"."""
    os.mkfifo("pipe")
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    pipe = os.open("pipe", os.O_RDWR)  # so that opening waits for nobody
    try:
        os.write(pipe, data)
        # Only when all was taken is there something to interrupt.
        deadline = time.monotonic() + 30
        while select.select([pipe], [], [], 0)[0] and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        os.close(pipe)
    return process.returncode, out, err


def mask(log: str) -> str:
    """The log without what differs from run to run."""
    log = re.sub(r'(<VMAF version=|"version": )"[^"]*"', r'\1"VERSION"', log)
    return re.sub(r'(<fyi fps="|"fps": )-?[\w.]+', r"\1FPS", log)
