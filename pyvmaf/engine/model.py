# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Models: which features, scaled how, into which support vector machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from .._ffi import CData, Pinned, call, encoded, ffi, lib, nearest, new_dictionary, unsigned
from ..enums import ModelFlags
from ..errors import VmafValueError
from .extractor import check_options

L = TypeVar("L", bound="_Loaded")


@dataclass(frozen=True, slots=True)
class VmafModelCollectionScore:
    """What a bootstrap collection says of a frame or an interval."""

    bagging_score: float
    stddev: float
    ci_p95_lo: float
    ci_p95_hi: float


def builtin_models() -> list[str]:
    """Names that are known without a file, those of collections included.

    >>> "vmaf_v0.6.1" in builtin_models()
    True
    """
    names: list[str] = []
    while name := call.pyvmaf_builtin_model_at(len(names)):
        names.append(name)
    return names


def _check_builtin(version: object) -> None:
    names = builtin_models()
    if version not in names:
        path = "; a file is given by its path (VmafModel.from_path(), -m path=)" if ".json" in str(version) else ""
        raise VmafValueError(f"no built-in model {version!r}{nearest(str(version), names)}{path}")


def _flags(value: ModelFlags | int) -> int:
    bits = unsigned("flags", value, 64)
    if bits & ~sum(ModelFlags):
        known = ", ".join(f"{flag.name.lower()} ({flag.value})" for flag in ModelFlags if flag.name and flag)
        raise VmafValueError(f"flags is {bits:#x}, must be a sum of: {known}")
    return bits


class _Loaded(Pinned):
    """What a model and a collection have in common: by name, or from a file."""

    _loader: ClassVar[str]  # the C function for names; that for paths is named after it
    _results: ClassVar[int]  # how many objects it makes

    #: The built-in version or the path that it was made of.
    source: str = ""

    def __init__(self, version: str, *, name: str | None = None, flags: ModelFlags | int = ModelFlags.DEFAULT) -> None:
        self._adopt(_load(self._loader, self._results, version, name, flags))
        self.source = version

    @classmethod
    def from_path(
        cls: type[L],
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        flags: ModelFlags | int = ModelFlags.DEFAULT,
    ) -> L:
        """The same of a JSON file.

        Raises:
            VmafError: the file cannot be read or holds something else; the message names the first thing wrong.
        """
        made = _load(f"{cls._loader}_from_path", cls._results, path, name, flags)
        return cls._of(made, os.fsdecode(path))

    @classmethod
    def _of(cls: type[L], made: Sequence[CData], source: str) -> L:
        self = cls.__new__(cls)
        self._adopt(made)
        self.source = source
        return self

    def _adopt(self, made: Sequence[CData]) -> None:
        raise NotImplementedError


def _load(function: str, results: int, source: object, name: str | None, flags: ModelFlags | int) -> list[CData]:
    """What the C function makes: a model, and the members of a collection, or None for none.

    Each is freed with its last reference, so that a call on another thread is never left with a dead one.
    """
    text = ffi.NULL if name is None else ffi.new("char[]", encoded(name))
    config = ffi.new("VmafModelConfig *", {"name": text, "flags": _flags(flags)})
    made = [ffi.new("VmafModel **"), ffi.new("VmafModelCollection **")][:results]
    getattr(call, function)(*made, config, source)
    destroy = (lib.vmaf_model_destroy, lib.vmaf_model_collection_destroy)
    return [ffi.gc(p[0], free) if p[0] else None for p, free in zip(made, destroy, strict=False)]


