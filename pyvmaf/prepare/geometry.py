# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What part of the decoded picture counts, and how it lies: cropping, bars, turning, the shape of samples."""

from __future__ import annotations

from dataclasses import dataclass

from ..pairs.facts import NO_EDGES, Edges, Facts, widest
from ..pairs.view import TURNS
from .errors import PrepareError
from .preparation import Step
from .settings import Settings, Size

#: How far shapes may be apart: encoders round sizes to multiples of 2 to 16.
SHAPE_SLACK = 0.02
#: How far the bars of two pictures of one shape may be apart, as a share of the side.
BAR_SLACK = 0.01


@dataclass(frozen=True)
class Geometry:
    """How one side's picture is cut out and turned.

    Attributes:
        facts: of the side.
        edges: what is cut off in all, in samples of the decoded picture.
        bars: whether that counts black bars, or what was asked for.
        rotation: degrees anticlockwise by which it is turned afterwards.
    """

    facts: Facts
    edges: Edges
    bars: bool
    rotation: int

    @property
    def size(self) -> Size:
        """Width and height in the end."""
        left, top, right, bottom = self.edges
        size = self.facts.width - left - right, self.facts.height - top - bottom
        return (size[1], size[0]) if self.is_on_its_side else size

    @property
    def aspect(self) -> float:
        """Width of a sample to its height, in the end."""
        aspect = float(self.facts.aspect)
        return 1 / aspect if self.is_on_its_side else aspect

    @property
    def shape(self) -> float:
        """Width to height as shown."""
        return self.size[0] * self.aspect / self.size[1]

    @property
    def is_on_its_side(self) -> bool:
        """Whether width and height change places."""
        return self.rotation in (90, 270)

    def steps(self) -> list[Step]:
        """Crop and turn."""
        out = []
        if self.edges != NO_EDGES:
            left, top, right, bottom = self.edges
            size = f"{self.facts.width - left - right}:{self.facts.height - top - bottom}"
            reasons = ["the container crops"] if self.facts.container_crop != NO_EDGES else []
            reasons += ["there is more around the picture"] if self.bars else []
            out.append(Step(f"crop={size}:{left}:{top}:exact=1", " and ".join(reasons)))
        turns = TURNS[self.rotation]
        return out + [Step(turn, f"it is shown turned by {self.rotation} degrees") for turn in turns]


def grid(facts: Facts) -> tuple[int, int]:
    """Luma samples per chroma sample across and down."""
    return {"420": (2, 2), "422": (2, 1), "411": (4, 1), "410": (4, 4), "440": (1, 2)}.get(facts.chroma, (1, 1))


def on_grid(edges: Edges, facts: Facts) -> Edges:
    """Edges that cut whole chroma samples off, no fewer than asked."""
    x, y = grid(facts)
    left, top, right, bottom = edges
    # At the far edges the rest of the picture decides; a picture of odd size ends in half a chroma sample.
    across, down = facts.width - right, facts.height - bottom
    right = right if not right else facts.width - across // x * x
    bottom = bottom if not bottom else facts.height - down // y * y
    return -(-left // x) * x, -(-top // y) * y, right, bottom


def geometries(ref: Facts, dist: Facts, settings: Settings) -> tuple[Geometry, Geometry]:
    """The geometry of both sides.

    Raises:
        PrepareError: a side is turned by an angle that is no multiple of 90 degrees, or cropped away.
    """
    sides = _whole(ref, settings, "ref"), _whole(dist, settings, "dist")
    if settings.crop is True and (found := _without_bars(*sides)):
        return found
    return sides


def _whole(facts: Facts, settings: Settings, side: str) -> Geometry:
    """A side before its bars are looked at."""
    turns = dict(settings.rotate) if isinstance(settings.rotate, tuple) else {}
    rotation = turns.get(side, facts.rotation if settings.rotate else 0)
    if rotation not in TURNS:
        problem = f"the file says that it is shown turned by {rotation} degrees"
        remedy = 'only multiples of 90 are turned; prepare={"rotate": False} leaves it as stored'
        raise PrepareError(facts.path, facts.stream, problem, remedy)
    named = dict(settings.crop) if isinstance(settings.crop, tuple) else {}
    edges = named.get(side, facts.container_crop)
    whole = Geometry(facts, on_grid(edges, facts), side in named, rotation)
    if min(whole.size) < 1:
        problem = f"of {facts.width}x{facts.height} nothing is left when {', '.join(map(str, edges))} are cut off"
        remedy = 'left, top, right and bottom; prepare={"crop": {"ref": ..., "dist": ...}} says which'
        raise PrepareError(facts.path, facts.stream, problem, remedy)
    return whole


def _within(geometry: Geometry, bars: Edges) -> Geometry:
    """The same without bars; a side without any keeps what it has."""
    facts = geometry.facts
    if bars == NO_EDGES:
        return geometry
    edges = on_grid(widest(geometry.edges, bars), facts)
    return Geometry(facts, edges, edges != geometry.edges, geometry.rotation)


def _without_bars(ref: Geometry, dist: Geometry) -> tuple[Geometry, Geometry] | None:
    """Both without their bars, if they agree on what the bars surround.

    They agree when what is left has one shape, and when pictures of one shape have their bars
    at the same places. Pictures of the same stored size are cut alike, so that samples stay in step.
    """
    a, b = ref.facts.bars, dist.facts.bars
    if a is None or b is None or a == b == NO_EDGES:
        return None
    if _alike(ref.facts, dist.facts) and ref.edges == dist.edges:
        shares = [abs(p - q) / side for p, q, side in zip(a, b, _sides(ref.facts), strict=True)]
        if max(shares) > BAR_SLACK:
            return None
        a = b = widest(a, b)
    elif NO_EDGES not in (a, b) and same_shape(ref, dist) and _far(a, ref.facts, b, dist.facts):
        return None
    cut = _within(ref, a), _within(dist, b)
    return cut if min(*cut[0].size, *cut[1].size) > 0 and same_shape(*cut) else None


def _sides(facts: Facts) -> Edges:
    return facts.width, facts.height, facts.width, facts.height


def _alike(a: Facts, b: Facts) -> bool:
    return (a.width, a.height, a.rotation) == (b.width, b.height, b.rotation)


def _far(a: Edges, ref: Facts, b: Edges, dist: Facts) -> bool:
    """Whether bars of pictures of one shape, not turned, lie at other places."""
    if ref.rotation != dist.rotation:
        return False
    pairs = zip(a, _sides(ref), b, _sides(dist), strict=True)
    return max(abs(p / m - q / n) for p, m, q, n in pairs) > BAR_SLACK


def same_shape(ref: Geometry, dist: Geometry) -> bool:
    """Whether the pictures have one shape, as far as sizes in whole samples tell."""
    return abs(ref.shape / dist.shape - 1) <= SHAPE_SLACK
