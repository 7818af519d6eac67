# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Run a harness: by atheris where it is installed and wanted, else by changes at random, the same ones everywhere.

    python -m fuzz.driver NAME [-seconds=N] [-seed=N] [-atheris] FOLDER...
    python -m fuzz.driver NAME FILE...                          these inputs only

A harness is a module fuzz_NAME with `check(data)`, which raises nothing for any
bytes, and WORDS that its inputs are made of. An input that fails, or takes
longer than LIMIT seconds, is left in ./crash-input.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

Check = Callable[[bytes], None]
SIZE = 1 << 16
LIMIT = 30


def change(data: bytes, corpus: Sequence[bytes], words: Sequence[bytes], rng: random.Random) -> bytes:
    """A few places of `data` made otherwise."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randint(0, len(out))
        length = rng.randint(1, 64 if rng.random() < 0.25 else 4)
        other = rng.choice(corpus)
        start = rng.randint(0, len(other))
        piece = rng.choice([
            b"", rng.randbytes(length), bytes([rng.choice(b'\0\1\x7f\x80\xff"\\\n 0-:')]), rng.choice(words),
            other[start : start + length], bytes(out[at : at + length]) * 2,
        ])  # fmt: skip
        out[at : at + rng.choice([0, len(piece) or length])] = piece
    return bytes(out[:SIZE])


def too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"an input takes over {LIMIT} s")


def attempt(check: Check, data: bytes) -> None:
    signal.alarm(LIMIT)
    try:
        check(data)
    except BaseException:
        Path("crash-input").write_bytes(data)
        print(f"the input is in ./crash-input, {len(data)} bytes", file=sys.stderr)
        raise
    finally:
        signal.alarm(0)


def by_atheris(check: Check, folders: Sequence[str], seconds: float) -> None:
    """Does not return: libFuzzer ends the process."""
    import atheris

    argv = [sys.argv[0], f"-max_total_time={seconds:.0f}", f"-max_len={SIZE}", f"-timeout={LIMIT}", "-seed=1"]
    atheris.Setup([*argv, "-artifact_prefix=./crash-", *folders], check)
    atheris.Fuzz()


def load(name: str, instrumented: bool) -> tuple[Check, Sequence[bytes]]:
    if instrumented:
        import atheris

        with atheris.instrument_imports(include=["pyvmaf"]):
            module = import_module(f"fuzz.fuzz_{name}")
    else:
        module = import_module(f"fuzz.fuzz_{name}")
    return module.check, module.WORDS


def main(name: str, *arguments: str) -> None:
    options = dict(a[1:].partition("=")[::2] for a in arguments if a.startswith("-"))
    paths = [a for a in arguments if not a.startswith("-")]
    seconds = float(options.get("seconds", 10))
    warnings.simplefilter("ignore")
    check, words = load(name, "atheris" in options)
    if "atheris" in options:
        by_atheris(check, paths, seconds)
    signal.signal(signal.SIGALRM, too_long)
    files = [p for path in paths for p in (sorted(Path(path).iterdir()) if os.path.isdir(path) else [Path(path)])]
    corpus = [p.read_bytes() for p in files]
    for data in corpus:
        attempt(check, data)
    rng, end, runs = random.Random(int(options.get("seed", 1))), time.monotonic() + seconds, 0
    while any(map(os.path.isdir, paths)) and time.monotonic() < end:
        attempt(check, change(rng.choice(corpus), corpus, words, rng))
        runs += 1
    print(f"{runs} changed inputs, no fault")


if __name__ == "__main__":
    main(*sys.argv[1:])