class VmafModel(_Loaded):
    """One built-in model; :meth:`from_path` reads a file.

    Args:
        version: one of :func:`builtin_models`.
        name: under which scores are stored and logged; None: ``vmaf``.
        flags: :class:`ModelFlags`.

    Raises:
        VmafValueError: there is no such model.

    >>> model = VmafModel("vmaf_v0.6.1", name="standard")
    >>> model.name, model.features[0]
    ('standard', 'VMAF_integer_feature_adm2_score')
    """

    _loader = "vmaf_model_load"
    _results = 1

    def __init__(self, version: str, *, name: str | None = None, flags: ModelFlags | int = ModelFlags.DEFAULT) -> None:
        _check_builtin(version)
        super().__init__(version, name=name, flags=flags)

    def _adopt(self, made: Sequence[CData]) -> None:
        self._model: CData | None = made[0]

    @property
    def _open(self) -> CData:
        if self._model is None:
            raise VmafValueError("model is closed")
        return self._model

    @property
    def name(self) -> str:
        """Under which scores are stored and logged."""
        return str(call.pyvmaf_model_name(self._open))

    @property
    def features(self) -> list[str]:
        """Published names of the features that a prediction needs, in the model's order."""
        names: list[str] = []
        while name := call.pyvmaf_model_feature_at(self._open, len(names)):
            names.append(name)
        return names

    def feature_overload(self, extractor: str, options: Mapping[str, object]) -> None:
        """Set options of every feature that `extractor` provides to the model.

        Must precede ``use_features_from_model``.

        Raises:
            VmafValueError: no such extractor, or it has no such option.
        """
        check_options(extractor, options)
        if options:
            call.vmaf_model_feature_overload(self._open, extractor, new_dictionary(options)[0])

    def close(self) -> None:
        """Free the model. Twice is fine."""
        self._model = None

    def __repr__(self) -> str:
        return "VmafModel(closed)" if self._model is None else f"VmafModel(name={self.name!r})"


class VmafModelCollection(_Loaded):
    """A bootstrap collection: one main model and members that vote.

    Args:
        version: a built-in collection: ``vmaf_b_v0.6.3`` or ``vmaf_float_b_v0.6.3``; :meth:`from_path` reads a file.
        name: under which scores are stored and logged; None: ``vmaf``.
        flags: :class:`ModelFlags`.
    """

    _loader = "vmaf_model_collection_load"
    _results = 2

    def _adopt(self, made: Sequence[CData]) -> None:
        self.model = VmafModel._of(made[:1], "")
        self._collection: CData | None = made[1]

    @property
    def _open(self) -> CData:
        if self._collection is None:
            raise VmafValueError("model collection is closed")
        return self._collection

    @property
    def name(self) -> str:
        """Under which scores are stored and logged, with a suffix for each series."""
        _ = self._open
        return self.model.name

    @property
    def features(self) -> list[str]:
        """Published names of the features that the main model and every member need."""
        return self.model.features

    def feature_overload(self, extractor: str, options: Mapping[str, object]) -> None:
        """As :meth:`VmafModel.feature_overload`, for the main model and every member."""
        check_options(extractor, options)
        if options:
            pointer = ffi.new("VmafModelCollection **", self._open)
            dictionary = new_dictionary(options)[0]
            call.vmaf_model_collection_feature_overload(self.model._open, pointer, extractor, dictionary)

    def close(self) -> None:
        """Free the collection and its main model. Twice is fine."""
        self._collection = None
        self.model.close()

    def __repr__(self) -> str:
        return "VmafModelCollection(closed)" if self._collection is None else f"VmafModelCollection(name={self.name!r})"


def any_builtin(
    version: str, *, name: str | None = None, flags: ModelFlags | int = ModelFlags.DEFAULT
) -> VmafModel | VmafModelCollection:
    """Whichever of the two is built in under that name.

    Raises:
        VmafValueError: there is no such model.

    >>> any_builtin("vmaf_b_v0.6.3", name="votes")
    VmafModelCollection(name='votes')
    """
    _check_builtin(version)
    return _either(_load("pyvmaf_model_load_any", 2, version, name, flags), version)


def any_from_path(
    path: str | os.PathLike[str], *, name: str | None = None, flags: ModelFlags | int = ModelFlags.DEFAULT
) -> VmafModel | VmafModelCollection:
    """Whichever of the two a JSON file holds; it is read once, so it may be a pipe."""
    return _either(_load("pyvmaf_model_load_any_from_path", 2, path, name, flags), os.fsdecode(path))


def _either(made: Sequence[CData], source: str) -> VmafModel | VmafModelCollection:
    return VmafModel._of(made, source) if made[1] is None else VmafModelCollection._of(made, source)


def is_path(text: str) -> bool:
    """Whether a model is given by its file.

    >>> is_path("vmaf_v0.6.1"), is_path("mine.json"), is_path("./mine")
    (False, True, True)
    """
    return text.endswith(".json") or os.sep in text


def named_model(text: str) -> VmafModel | VmafModelCollection:
    """The built-in model of that name, or the one in that file; its scores are called as it is.

    >>> named_model("vmaf_v0.6.1neg").name
    'vmaf_v0.6.1neg'
    """
    if is_path(text):
        return any_from_path(text, name=os.path.splitext(os.path.basename(text))[0])
    return any_builtin(text, name=text)
