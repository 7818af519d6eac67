# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is to be scored, as a value: two videos, models, features, a range of frames.

A plan is checked when it is made and opens nothing. It is pickled and written as
JSON where all that it names can be: paths and names, not open files or models.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, cast

from .._ffi import option_text, unsigned
from ..choices import FilmGrain
from ..engine.context import Model
from ..engine.model import VmafModel, VmafModelCollection, is_path
from ..errors import VmafError, VmafTypeError, VmafValueError
from ..prepare.decoded import check_grain
from ..prepare.preparation import Preparation
from ..prepare.settings import Prepare, Settings, check_prepare, prepare_from_dict
from ..video import Source, Video, VideoFormat
from ..video.url import is_remote, shown
from .aligned import Align, as_plain, check_align, from_plain

Path: TypeAlias = str | os.PathLike[str]
Feature: TypeAlias = str | tuple[str, Mapping[str, object]]
#: Frames: at most so many; those of a range; those from `start` on; None or 0 for all.
Frames: TypeAlias = "int | range | slice | Span | None"

#: The name that stands for the model that `choose_model` finds.
AUTO = "auto"
_KINDS = (VmafModel, VmafModelCollection)
_FORMAT = "pyvmaf plan 1"


@dataclass(frozen=True)
class Span:
    """Frames `first` to `stop`, which is left out; None: to the end.

    Attributes:
        exact: it is an error when the videos end before `stop`.

    Raises:
        VmafValueError: it is empty, or a number out of range.
        VmafTypeError: one that is no integer.
    """

    first: int = 0
    stop: int | None = None
    exact: bool = False

    def __post_init__(self) -> None:
        first, stop = unsigned("frames.first", self.first), self.stop
        if stop is not None and unsigned("frames.stop", stop) <= first:
            raise VmafValueError(f"frames {first} to before {stop} are none; give the first and one past the last")

    @classmethod
    def of(cls, frames: Frames) -> Span:
        """What `score` takes as its frames.

        >>> Span.of(range(10, 20))
        Span(first=10, stop=20, exact=True)
        >>> Span.of(range(9, 3))
        Traceback (most recent call last):
            ...
        pyvmaf.errors.VmafValueError: frames is range(9, 3), which is empty; give the first frame and one past the last
        """
        if isinstance(frames, Span):
            return frames
        if isinstance(frames, (range, slice)):
            if frames.step not in (1, None):
                raise VmafValueError(f"frames is {frames!r}, must have steps of 1; see subsample")
            first = unsigned("frames.start", frames.start or 0)
            stop = None if frames.stop is None else unsigned("frames.stop", frames.stop)
            if stop is not None and stop <= first:
                raise VmafValueError(
                    f"frames is {frames!r}, which is empty; give the first frame and one past the last"
                )
            return cls(first, stop, exact=stop is not None)
        return cls(0, unsigned("frames", frames or 0) or None)

    def __contains__(self, index: int) -> bool:
        return self.first <= index and (self.stop is None or index < self.stop)

    def __str__(self) -> str:
        return f"frames {self.first} to {'the end' if self.stop is None else self.stop - 1}"

    def pieces(self, total: int, size: int) -> Iterator[Span]:
        """Its frames up to `total`, `size` at a time; the last piece goes to the end.

        >>> [str(piece) for piece in Span().pieces(7, 3)]
        ['frames 0 to 2', 'frames 3 to 5', 'frames 6 to the end']
        """
        end = total if self.stop is None else min(total, self.stop)
        starts = range(self.first, max(end, self.first + 1), unsigned("chunk", size, least=1))
        for first in starts:
            last = first == starts[-1]
            yield Span(first, self.stop if last else first + size, self.exact if last else True)


@dataclass(frozen=True)
class Wanted:
    """An extractor to run besides the models', with its options as text."""

    name: str
    options: tuple[tuple[str, str], ...] = ()


def _as_models(given: object) -> tuple[str | Model, ...]:
    if given is None:
        return ()
    if isinstance(given, (str, os.PathLike, *_KINDS)):
        given = [given]
    if not isinstance(given, Sequence) or not all(isinstance(one, (str, os.PathLike, *_KINDS)) for one in given):
        raise VmafTypeError(f"model is {given!r}, must be a name, a path, a model, or a sequence of them")
    return tuple(_as_text(one) if isinstance(one, os.PathLike) else one for one in given)


