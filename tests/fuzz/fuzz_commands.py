# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The input is the arguments of a command, one a line: understood, or refused with a usage error."""

from __future__ import annotations

import contextlib
import io

from pyvmaf.cli import arguments, grammar
from pyvmaf.cli.pyvmaf import make_parser

WORDS = [
    b"--model", b"-m", b"version=", b"path=", b"name=", b":", b"\\:", b"=", b"adm.adm_csf_mode=1", b"--feature",
    b"psnr", b"--threads", b"0x10", b"-1", b"--", b"-r", b"-d", b"-w", b"\n", b"--aom_ctc", b"v6.0", b"score",
    b"--size", b"64x64", b"disable_clip", b"enable_transform", b"--json", b"-o", b"4294967296", b"--help",
    b"--frames", b"\xed\xa0\x80",
]  # fmt: skip


def check(data: bytes) -> None:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for line in lines:
        for parse in (grammar.parse_model, grammar.parse_feature, grammar.parse_feature_params):
            with contextlib.suppress(grammar.UsageError):
                parse(line)
    with contextlib.suppress(grammar.UsageError):
        arguments.parse(lines)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            make_parser().parse_args(lines)
        except SystemExit as end:
            assert end.code in (0, 2)
