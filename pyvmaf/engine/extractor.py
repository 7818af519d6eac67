# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Feature extractors written in Python, as equals of the built-in ones.

A class derived from :class:`FeatureExtractor` and passed to :func:`register`
is a row of the engine's own table: ``use_feature``, models, published names,
worker threads, subsampling, pooling and logs treat it like a C one.

>>> import numpy as np
>>> from pyvmaf import FeatureExtractor, Option, VmafContext, register, unregister
>>> class Difference(FeatureExtractor):
...     '''Mean absolute difference of luma.'''
...     name = "difference"
...     features = ("difference",)
...     options = (Option("gain", float, 1.0, min=0, max=100, feature_param=True),)
...     gain: float
...     def extract(self, ref, dist, index):
...         a, b = (p.planes[0].astype(int) for p in (ref, dist))
...         return {"difference": self.gain * np.abs(a - b).mean()}
>>> register(Difference)
>>> with VmafContext() as ctx:
...     ctx.use_feature("difference", {"gain": 2})
...     ctx.read_pictures(np.zeros((8, 8), np.uint8), np.full((8, 8), 3, np.uint8), 0, pix_fmt="gray")
...     ctx.flush()
...     ctx.feature_names, ctx.feature_score_at_index("difference_gain_2", 0)
(['difference_gain_2'], 6.0)
>>> unregister(Difference)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from .._ffi import CData, call, ffi, lib, nearest, text
from ..enums import PixelFormat
from ..errors import VmafTypeError, VmafValueError
from ..pictures.picture import VmafPicture

T = TypeVar("T")
OptionType = type[bool] | type[int] | type[float] | type[str]
OptionValue = bool | int | float | str | None
Settled = Mapping[str, Mapping[int, float] | float]

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
_TYPES: dict[int, OptionType] = {
    lib.PYVMAF_OPTION_BOOL: bool,
    lib.PYVMAF_OPTION_INT: int,
    lib.PYVMAF_OPTION_DOUBLE: float,
    lib.PYVMAF_OPTION_STRING: str,
}


@dataclass(frozen=True)
class Option:
    """One option of an extractor; the instance has its value as an attribute of that name.

    Args:
        name: unique in the extractor.
        type: bool, int, float or str.
        default: of that type, not necessarily in the range; None is allowed for str.
        min: least value of an int or float.
        max: greatest value, inclusive.
        help: one line for people.
        alias: its short form in published names; None: the name.
        feature_param: a value other than the default becomes part of published names.
    """

    name: str
    type: OptionType
    default: OptionValue
    min: float | None = None
    max: float | None = None
    help: str = ""
    alias: str | None = None
    feature_param: bool = False

    def __post_init__(self) -> None:
        if self.type not in _TYPES.values():
            raise VmafTypeError(f"option {self.name!r} has type {self.type!r}, must be bool, int, float or str")
        allowed = (int, float) if self.type is float else (str, type(None)) if self.type is str else self.type
        if not isinstance(self.default, allowed) or (isinstance(self.default, bool) and self.type is not bool):
            raise VmafTypeError(f"option {self.name!r}: default {self.default!r} is no {self.type.__name__}")

    @property
    def lowest(self) -> float:
        """The least value of a number, of its type where `min` is None."""
        return self.min if self.min is not None else INT_MIN if self.type is int else -sys.float_info.max

    @property
    def highest(self) -> float:
        """The greatest value of a number, of its type where `max` is None."""
        return self.max if self.max is not None else INT_MAX if self.type is int else sys.float_info.max


@dataclass(frozen=True)
class Earlier:
    """A frame that was read before; a side that was not asked for is None."""

    index: int
    ref: VmafPicture | None
    dist: VmafPicture | None


