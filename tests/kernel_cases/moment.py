# SPDX-License-Identifier: BSD-2-Clause-Patent
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from support.kernel_harness import Arrays, Call, Kernel, Memory, P, Want


def squares(values: NDArray[Any]) -> int:
    """Their sum, each rounded to binary32."""
    single = values.astype(np.float32)
    return int((single * single).astype(np.int64).sum())


class Moment(Kernel):
    points = tuple(P(bpc=bpc) for bpc in (8, 10, 12, 13, 16))
    # Rows so long that 32-bit partial sums would wrap.
    wide = ((1000, 5), (65535, 3))

    def smallest(self, p: P) -> tuple[int, int]:
        return 0, 1

    def fields(self, m: Memory, inputs: Arrays, p: P) -> dict[str, Any]:
        src = m.read(inputs[0])
        return {"src": src, "stride": src.stride, "w": inputs[0].shape[1], "bpc": p.bpc}


class Moments(Moment):
    name = "moment.moments"

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        yield Call("moment.moments", m.struct("Moment", **self.fields(m, inputs, p)), rows=len(inputs[0]), sums=2)

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want([[int(inputs[0].astype(np.int64).sum()), squares(inputs[0])]])


class Errors(Moment):
    name = "moment.errors"

    def calls(self, m: Memory, inputs: Arrays, p: P) -> Iterator[Call]:
        other = m.read(inputs[1])
        call = m.struct("Moment", other=other, other_stride=other.stride, **self.fields(m, inputs, p))
        yield Call("moment.errors", call, rows=len(inputs[0]), sums=1)

    def want(self, inputs: Arrays, p: P) -> Want:
        return Want([[squares(inputs[0].astype(np.int64) - inputs[1])]])


KERNELS = [Moments(), Errors()]
