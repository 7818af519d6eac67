# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Builds the engine by its one Makefile, then the extension against it."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import PlatformError


def missing_tools():
    """What the build needs and does not find, in one sentence; "" when all is there."""
    compiler = shlex.split(os.environ.get("CC") or "cc")[0]
    needed = {"make": "make", f"a C compiler ({compiler})": compiler}
    absent = [what for what, program in needed.items() if not shutil.which(program)]
    if not absent:
        return ""
    remedy = "apt install build-essential, dnf install gcc make, or apk add build-base"
    return f"pyvmaf is built from C and needs {' and '.join(absent)}, not found here: {remedy}"


class BuildEngine(build_ext):
    def run(self):
        if sentence := missing_tools():
            raise PlatformError(sentence)
        out = Path(self.build_temp, "c").resolve()
        share = Path("" if self.inplace else self.build_lib, "pyvmaf", "share").resolve()
        shutil.rmtree(share, ignore_errors=True)
        paths = [f"OUT={out}", f"PREFIX={share}"]
        jobs = f"-j{os.cpu_count() or 1}"
        subprocess.run(["make", "-C", "src_c", jobs, *paths, "install"], check=True)
        subprocess.run([sys.executable, "model/embed.py", "--install", share / "model"], check=True)
        for extension in self.extensions:
            extension.extra_objects.append(str(out / "libpyvmaf.a"))
            extension.depends.append(str(out / "libpyvmaf.a"))
        super().run()


setup(
    cffi_modules=["pyvmaf/_build.py:ffi"],
    cmdclass={"build_ext": BuildEngine},
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
