# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Builds the engine by its one Makefile, then the extension against it."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
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


def make(*arguments):
    """Run the engine's Makefile; the words that it prints."""
    done = subprocess.run(["make", "-s", "-C", "src_c", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


class BuildEngine(build_ext):
    def run(self):
        if sentence := missing_tools():
            raise PlatformError(sentence)
        out = Path(self.build_temp, "c").resolve()
        share = Path("" if self.inplace else self.build_lib, "pyvmaf", "share").resolve()
        shutil.rmtree(share, ignore_errors=True)
        make(f"-j{os.cpu_count() or 1}", f"OUT={out}", f"PREFIX={share}", "install")
        subprocess.run([sys.executable, "model/embed.py", "--install", share / "model"], check=True)
        for extension in self.extensions:
            extension.extra_objects.append(str(out / "libextension.a"))
            extension.depends += [str(out / "libextension.a"), str(out / "libvmaf.a")]
            extension.extra_compile_args += make("guards")
            extension.extra_link_args += make("link-guards")
        super().run()

    def build_extensions(self):
        # Where this machine's Python lies is of no use elsewhere.
        linker = self.compiler.linker_so
        linker[:] = [word for word in linker if not word.startswith("-Wl,-rpath")]
        super().build_extensions()


# One wheel for all versions of Python, where the interpreter has the limited API.
GIL = not sysconfig.get_config_var("Py_GIL_DISABLED")
LIMITED = sys.implementation.name == "cpython" and GIL and not hasattr(sys, "gettotalrefcount")

setup(
    cffi_modules=["pyvmaf/_build.py:ffi"],
    cmdclass={"build_ext": BuildEngine},
    options={"bdist_wheel": {"py_limited_api": "cp310"}} if LIMITED else {},
)
