# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The input is a model file: refused, or everything that Python tells of it is told."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

from pyvmaf import VmafContext, VmafError, VmafModelCollection
from pyvmaf.engine.model import any_from_path
from pyvmaf.smooth import models

WORDS = [
    b'"model_dict"', b'"feature_names"', b'"feature_opts_dicts"', b'"slopes"', b'"score_transform"', b'"knots"',
    b'"p0"', b'"norm_type"', b'"VMAF_integer_feature_motion2_score"', b"true", b"null", b"1e308", b"{", b"}", b"[",
    b"]", b",", b":", b"\\u0041", b"\xff", b'"adm_norm_view_dist"', b"total_sv 2",
]  # fmt: skip

_file = tempfile.NamedTemporaryFile(suffix=".json", prefix="pyvmaf-fuzz-")  # noqa: SIM115 - as long as the process


def check(data: bytes) -> None:
    with open(_file.name, "wb") as file:
        file.write(data)
    try:
        model = any_from_path(_file.name)
    except VmafError as error:
        assert os.path.basename(_file.name) in str(error)
        return
    single = model.model if isinstance(model, VmafModelCollection) else model
    assert all(isinstance(name, str) for name in single.features)
    with suppress(VmafError, ValueError, NotImplementedError):
        models.load(_file.name, clip=True, transform=True)
    with VmafContext() as context, suppress(VmafError):
        context.use_features_from_model(model)
    model.close()
