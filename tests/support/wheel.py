# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A wheel, tried in a bare environment of the oldest and the newest Python at hand.

As a program, ``python wheel.py WHEEL``: for each of them install the wheel and
nothing else, then, from another folder, score golden clips in Python and through
the C library, run a command, and build a client where there is a compiler.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve()
TESTS = HERE.parents[1]
NAME = re.compile(r"pyvmaf-[\d.]+-cp310-abi3-manylinux_\d+_\d+_\w+\.whl")


def interpreters() -> list[Path]:
    """The oldest and the newest Python that runs, of those that a shell finds and that pyenv and uv have."""
    folders = [Path(f) for f in os.environ["PATH"].split(os.pathsep)]
    for kept in (".pyenv/versions", ".local/share/uv/python"):
        folders += Path.home().glob(f"{kept}/*/bin")
    found: dict[int, Path] = {}
    for path in (path for folder in folders for path in folder.glob("python3.*")):
        match = re.fullmatch(r"python3\.(\d\d)", path.name)
        if match and int(match[1]) not in found and runs(path):
            found[int(match[1])] = path
    return [found[minor] for minor in sorted({min(found), max(found)})] if found else [Path(sys.executable)]


def runs(python: Path) -> bool:
    return subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0


def say(*words: object) -> None:
    print("wheel:", *words, flush=True)


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"wheel: {' '.join(map(str, command))} ended with status {done.returncode}")
    return done.stdout.strip()


def try_in(python: Path, wheel: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(python, "-m", "venv", folder / "venv", cwd=folder)
        inside = folder / "venv" / "bin"
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(inside / "python", *install, wheel, cwd=folder)
        version = run(inside / "python", "-I", "-c", "import sys; print(sys.version.split()[0])", cwd=folder)
        say(f"Python {version}:", run(inside / "pyvmaf", "--version", cwd=folder))
        say(f"Python {version}:", run(inside / "python", "-I", HERE, "--inside", folder, cwd=folder))


def inside(folder: Path) -> str:
    """What is checked in the environment itself; what was found."""
    sys.path.insert(0, str(TESTS))
    import pyvmaf
    from support import capi, scoring
    from support.clips import make_frames
    from support.golden_cases import CLIPS, CONFIGS, GOLDEN_FILE

    assert Path(pyvmaf.__file__).is_relative_to(folder.resolve()), pyvmaf.__file__
    golden = json.loads(GOLDEN_FILE.read_text())
    library = capi.Library(pyvmaf.get_library())
    compared = 0
    for clip in CLIPS[:3]:
        refs, dists = make_frames(clip)
        for name, config in CONFIGS.items():
            what = {"chroma": clip.chroma, "bpc": clip.bpc, "models": config.models, "features": config.features}
            for got in (scoring.score(refs, dists, cpumask=0, **what), capi.score(library, refs, dists, **what)):
                differences = capi.differences(golden[f"{clip}/{name}"], got)
                assert differences == [], (str(clip), name, differences)
                compared += 1
    return f"{compared} runs equal the peer's, {client(folder)}"


def client(folder: Path) -> str:
    import pyvmaf

    compiler = shutil.which("cc")
    if not compiler:
        return "no compiler to build a client with"
    include, library = Path(pyvmaf.get_include()), Path(pyvmaf.get_library())
    flags = [f"-I{include}", f"-I{include / 'libvmaf'}", f"-L{library.parent}", f"-Wl,-rpath,{library.parent}"]
    run(compiler, TESTS / "c" / "clients" / "allocate.c", *flags, "-lvmaf", "-o", folder / "client", cwd=folder)
    lines = run(folder / "client", "0", "2", cwd=folder).splitlines()
    assert len(lines) == 8, lines
    return "a client in C scores"


def main(wheel: Path) -> None:
    if not NAME.fullmatch(wheel.name):
        sys.exit(f"wheel: {wheel.name} is not named as a wheel for every Python from 3.10 on and for many Linuxes")
    say(wheel.name, f"{wheel.stat().st_size / 1e6:.1f} MB")
    for python in interpreters():
        try_in(python, wheel.resolve())


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        print(inside(Path(sys.argv[2])))
    else:
        main(Path(sys.argv[1]))
