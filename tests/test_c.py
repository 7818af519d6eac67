# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C tests and the public headers by themselves, plain and under sanitizers."""

import pytest
from support import sanitizers


@pytest.mark.parametrize("sanitizer", ["", "address,undefined", "thread"])
def test_c(sanitizer: str) -> None:
    said = sanitizers.make(sanitizer, sanitizers.HERE / "c", "check")
    for name in ["headers", *(test.stem.removeprefix("test_") for test in (sanitizers.HERE / "c").glob("test_*.c"))]:
        assert f"{name}: ok" in said
