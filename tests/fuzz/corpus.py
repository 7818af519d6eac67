# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Inputs to start from, made here: `write(name, folder)` for each harness."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SVM = "svm_type nu_svr\nkernel_type rbf\ngamma 0.5\nnr_class 2\ntotal_sv 2\nrho -40\nSV\n0.5 1:1 2:0.25\n-1e-3 2:1\n"
MODEL = {
    "model_type": "LIBSVMNUSVR", "norm_type": "linear_rescale", "feature_names": ["fake_adm3", "fake_speed_chroma"],
    "feature_opts_dicts": [{"level": 2}, {}], "slopes": [1.0, 0.5, 2], "intercepts": [0, 0.1, -1e-3], "model": SVM,
    "chroma_correction_parameter": 1.5, "score_clip": [0, 100],
    "score_transform": {"enabled": True, "p0": 1, "p1": 2, "knots": [[0, 1], [2, 3]], "out_gte_in": "true"},
}  # fmt: skip
REAL = {
    **MODEL, "feature_names": ["VMAF_integer_feature_motion2_score", "VMAF_integer_feature_adm2_score"],
    "feature_opts_dicts": [{"motion_force_zero": True}, {"adm_norm_view_dist": 3, "adm_enhn_gain_limit": 1}],
    "chroma_correction_parameter": 0,
}  # fmt: skip


def models() -> Iterator[bytes]:
    for each in (MODEL, REAL):
        yield json.dumps({"model_dict": each}).encode()
        members = {str(i): {"model_dict": {**each, "model_type": "BOOTSTRAP_LIBSVMNUSVR"}} for i in range(3)}
        yield json.dumps(members, indent=1).encode()
    yield b'{"model_dict": {"norm_type": "none", "feature_names": ["\\ud83d\\ude00"], "model": "' + (
        SVM.replace("\n", "\\n").encode() + b'"}}'
    )


def options() -> Iterator[bytes]:
    """Every extractor with every option at its default and at its ends."""
    from pyvmaf import extractors

    formats = [b"\1\0\x40\x30", b"\1\2\x50\x50", b"\4\3\x3f\x3f", b"\3\1\x7f\x60"]
    for i, extractor in enumerate(e for e in extractors() if e.name not in ("lpips", "null")):
        head = formats[i % 4] + extractor.name.encode() + b"\n"
        yield head
        rows = [o for o in extractor.options if o.name != "heatmaps_path"]
        for pick in ("default", "lowest", "highest"):
            values = [(o.name, str(getattr(o, pick)).lower()) for o in rows if o.type is not str]
            yield head + "\n".join("=".join(row) for row in values).encode()


def programs() -> Iterator[bytes]:
    """Calls at random, and runs that go well: what is used, frames, the flush, questions."""
    rng = random.Random(1)
    for _ in range(30):
        yield rng.randbytes(rng.randint(20, 300))
    for kind in range(12):
        use, frames = bytes([3, kind, rng.randrange(256)]), bytes([0, 0, 0, 9, 200]) * 6
        yield bytes([kind % 3, 1]) + use + b"\4\1" + frames + bytes([5, 7, 0, 5, 1, 2, 0, 4, 8, 0, 3, 9, 1, 9, 2])


def videos() -> Iterator[bytes]:
    rng = random.Random(2)
    for space, samples in (("420", 12), ("422p10", 32), ("mono16", 16), ("444alpha", 32), ("420p12", 24)):
        frame = bytes(rng.randrange(4) for _ in range(samples))
        for marker in (b"FRAME\n", b"FRAME Ip\n"):
            yield f"YUV4MPEG2 W4 H2 F25:1 Ip A1:1 C{space} XCOLORRANGE=FULL\n".encode() + (marker + frame) * 4
    yield bytes(rng.randrange(4) for _ in range(200))


def networks() -> Iterator[bytes]:
    from support.lpips_models import tiny

    from pyvmaf.lpips.onnx_wire import Message, encode

    yield tiny()
    value = Message("ValueInfo", name="in0")
    node = Message(
        "Node", op_type="Conv", input=["in0"], output=["out"], attribute=[Message("Attribute", name="a", i=1)]
    )
    tensor = Message("Tensor", name="w", dims=[2], data_type=1, raw_data=bytes(8))
    graph = Message("Graph", node=[node], initializer=[tensor], input=[value], output=[value])
    yield encode(Message("Model", ir_version=8, opset_import=[Message("OperatorSet", version=17)], graph=graph))


def commands() -> Iterator[bytes]:
    from support.cli_cases import CASES

    for argv in CASES.values():
        yield "\n".join(argv).encode()
    yield b"score\nref.y4m\ndist.y4m\n-m\nvmaf_v0.6.1\n-f\npsnr=enable_mse=true\n--size\n64x64\n--depth\n10\n--json"
    yield b"models\nfetch\nlpips_sq\n--from\nfile"
    yield b"version=vmaf_v0.6.1:name=a\\:b:adm.adm_enhn_gain_limit=1.0:disable_clip\npsnr:enable_mse=true"


def results() -> Iterator[bytes]:
    """A run's JSON and its checkpoint, and the latter's records as text."""
    import tempfile

    from pyvmaf import score
    from pyvmaf.parts.part import Part
    from pyvmaf.parts.records import MAGIC, read_records
    from pyvmaf.parts.store import save_part

    with tempfile.TemporaryDirectory() as folder:
        video, saved = Path(folder) / "a.y4m", Path(folder) / "saved"
        luma = np.random.default_rng(1).integers(0, 256, 48 * 40, np.uint8).tobytes()
        video.write_bytes(b"YUV4MPEG2 W48 H40 F25:1 Ip Cmono\n" + (b"FRAME\n" + luma) * 3)
        result = score(video, video, model=None, features=["psnr", "motion"], n_threads=0)
        yield result.to_json().encode()
        part = result.part
        assert isinstance(part, Part)
        save_part(part, saved)
        yield saved.read_bytes()
        yield MAGIC + b"\n\n".join(read_records(saved)[0])


CORPORA = {
    "model": models, "svm": lambda: iter([SVM.encode(), SVM.replace("rbf", "rbf\ndegree 3\nlabel 1 2").encode()]),
    "options": options, "api": programs, "video": videos, "onnx": networks, "commands": commands, "models": models,
    "results": results,
}  # fmt: skip


def write(name: str, folder: Path) -> Path:
    """The harness's inputs as files of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(CORPORA[name]()):
        (folder / f"{i:03}").write_bytes(data)
    return folder
