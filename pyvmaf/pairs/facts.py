# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What one file says, and shows, of its pictures: the facts a comparison depends on.

`Facts` is a plain value; `probe.facts_of` reads it from a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

#: Samples or picture lines at the four edges: left, top, right, bottom.
Edges = tuple[int, int, int, int]
NO_EDGES: Edges = (0, 0, 0, 0)


def widest(a: Edges, b: Edges) -> Edges:
    """The wider of both at each edge."""
    return max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


@dataclass(frozen=True)
class Facts:
    """Facts of one video stream of a file; None where neither file nor pictures tell."""

    path: str
    container: str
    """FFmpeg's name of the format; "yuv4mpeg" and "rawvideo" for the files that pyvmaf reads itself."""
    codec: str
    stream: int
    """Number of the stream in the file, as ffprobe counts."""
    width: int
    """Luma samples per line of the decoded picture, which is what readers give."""
    height: int
    coded_width: int
    """With what the codec itself crops."""
    coded_height: int
    sample_aspect: str = "1:1"
    """Width of a sample to its height."""
    rotation: int = 0
    """Degrees anticlockwise by which the picture is turned when shown, from 0 to 359."""
    container_crop: Edges = NO_EDGES
    """What the container says is to be cut off (Matroska's PixelCrop, MP4's clap); readers do not."""
    bars: Edges | None = None
    """Black bars found in the pictures."""
    frame_rate: str | None = None
    """Frames per second, as "24000/1001"."""
    constant_rate: bool | None = None
    """Whether every frame lasts as long as the next, by the packets' times."""
    frame_count: int | None = None
    """Frames that are shown."""
    hidden_frames: int = 0
    """Frames at the start or end that the edit list leaves out."""
    start: float | None = None
    """Time of the first frame, in seconds."""
    edit_list: bool = False
    """Whether an edit list does more than to move the start to 0: gaps, repeats, frames left out."""
    field_order: str = "unknown"
    """"progressive", "top", "bottom" (field first) or "unknown"."""
    pixel_format: str = ""
    """FFmpeg's name."""
    chroma: str = ""
    """"420", "422", "444", "400", "411", "440", "410" or "rgb"."""
    depth: int = 8
    alpha: bool = False
    range: str | None = None
    """"limited" or "full"."""
    matrix: str | None = None
    """"bt601", "bt709" or "bt2020"."""
    transfer: str | None = None
    """"SDR", "PQ" or "HLG"."""
    primaries: str | None = None
    mastering_display: Mapping[str, Any] | None = None
    """Chromaticities and luminances (cd/m2) of SMPTE ST 2086."""
    content_light: Mapping[str, int] | None = None
    """Largest and frame-average light levels (cd/m2) of CTA-861.3."""
    film_grain: bool = False
    """Whether the stream asks the decoder to add film grain."""
    bits_per_sample: float | None = None
    """Bytes of the file, as bits per luma sample: how heavily it is compressed."""

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            if getattr(self, name) < 1:
                raise ValueError(f"{self.path}: {name} is {getattr(self, name)}, must be at least 1")

    @property
    def rate(self) -> Fraction | None:
        """`frame_rate` as a number."""
        return Fraction(self.frame_rate) if self.frame_rate else None

    @property
    def aspect(self) -> Fraction:
        """`sample_aspect` as a number."""
        return Fraction(self.sample_aspect.replace(":", "/"))

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height as shown: cropped by the container, samples made square, turned."""
        left, top, right, bottom = self.container_crop
        width, height = self.width - left - right, self.height - top - bottom
        if self.aspect > 1:
            width = round(width * self.aspect)
        else:
            height = round(height / self.aspect)
        return (height, width) if self.rotation in (90, 270) else (width, height)

    @property
    def interlaced(self) -> bool:
        """Whether the file says that frames are two fields."""
        return self.field_order in ("top", "bottom")

    @property
    def hdr(self) -> bool:
        """Whether the transfer is that of high dynamic range."""
        return self.transfer in ("PQ", "HLG")

    def as_dict(self) -> dict[str, Any]:
        """What JSON holds; `from_dict` reads it back."""
        return {**asdict(self), "display_size": list(self.display_size)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Facts:
        """The facts that `as_dict` wrote.

        >>> facts = Facts("a.y4m", "yuv4mpeg", "rawvideo", 0, 64, 48, 64, 48, "4:3")
        >>> Facts.from_dict(facts.as_dict()) == facts, facts.display_size
        (True, (85, 48))
        """
        known = {f.name for f in fields(cls)} & set(values)
        taken = {name: values[name] for name in known}
        for name in ("bars", "container_crop"):
            if taken.get(name) is not None:
                taken[name] = tuple(taken[name])
        return cls(**taken)