class FeatureExtractor:
    """Base class of extractors. Override :meth:`extract`, and what else is needed.

    Instances are made by the engine, without arguments. One instance is used by
    one thread at a time; with worker threads there are several at once unless
    `temporal` is set. An exception raised in a method comes out of the caller's
    ``read_pictures`` or ``flush`` unchanged.
    """

    #: Under which ``use_feature`` knows it: letters, digits, ``_``, ``-`` and ``.``.
    name: ClassVar[str]
    #: Names that models may ask for, and that options decorate.
    features: ClassVar[Sequence[str]] = ()
    options: ClassVar[Sequence[Option]] = ()
    #: One instance sees every frame, in order, on the thread that reads: for what carries state along.
    temporal: ClassVar[bool] = False
    #: Frames that subsampling leaves out are seen too.
    every_frame: ClassVar[bool] = False
    #: How many pictures read before, of each side, are in `earlier` during :meth:`extract`; at most 8.
    earlier_ref: ClassVar[int] = 0
    earlier_dist: ClassVar[int] = 0
    #: How many frames after it a frame's scores need, which :meth:`settle` then publishes.
    look_ahead: ClassVar[int] = 0
    #: How many frames before a range must be read for its scores to be those of the whole run. None: all of
    #: them for a `temporal` extractor, none besides the earlier pictures for others.
    look_back: ClassVar[int | None] = None

    #: The frames read before, the latest first.
    earlier: tuple[Earlier, ...] = ()
    #: Whether the frame at hand is not scored itself but a neighbour of a range.
    halo: bool = False

    #: Worker threads of the context, 0 for none; from :meth:`init` on.
    n_threads: int = 0

    #: What the engine lent for the call in progress.
    _scores: CData | None = None
    #: What the extractors of one context have in common.
    _session: Any = None

    @classmethod
    def check(cls, options: Mapping[str, object]) -> None:
        """As the extractor is asked for by :meth:`VmafContext.use_feature`: raise for what no frame can mend.

        Args:
            options: those that were given, by name; bool, int, float or text.
        """

    def init(self, w: int, h: int, bpc: int, pix_fmt: PixelFormat) -> None:
        """Before the first frame; options are set. Raise to decline the format."""

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        """The scores of one frame by feature name.

        `ref` and `dist` are read-only. Their planes are views without a copy:
        one that is kept stays valid memory, but what it shows may change after
        the call, so copy what you keep.
        """
        raise NotImplementedError(f"{type(self).__name__} must define extract()")

    def settle(self, frames: range, last: bool) -> Settled | None:
        """Called in order as frames complete, for scores that need neighbours or the whole run.

        Calls follow each other without gaps; frames after a gap in the numbering
        are in none. Each comes on an instance that is not in use. Without it,
        :meth:`flush` is called at the end.

        Args:
            frames: which all have been extracted now; may be empty at the end.
            last: no more will come.

        Returns:
            ``{name: {index: value}}`` for further scores, ``{name: value}`` for
            values of the whole sequence, which appear in logs; None for nothing.
        """
        return self.flush() if last else None

    def flush(self) -> Settled | None:
        """After the last frame, on one instance; returns what :meth:`settle` does."""
        return None

    def close(self) -> None:
        """After everything, once for each instance whose :meth:`init` returned."""

    def share(self, key: object, make: Callable[[], T]) -> T:
        """What ``make()`` gave the first instance in this context that asked for `key`.

        With worker threads there is an instance for each; what is large and can
        be used by several at once need not be. It is dropped when the last
        instance in the context has been closed.
        """
        found: T = self._session.share(key, make)
        return found

    def score(self, name: str, index: int) -> float | None:
        """What this extractor published before; None: nothing yet. Only within its own callbacks."""
        if self._scores is None:
            raise VmafValueError("score() works within extract(), settle() and flush() only")
        value = ffi.new("double *")
        return None if lib.pyvmaf_scores_get(self._scores, name.encode(), value, index) else float(value[0])


@dataclass(frozen=True)
class ExtractorInfo:
    """A row of the engine's table of extractors, with the needs that it has when every option has its default."""

    name: str
    help: str
    features: tuple[str, ...]
    options: tuple[Option, ...]
    every_frame: bool
    in_order: bool
    earlier_ref: int
    earlier_dist: int
    look_ahead: int


def _option_info(c: CData) -> Option:
    kind = _TYPES[c.type]
    number = kind in (int, float)
    return Option(
        name=text(c.name) or "",
        type=kind,
        default=text(c.default_text) if kind is str else kind(c.default_number),
        min=c.min if number else None,
        max=c.max if number else None,
        help=text(c.help) or "",
        alias=text(c.alias),
        feature_param=bool(c.flags & lib.PYVMAF_OPTION_FEATURE_PARAM),
    )


def _until_null(rows: CData, ends: Any) -> list[CData]:
    found: list[CData] = []
    while rows != ffi.NULL and not ends(rows[len(found)]):
        found.append(rows[len(found)])
    return found


def extractors() -> list[ExtractorInfo]:
    """Every known extractor, built-in ones first; those of packages once they were asked for by name.

    >>> [o.default for e in extractors() if e.name == "vif" for o in e.options if o.alias == "egl"]
    [100.0]
    """
    found: list[ExtractorInfo] = []
    while row := call.pyvmaf_extractor_at(len(found)):
        found.append(
            ExtractorInfo(
                name=text(row.name) or "",
                help=text(row.help) or "",
                features=tuple(text(f) or "" for f in _until_null(row.features, lambda f: f == ffi.NULL)),
                options=tuple(map(_option_info, _until_null(row.options, lambda o: o.name == ffi.NULL))),
                every_frame=bool(row.needs.every_frame),
                in_order=bool(row.needs.in_order),
                earlier_ref=row.needs.earlier_ref,
                earlier_dist=row.needs.earlier_dist,
                look_ahead=row.needs.look_ahead,
            )
        )
    return found


def check_options(extractor: str, options: Mapping[str, object] | None) -> None:
    """Raise for an extractor or an option key that does not exist; the engine ignores such keys.

    An extractor that an installed package brings is loaded.
    """
    known = {e.name: e for e in extractors()}
    if isinstance(extractor, str) and extractor not in known:
        from ..plugins import load  # which needs this module

        load(extractor)
        known = {e.name: e for e in extractors()}
    if not isinstance(extractor, str) or extractor not in known:
        raise VmafValueError(f"no feature extractor {extractor!r}{nearest(str(extractor), known)}")
    if options is not None and not isinstance(options, Mapping):
        raise VmafTypeError(f"options is {options!r}, must be a mapping of names to values")
    names = [o.name for o in known[extractor].options]
    for key in options or {}:
        if key not in names:
            raise VmafValueError(f"feature extractor {extractor!r} has no option {key!r}{nearest(str(key), names)}")
