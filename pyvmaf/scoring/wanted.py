# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A plan's models and features, loaded and registered in a context."""

from __future__ import annotations

from collections.abc import Sequence

from .._ffi import call, nearest
from ..engine.context import Model, VmafContext
from ..engine.extractor import ExtractorInfo, extractors
from ..engine.model import VmafModelCollection, any_builtin, any_from_path, named_model
from ..errors import VmafValueError
from ..prepare.cambi import cambi_overloads
from ..prepare.preparation import Preparation
from ..video import Pair
from .choice import ModelChoice, choose_model
from .plan import AUTO, Path, Plan, Wanted


def load_model(
    version: str | None = None, path: Path | None = None, *, name: str | None = None, flags: int = 0
) -> Model:
    """The single model or collection that is built in as `version`, or that the file `path` holds."""
    if version is not None:
        return any_builtin(version, name=name, flags=flags)
    assert path is not None
    return any_from_path(path, name=name, flags=flags)


def load_models(plan: Plan) -> list[Model]:
    """Models of a plan, named after themselves or after their files.

    Those that are loaded here and use `cambi` are told how the distorted video was
    encoded, if that is known; a model that is open stays as its owner has it.
    """
    out: list[Model] = []
    overloads = cambi_overloads(plan.prepare) if isinstance(plan.prepare, Preparation) else {}
    for one in plan.models:
        if not isinstance(one, str):
            out.append(one)
        else:
            out.append(named_model(one))
        if isinstance(one, str) and overloads and "cambi" in extractors_of(out[-1]):
            out[-1].feature_overload("cambi", overloads)
    return out


def choose(
    given: Sequence[str | Model], pair: Pair, viewing_distance: float | None
) -> tuple[list[str | Model], ModelChoice]:
    """A plan's models with the chosen one in the place of "auto", and the choice."""
    format = pair.format
    choice = choose_model(format.width, format.height, pair.ref.frame_rate, viewing_distance)
    return [choice.model if one == AUTO else one for one in given], choice


def register(context: VmafContext, models: Sequence[Model], features: Sequence[Wanted]) -> None:
    """Have everything run on every frame, in the order of the plan."""
    for model in models:
        context.use_features_from_model(model)
    for one in features:
        context.use_feature(one.name, dict(one.options))


def extractors_of(model: Model) -> list[str]:
    """Names of the extractors that provide a model's features."""
    of = model.model if isinstance(model, VmafModelCollection) else model
    return [e.name for e in extractors() if any(provides(e, f) for f in of.features)]


def check_overload(model: Model, extractor: str) -> None:
    """Raise when none of the model's features comes from `extractor`."""
    names = extractors_of(model)
    if extractor not in names:
        of = model.model if isinstance(model, VmafModelCollection) else model
        raise VmafValueError(f"model {of.name!r} uses no features of {extractor!r}{nearest(extractor, names)}")


def provides(extractor: ExtractorInfo, published: str) -> bool:
    """Whether the published name is one of the extractor's, bare or decorated by options."""
    for name in extractor.features:
        alias = str(call.pyvmaf_feature_alias(name))
        if published in (name, alias) or published.startswith(f"{alias}_"):
            return True
    return False
