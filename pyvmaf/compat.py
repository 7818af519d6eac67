# SPDX-License-Identifier: BSD-2-Clause-Patent
"""libvmaf's Python harness, as far as published snippets use it.

Two import lines change::

    from pyvmaf.compat import VmafexecFeatureExtractor
    from pyvmaf.compat import ListStats

or none, after ``pyvmaf.compat.install()``.

>>> ListStats.nonemean([1.0, None, 2.0])
1.5
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ._ffi import nearest
from .errors import VmafValueError
from .results.result import Result
from .scoring.score import score
from .video import VideoFormat

#: What the harness extracts when it is not told.
DEFAULT_FEATURES: Mapping[str, Mapping[str, object]] = {"adm": {}, "vif": {}, "motion": {}}


class ListStats:
    """Statistics of a list of scores."""

    @staticmethod
    def nonemean(scores: Iterable[float | None]) -> float:
        """The mean of those that are not None."""
        return float(np.mean([score for score in scores if score is not None]))


class FeatureResult:
    """The scores of one pair of videos; keys are a feature's name and ``_scores``."""

    def __init__(self, result: Result) -> None:
        self._scores = {f"{name}_scores": result[name].tolist() for name in result.columns}

    def get_ordered_list_scores_key(self, key: str) -> list[float]:
        """The scores of all frames, in order.

        Raises:
            VmafValueError: there is no such key; the message says what there is.
        """
        if key not in self._scores:
            raise VmafValueError(f"no scores {key!r}{nearest(key, self._scores)}")
        return list(self._scores[key])

    def __getitem__(self, key: str) -> float | list[float]:
        """All scores for ``NAME_scores``, their mean for ``NAME_score``."""
        if key.endswith("_score"):
            return ListStats.nonemean(self.get_ordered_list_scores_key(f"{key}s"))
        return self.get_ordered_list_scores_key(key)

    def get_ordered_results(self) -> list[str]:
        """The keys."""
        return sorted(self._scores)


def _format(asset: Mapping[str, Any]) -> VideoFormat | None:
    """The raw video that an asset describes; ``None`` when it gives no size."""
    kind = str(asset.get("yuv_type", "yuv420p"))
    width, height = (asset.get(side) or asset.get(f"quality_{side}") for side in ("width", "height"))
    if width is None or height is None:
        return None
    for side, size in (("width", width), ("height", height)):
        if asset.get(f"quality_{side}", size) != size:
            raise VmafValueError(f"quality_{side} differs from {side}; scale the videos first")
    if not kind.startswith("yuv4") or kind[6:7] != "p":
        raise VmafValueError(f"yuv_type is {kind!r}, must be as yuv420p or yuv422p10le")
    depth = kind[7:].removesuffix("le") or "8"
    if not depth.isdigit():
        raise VmafValueError(f"yuv_type is {kind!r}, must be as yuv420p or yuv422p10le")
    return VideoFormat(int(width), int(height), kind[3:6], int(depth))


class VmafexecFeatureExtractor:
    """Extracts features of one pair of videos.

    Args:
        logger: gets one line for each run.
        workdir_root: accepted, as nothing is written.
        ref_path: raw video as `asset_dict` says, or any video that :func:`pyvmaf.score` reads.
        dis_path: the distorted one.
        asset_dict: ``width``, ``height``, ``yuv_type`` of raw videos.
        optional_dict: ``feature_params``: options by extractor; ``n_threads``, ``subsample``.
    """

    def __init__(
        self,
        logger: logging.Logger | None = None,
        workdir_root: str | None = None,
        *,
        ref_path: str | os.PathLike[str],
        dis_path: str | os.PathLike[str],
        asset_dict: Mapping[str, Any] | None = None,
        optional_dict: Mapping[str, Any] | None = None,
    ) -> None:
        self.logger = logger
        self.paths = (ref_path, dis_path)
        self.asset_dict = dict(asset_dict or {})
        self.optional_dict = dict(optional_dict or {})
        self.results: Sequence[FeatureResult] = ()

    def run(self) -> None:
        """Score the videos and fill `results`."""
        wanted = self.optional_dict.get("feature_params") or DEFAULT_FEATURES
        raw = None if any(str(p).endswith(".y4m") for p in self.paths) else _format(self.asset_dict)
        if self.logger:
            self.logger.info("extract %s of %s and %s", ", ".join(wanted), *self.paths)
        result = score(
            *self.paths,
            model=None,
            features=list(wanted.items()),
            raw=raw,
            n_threads=self.optional_dict.get("n_threads"),
            subsample=self.optional_dict.get("subsample", 1),
        )
        self.results = [FeatureResult(result)]


def install() -> None:
    """Put the harness's module names in place, so that scripts written for it run unchanged.

    ``vmaf.core.vmafexec_feature_extractor`` and ``vmaf.tools.stats`` can be imported afterwards,
    with what they have here. Twice is fine.

    Raises:
        VmafValueError: another package named ``vmaf`` is there, which scripts would not expect to lose.
    """
    names: dict[str, dict[str, object]] = {
        "vmaf": {},
        "vmaf.core": {},
        "vmaf.core.vmafexec_feature_extractor": {"VmafexecFeatureExtractor": VmafexecFeatureExtractor},
        "vmaf.tools": {},
        "vmaf.tools.stats": {"ListStats": ListStats},
    }
    there = sys.modules.get("vmaf")
    if getattr(there, "__pyvmaf__", False):
        return
    if there is not None or importlib.util.find_spec("vmaf") is not None:
        raise VmafValueError("a package named vmaf is installed; import from pyvmaf.compat instead")
    for name, content in names.items():
        module = types.ModuleType(name, "A name of libvmaf's Python harness, by pyvmaf.compat.")
        vars(module).update({**content, "__pyvmaf__": True, "__path__": []})
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, module)
