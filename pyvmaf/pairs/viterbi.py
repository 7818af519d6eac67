# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The cheapest monotone way to match each distorted frame with a reference frame, by dynamic programming.

A state is a mode and a place: how many reference frames have gone by. In mode MATCH
the distorted frame shows the last of them; in REPEAT it shows that one once more; in
FOREIGN it shows something else. Going on by the expected number of frames is free,
everything else has a price in nats, so the path is the most probable one of a hidden Markov model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

MATCH, REPEAT, FOREIGN = 0, 1, 2
INF = np.float32(1e9)

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
State = tuple[Floats, Floats, Floats]

#: Costs (band width,) of matching distorted frame j with the places of its band.
CostRow = Callable[[int], Floats]


@dataclass(frozen=True)
class Prices:
    """What departures from a regular matching cost, in nats."""

    jump: float = 14.0
    """Reference frames are left out, a frame is repeated, or foreign frames begin."""
    rejoin: float = 2.0
    """Reference frames are left out after repeated ones."""
    regain: float = 0.5
    """Going on after repeated frames where it was left."""
    further: float = 0.05
    """Each reference frame that is left out, each frame that is repeated."""
    late: float = 13.0
    """Reference frames are left out at the start: likelier than later on."""
    foreign: float = 26.0
    """Each foreign frame: more than a heavily distorted frame costs, less than an unrelated one."""


@dataclass(frozen=True)
class Path:
    """For each distorted frame its mode, and the last reference frame that has gone by (-1: none)."""

    modes: NDArray[np.int8]
    refs: Ints
    cost: float


def regular_steps(rate: Fraction) -> dict[int, float]:
    """Reference frames per distorted frame at `rate`, and what each step costs.

    >>> regular_steps(Fraction(2)), sorted(regular_steps(Fraction(4, 5)))
    ({2: 0.0}, [0, 1])
    """
    below = math.floor(rate)
    share = float(rate - below)
    return {below: -math.log(1 - share), below + 1: -math.log(share)} if share else {below: 0.0}


# So many choices (rows times places) are kept; then all but the last quarter of them is settled.
KEPT = 1 << 22


class Viterbi:
    """One pass over the distorted frames.

    Args:
        count: reference frames.
        low: for each distorted frame the first place of its band, never less than the one before.
        width: places in a band; the largest place is `count`.
        rate: expected reference frames per distorted frame.
    """

    def __init__(self, count: int, low: Ints, width: int, rate: Fraction, prices: Prices) -> None:
        self.count, self.low, self.width, self.prices = count, low, width, prices
        self.steps = regular_steps(rate)
        self.places = np.arange(width)
        self.slope = (prices.further * self.places).astype(np.float32)

    def run(self, cost: CostRow) -> Path:
        """The cheapest path."""
        n = len(self.low)
        modes, refs = np.zeros(n, np.int8), np.zeros(n, np.int64)
        state = self._start(cost(0))
        rows: list[NDArray[np.int16]] = [np.zeros((3, self.width), np.int16)]
        first, most = 0, max(1024, KEPT // self.width)
        for j in range(1, n):
            back = np.zeros((3, self.width), np.int16)
            state = self._step(j, state, cost(j), back)
            rows.append(back)
            if len(rows) == most:
                self._trace(state, rows, first, modes, refs)
                del rows[: most - most // 4]
                first += most - most // 4
        self._trace(state, rows, first, modes, refs)
        return Path(modes, np.maximum.accumulate(refs), float(min(values.min() for values in state)))

    def _start(self, costs: Floats) -> State:
        p = self.prices
        at = self.low[0] + self.places
        left_out = np.maximum(at - 1, 0)
        late = left_out >= max(1, *self.steps)
        match = costs + (late * p.late + left_out * p.further).astype(np.float32)
        match[(at < 1) | (at > self.count)] = INF
        foreign = np.full(self.width, INF)
        if self.low[0] == 0:
            foreign[0] = p.jump + p.foreign
        return match, np.full(self.width, INF), foreign

    def _moved(self, values: Floats, by: int) -> Floats:
        """Values of the row before, `by` places to the left."""
        if not by:
            return values
        out = np.full(self.width, INF)
        if by < self.width:
            out[: self.width - by] = values[by:]
        return out

    def _step(self, j: int, state: State, costs: Floats, back: NDArray[np.int16]) -> State:
        by = int(self.low[j] - self.low[j - 1])
        match, repeat, foreign = (self._moved(values, by) for values in state)
        best, came = self._jumps(match, repeat, foreign)
        for step, price in self.steps.items():
            for mode, values, more in ((MATCH, match, 0.0), (REPEAT, repeat, self.prices.regain)):
                if step or mode == MATCH:
                    regular = values[: self.width - step] + np.float32(price + more)
                    _keep(best[step:], came[step:], regular, np.int16(4 * step + mode))
        best += costs
        best[self.low[j] + self.places > self.count] = INF
        back[MATCH] = came
        return best, self._repeats(match, repeat, costs, back), self._foreigns(match, repeat, foreign, back)

    def _jumps(self, match: Floats, repeat: Floats, foreign: Floats) -> tuple[Floats, NDArray[np.int16]]:
        """To MATCH by one place or more, at the price of a jump, of rejoining, or free after foreign frames."""
        price, mode = match + np.float32(self.prices.jump), np.full(self.width, MATCH, np.int16)
        _keep(price, mode, repeat + np.float32(self.prices.rejoin), np.int16(REPEAT))
        _keep(price, mode, foreign, np.int16(FOREIGN))
        level = price - self.slope
        least = np.minimum.accumulate(level)
        source = np.maximum.accumulate(np.where(level <= least, self.places, 0))[:-1]
        best, came = np.full(self.width, INF), np.zeros(self.width, np.int16)
        best[1:] = least[:-1] + self.slope[:-1]
        came[1:] = 4 * (self.places[1:] - source) + mode[source]
        return best, came

    def _repeats(self, match: Floats, repeat: Floats, costs: Floats, back: NDArray[np.int16]) -> Floats:
        out = match + np.float32(self.prices.jump)
        back[REPEAT] = MATCH
        _keep(out, back[REPEAT], repeat + np.float32(self.prices.further), np.int16(REPEAT))
        found: Floats = np.minimum(out + costs, INF)
        return found

    def _foreigns(self, match: Floats, repeat: Floats, foreign: Floats, back: NDArray[np.int16]) -> Floats:
        out = match + np.float32(self.prices.jump)
        back[FOREIGN] = MATCH
        _keep(out, back[FOREIGN], repeat + np.float32(self.prices.jump), np.int16(REPEAT))
        _keep(out, back[FOREIGN], foreign, np.int16(FOREIGN))
        found: Floats = np.minimum(out + np.float32(self.prices.foreign), INF)
        return found

    def _trace(
        self, state: State, rows: list[NDArray[np.int16]], first: int, modes: NDArray[np.int8], refs: Ints
    ) -> None:
        """Follow the choices back from the cheapest state of the last row."""
        mode = int(np.argmin([values.min() for values in state]))
        place = int(np.argmin(state[mode])) + int(self.low[first + len(rows) - 1])
        for k in range(len(rows) - 1, -1, -1):
            j = first + k
            modes[j], refs[j] = mode, place - 1
            choice = int(rows[k][mode, place - int(self.low[j])])
            place, mode = place - choice // 4, choice % 4


def _keep(best: Floats, came: NDArray[np.int16], price: Floats, source: np.int16) -> None:
    """Take `price` where it is less, and note where it came from."""
    better = price < best
    np.copyto(best, price, where=better)
    np.copyto(came, source, where=better)
