# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Golden clips under sanitizers: the plain and the best kernels, within a call and on workers."""

import subprocess
import sys

import pytest
from support import sanitizers
from support.golden_cases import CONFIGS

# On how many threads, in which clips: every depth, odd sizes, the smallest
# picture. ThreadSanitizer is slower, and of use on workers only.
PLANS = {"address,undefined": ([0, 4], [2, 3, 4, 6, 7, 8, 10, 11, 14]), "thread": ([4], [3, 6, 7, 10])}

# What each sanitizer must report, so that silence means something.
ERRORS = {
    "address,undefined": [
        ("overrun", "heap-buffer-overflow", "#include <stdlib.h>\nint overrun(int n)\n"
         "{ volatile char *p = malloc(n); int c = p[n]; free((char *)p); return c; }\n"),
        ("shift", "shift exponent 40 is too large", "int shift(int n)\n{ return 1 << n; }\n"),
    ],
    "thread": [
        ("race", "data race", "#include <pthread.h>\nstatic int shared;\n"
         "static void *add(void *p) { shared += *(int *)p; return 0; }\n"
         "int race(int n)\n{ pthread_t t; pthread_create(&t, 0, add, &n); shared++;\n"
         "  return pthread_join(t, 0); }\n"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("sanitizer", PLANS)
def test_golden_clips(sanitizer: str) -> None:
    library = sanitizers.library(sanitizer)
    threads, clips = PLANS[sanitizer]
    lists = [",".join(map(str, numbers)) for numbers in (threads, clips)]
    run = subprocess.run(
        [sys.executable, "-m", "support.sanitizers", library, *lists], cwd=sanitizers.HERE,
        env=sanitizers.environment(sanitizer), capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-8000:]
    assert run.stderr == ""
    assert run.stdout == f"{len(clips) * len(CONFIGS) * len(threads) * 2} runs agree\n"


@pytest.mark.parametrize(
    "sanitizer,name,report,code", [pytest.param(s, *row, id=row[0]) for s, rows in ERRORS.items() for row in rows]
)
def test_an_error_would_be_reported(sanitizer: str, name: str, report: str, code: str) -> None:
    if reason := sanitizers.missing(sanitizer):
        pytest.skip(reason)
    folder = sanitizers.output(sanitizer)
    source, library = folder / f"{name}.c", folder / f"{name}.so"
    source.write_text(code)
    flags = ["-shared", "-fPIC", "-g", f"-fsanitize={sanitizer}"]
    subprocess.run([sanitizers.CC, *flags, "-o", library, source], check=True)
    program = f"import ctypes as c; c.CDLL({str(library)!r}).{name}(40)"
    run = subprocess.run(
        [sys.executable, "-c", program], env=sanitizers.environment(sanitizer), capture_output=True, text=True
    )
    assert run.returncode != 0
    assert report in run.stderr
