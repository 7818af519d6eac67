# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Extractors that other packages bring: entry points of the group ``pyvmaf.extractors``.

A package names its class in its ``pyproject.toml``::

    [project.entry-points."pyvmaf.extractors"]
    sharpness = "my_metrics:Sharpness"

The entry point's name is that of the extractor. Nothing is imported, nor looked
for, until somebody asks for a name that is not known, or for the list.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .engine.extractor import extractors
from .engine.rows import register
from .errors import VmafValueError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "pyvmaf.extractors"

#: The package and version of each extractor that was loaded here.
_loaded: dict[str, str] = {}
_lock = threading.RLock()


def _entries() -> dict[str, list[EntryPoint]]:
    """The entry points of what is installed, by name."""
    from importlib.metadata import entry_points  # slow to import

    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, []).append(entry)
    return found


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"


def _is_known(name: str) -> bool:
    return any(extractor.name == name for extractor in extractors())


def _load(name: str, entries: list[EntryPoint]) -> None:
    packages = list(dict.fromkeys(map(_package, entries)))
    if len({entry.value for entry in entries}) > 1:
        raise VmafValueError(f"feature extractor {name!r} is brought by {' and by '.join(packages)}; uninstall one")
    try:
        found = entries[0].load()
        if getattr(found, "name", name) != name:
            raise VmafValueError(f"{entries[0].value} is an extractor named {found.name!r}")
        register(found)
    except Exception as error:
        raise VmafValueError(
            f"feature extractor {name!r} of package {packages[0]} cannot be used: {type(error).__name__}: {error}"
        ) from error
    _loaded[name] = packages[0]


def load(name: str) -> None:
    """Register the extractor of that name, when an installed package brings it and none has the name yet.

    Raises:
        VmafValueError: what the package brings cannot be imported or is no extractor, or two
            packages bring different ones; the message names them.
    """
    with _lock:
        entries = [] if _is_known(name) else _entries().get(name, [])
        if entries:
            _load(name, entries)


def load_all() -> list[str]:
    """Register all that installed packages bring; a sentence about each that cannot be used."""
    problems: list[str] = []
    with _lock:
        for name, entries in _entries().items():
            if not _is_known(name):
                try:
                    _load(name, entries)
                except VmafValueError as error:
                    problems.append(str(error))
    return problems


def packages(names: Iterable[str]) -> dict[str, str]:
    """The package and version of those extractors that packages brought, which are loaded now."""
    wanted = list(names)
    for name in wanted:
        load(name)
    return {name: _loaded[name] for name in wanted if name in _loaded}
