# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`score_many` on a Ray cluster (extra `ray`): a task for each range, placed by cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

from .batch.many import Outcome, Pair
from .batch.many import score_many as on_executor
from .errors import VmafNotSupportedError


class RayExecutor(Executor):
    """Runs functions as Ray tasks. Ray is connected to as it is, or started here with its defaults.

    Args:
        options: of ``ray.remote``, such as ``num_cpus``, ``resources``, ``max_retries``,
            ``runtime_env``. What is not given: one core, and four tries of a task whose worker died.

    Raises:
        VmafNotSupportedError: Ray is not installed.
    """

    def __init__(self, **options: Any) -> None:
        try:
            import ray
        except ImportError:
            raise VmafNotSupportedError("needs Ray: pip install '.[ray]' where pyvmaf was installed from") from None
        self._ray: Any = ray
        if not ray.is_initialized():
            ray.init(log_to_driver=False)
        self._options = {"num_cpus": 1, "max_retries": 3, **options}
        cores = self._ray.cluster_resources().get("CPU", 1) / max(self._options["num_cpus"], 1e-3)
        self._max_workers = max(1, int(cores))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See :class:`concurrent.futures.Executor`."""
        task = self._ray.remote(**self._options)(fn)
        future: Future[Any] = task.remote(*args, **kwargs).future()
        return future


def score_many(pairs: Iterable[Pair], *, options: dict[str, Any] | None = None, **how: Any) -> Iterator[Outcome]:
    """:func:`pyvmaf.score_many` with a Ray task for each range.

    Ray starts a task again whose worker or machine died; what fails otherwise is tried
    again as everywhere. Files must be reachable by the same path or URL from all machines.

    Args:
        pairs: as there.
        options: of each task; see `RayExecutor`.
        how: the other arguments of :func:`pyvmaf.score_many`, but for `executor`.
    """
    return on_executor(pairs, executor=RayExecutor(**(options or {})), **how)
