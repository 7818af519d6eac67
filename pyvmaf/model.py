# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Models: which features, scaled how, into which support vector machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ._ffi import CData, call, encoded, ffi, lib, nearest, new_dictionary, unsigned
from .enums import ModelFlags
from .errors import VmafError, VmafValueError
from .extractor import check_options


@dataclass(frozen=True, slots=True)
class VmafModelCollectionScore:
    """What a bootstrap collection says of a frame or an interval."""

    bagging_score: float
    stddev: float
    ci_p95_lo: float
    ci_p95_hi: float


def builtin_models() -> list[str]:
    """Names that :class:`VmafModel` knows without a file.

    >>> "vmaf_v0.6.1" in builtin_models()
    True
    """
    names: list[str] = []
    while name := call.vmaf_builtin_model_at(len(names)):
        names.append(name)
    return names


def _config(name: str | None, flags: ModelFlags | int) -> tuple[CData, CData]:
    """A VmafModelConfig and the text that it points to."""
    text = ffi.NULL if name is None else ffi.new("char[]", encoded(name))
    return ffi.new("VmafModelConfig *", {"name": text, "flags": unsigned("flags", flags, 64)}), text


class VmafModel:
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

    def __init__(self, version: str, *, name: str | None = None, flags: ModelFlags | int = ModelFlags.DEFAULT) -> None:
        names = builtin_models()
        if version not in names:
            raise VmafValueError(
                f"no built-in model {version!r}; {nearest(str(version), names)} (VmafModel.from_path() reads a file)"
            )
        self._load(call.vmaf_model_load, version, name, flags)

    @classmethod
    def from_path(
        cls,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        flags: ModelFlags | int = ModelFlags.DEFAULT,
    ) -> VmafModel:
        """The model of a JSON file.

        Raises:
            VmafError: the file cannot be read or is no single model; the message names the first thing wrong.
        """
        self = cls.__new__(cls)
        self._load(call.vmaf_model_load_from_path, path, name, flags)
        return self

    def _load(self, load: object, source: object, name: str | None, flags: ModelFlags | int) -> None:
        pointer = ffi.new("VmafModel **")
        config, _text = _config(name, flags)
        try:
            load(pointer, config, source)  # type: ignore[operator]
        except VmafError:
            lib.vmaf_model_destroy(pointer[0])
            raise
        self._adopt(pointer[0])

    def _adopt(self, model: CData) -> None:
        # Freed with the last reference, so that a call on another thread is never left with a dead model.
        self._model: CData | None = ffi.gc(model, lib.vmaf_model_destroy)

    @property
    def _open(self) -> CData:
        if self._model is None:
            raise VmafValueError("model is closed")
        return self._model

    @property
    def name(self) -> str:
        """Under which scores are stored and logged."""
        return str(call.vmaf_model_name(self._open))

    @property
    def features(self) -> list[str]:
        """Published names of the features that a prediction needs, in the model's order."""
        names: list[str] = []
        while name := call.vmaf_model_feature_at(self._open, len(names)):
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


class VmafModelCollection:
    """A bootstrap collection: one main model and members that vote.

    Args:
        version: a built-in collection; there is none yet, so see :meth:`from_path`.
        name: under which scores are stored and logged; None: ``vmaf``.
        flags: :class:`ModelFlags`.
    """

    def __init__(self, version: str, *, name: str | None = None, flags: ModelFlags | int = ModelFlags.DEFAULT) -> None:
        self._load(call.vmaf_model_collection_load, version, name, flags)

    @classmethod
    def from_path(
        cls,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        flags: ModelFlags | int = ModelFlags.DEFAULT,
    ) -> VmafModelCollection:
        """The collection of a JSON file.

        Raises:
            VmafError: the file cannot be read or is no collection.
        """
        self = cls.__new__(cls)
        self._load(call.vmaf_model_collection_load_from_path, path, name, flags)
        return self

    def _load(self, load: object, source: object, name: str | None, flags: ModelFlags | int) -> None:
        main, pointer = ffi.new("VmafModel **"), ffi.new("VmafModelCollection **")
        config, _text = _config(name, flags)
        try:
            load(main, pointer, config, source)  # type: ignore[operator]
        except VmafError:
            lib.vmaf_model_destroy(main[0])
            lib.vmaf_model_collection_destroy(pointer[0])
            raise
        self.model = VmafModel.__new__(VmafModel)
        self.model._adopt(main[0])
        self._collection: CData | None = ffi.gc(pointer[0], lib.vmaf_model_collection_destroy)

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