def _as_text(path: os.PathLike[str]) -> str:
    """A path that is not taken for a name."""
    text = os.fspath(path)
    return text if is_path(text) else os.path.join(os.curdir, text)


def _as_features(given: Iterable[Feature]) -> tuple[Wanted, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise VmafTypeError(f"features is {given!r}, must be a sequence of names or (name, options)")
    out: list[Wanted] = []
    for one in given:
        if isinstance(one, str):
            out.append(Wanted(one))
        elif isinstance(one, Wanted):
            out.append(one)
        elif isinstance(one, (tuple, list)) and len(one) == 2:
            name, options = one
            if not isinstance(name, str):
                raise VmafTypeError(f"features has {name!r} as a name, must be text")
            if options is not None and not isinstance(options, Mapping):
                raise VmafTypeError(f"options is {options!r}, must be a mapping of names to values")
            out.append(Wanted(name, tuple((str(k), option_text(str(k), v)) for k, v in (options or {}).items())))
        else:
            raise VmafTypeError(f"features has {one!r}, must be a name or (name, options)")
    return tuple(out)


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise VmafTypeError(f"{what} has {value!r}, must be text")
    return value


def _number(value: object) -> int | None:
    return None if value is None else unsigned("streams", value)


@dataclass(frozen=True, repr=False)
class Plan:
    """One pair of videos and what is to be found out about it. Arguments are those of :func:`pyvmaf.score`.

    Attributes:
        ref: the reference.
        dist: the distorted video.
        models: names, paths of files, or models; "auto" is chosen when the files are opened.
        features: extractors to run besides the models'.
        raw: what raw files hold.
        streams: numbers of the video streams; None: the best.
        subsample: each n-th frame is scored.
        frames: which frames.
        viewing_distance: for "auto".
        prepare: how the pair is made comparable; once the files are open, what is done. None: nothing.
        film_grain: "apply" or "skip".
        allow_hdr: score video of high dynamic range with models for standard range.
        align: "check", "auto" or "off"; once the files were looked at, the matching of their frames.
        warnings: what was warned of when they were looked at.

    >>> plan = Plan.make("ref.mp4", "dist.mp4", features=["psnr"], frames=range(100, 200))
    >>> Plan.from_json(plan.to_json()) == plan
    True
    """

    ref: Source | Video
    dist: Source | Video
    models: tuple[str | Model, ...] = ("vmaf_v0.6.1",)
    features: tuple[Wanted, ...] = ()
    raw: VideoFormat | None = None
    streams: tuple[int | None, int | None] = (None, None)
    subsample: int = 1
    frames: Span = Span()
    viewing_distance: float | None = None
    prepare: Settings | Preparation | None = None
    film_grain: FilmGrain = "apply"
    allow_hdr: bool = False
    align: Align = "check"
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.models and not self.features:
            raise VmafValueError("neither a model nor a feature is asked for, so nothing would be found out; name one")

    @classmethod
    def make(
        cls,
        ref: Source | Video,
        dist: Source | Video,
        *,
        model: str | Path | Model | Sequence[str | Path | Model] | None = "vmaf_v0.6.1",
        features: Iterable[Feature] = (),
        raw: VideoFormat | None = None,
        streams: tuple[int | None, int | None] = (None, None),
        subsample: int = 1,
        frames: Frames = None,
        viewing_distance: float | None = None,
        prepare: Prepare = "none",
        film_grain: FilmGrain = "apply",
        allow_hdr: bool = False,
        align: Align = "check",
    ) -> Plan:
        """A plan of what :func:`pyvmaf.score` takes.

        Raises:
            VmafValueError: neither a model nor a feature, a range that is empty or reversed, a number
                out of range, a viewing distance that no model asks for, or an unknown step of `prepare`.
            VmafTypeError: an argument of a kind that is not taken.
        """
        models = _as_models(model)
        if viewing_distance is not None and AUTO not in models:
            raise VmafValueError(f"viewing_distance is {viewing_distance!r}, but no model is {AUTO!r}")
        return cls(
            ref,
            dist,
            models,
            _as_features(features),
            raw,
            (streams[0], streams[1]),
            unsigned("n_subsample", subsample, least=1),
            Span.of(frames),
            viewing_distance,
            check_prepare(prepare),
            check_grain(film_grain),
            bool(allow_hdr),
            check_align(align),
        )

    def __repr__(self) -> str:
        """Without the passwords and signatures of URLs, as it may come into logs."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return f"Plan({', '.join(f'{n}={(shown(v) if is_remote(v) else v)!r}' for n, v in values)})"

    def of(self, frames: Frames) -> Plan:
        """The same for other frames."""
        return replace(self, frames=Span.of(frames))

    def uses(self, extractor: str) -> bool:
        """Whether the extractor is asked for besides the models'."""
        return any(one.name == extractor for one in self.features)

    def _portable(self) -> None:
        """Raise when something in it lives in this process only."""
        for what, value in (("ref", self.ref), ("dist", self.dist)):
            if not isinstance(value, (str, os.PathLike)) or value == "-":
                raise VmafTypeError(f"{what} is {value!r}; a plan that is saved or sent names its files by path or URL")
        for model in self.models:
            if not isinstance(model, str):
                raise VmafTypeError(f"model {model!r} is open here; a plan that is saved or sent names models")

    @property
    def is_portable(self) -> bool:
        """Whether it can be pickled and written as JSON."""
        try:
            self._portable()
        except VmafTypeError:
            return False
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        self._portable()
        return Plan.from_dict, (self.as_dict(),)

    def as_dict(self) -> dict[str, Any]:
        """What `from_dict` takes: names, numbers, lists and mappings only.

        Raises:
            VmafTypeError: it names an open file or model.
        """
        self._portable()
        ref, dist, raw = cast(Path, self.ref), cast(Path, self.dist), self.raw
        return {
            "format": _FORMAT,
            "ref": os.fspath(ref),
            "dist": os.fspath(dist),
            "models": list(self.models),
            "features": [[one.name, dict(one.options)] for one in self.features],
            "raw": raw and {"width": raw.width, "height": raw.height, "chroma": raw.chroma, "depth": raw.bpc},
            "streams": list(self.streams),
            "subsample": self.subsample,
            "frames": {"first": self.frames.first, "stop": self.frames.stop, "exact": self.frames.exact},
            "viewing_distance": self.viewing_distance,
            "prepare": self.prepare and self.prepare.as_dict(),
            "film_grain": self.film_grain,
            "allow_hdr": self.allow_hdr,
            "align": as_plain(self.align),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Plan:
        """The plan that `as_dict` describes.

        Raises:
            VmafValueError: it is no plan, or another version's.
        """
        if not isinstance(fields, Mapping) or fields.get("format") != _FORMAT:
            found = fields.get("format") if isinstance(fields, Mapping) else fields
            raise VmafValueError(f"not a plan of this version: its format is {found!r}, must be {_FORMAT!r}")
        try:
            raw, frames = fields["raw"], fields["frames"]
            return cls(
                _text("ref", fields["ref"]),
                _text("dist", fields["dist"]),
                tuple(_text("models", one) for one in fields["models"]),
                _as_features([tuple(one) for one in fields["features"]]),
                None if raw is None else VideoFormat(raw["width"], raw["height"], raw["chroma"], raw["depth"]),
                (_number(fields["streams"][0]), _number(fields["streams"][1])),
                unsigned("subsample", fields["subsample"], least=1),
                Span(frames["first"], frames["stop"], bool(frames["exact"])),
                None if fields["viewing_distance"] is None else float(fields["viewing_distance"]),
                prepare_from_dict(fields["prepare"]),
                check_grain(fields["film_grain"]),
                bool(fields["allow_hdr"]),
                from_plain(fields["align"]),
                tuple(_text("warnings", line) for line in fields.get("warnings", ())),
            )
        except VmafError as error:
            raise VmafValueError(f"not a plan: {error}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise VmafValueError(f"a plan lacks something, or has it wrong: {error!r}") from None

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(self.as_dict())

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that a line of JSON holds."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise VmafValueError(f"not a plan: {error}") from None
        return cls.from_dict(fields)
