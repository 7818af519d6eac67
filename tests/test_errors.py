# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Errors: the one table, and what a message says."""

from __future__ import annotations

import errno
import pickle
import subprocess
import sys

import pytest

from pyvmaf import VmafContext, VmafError, VmafModel
from pyvmaf._ffi import call, ffi
from pyvmaf.errors import ERRORS, VmafOSError, error_for

BUILTINS = {
    errno.EINVAL: ValueError,
    errno.ERANGE: ValueError,
    errno.ENOMEM: MemoryError,
    errno.ENOENT: FileNotFoundError,
    errno.EEXIST: FileExistsError,
    errno.EACCES: PermissionError,
    errno.EPERM: PermissionError,
    errno.EISDIR: IsADirectoryError,
    errno.ENOTDIR: NotADirectoryError,
    errno.ETIMEDOUT: TimeoutError,
    errno.EBUSY: RuntimeError,
    errno.EDEADLK: RuntimeError,
    errno.ENOSYS: NotImplementedError,
    errno.EIO: OSError,
    errno.ENOSPC: OSError,
}


@pytest.mark.parametrize("number", sorted(BUILTINS), ids=errno.errorcode.get)
@pytest.mark.parametrize("sign", [1, -1])
def test_an_error_is_ours_and_the_builtin(number: int, sign: int) -> None:
    error = error_for(sign * number, "vmaf_x", "why")
    assert isinstance(error, VmafError)
    assert isinstance(error, BUILTINS[number])
    assert error.errno == number
    assert str(error) == "why"  # in the user's words: without the name of a C function


def test_without_a_reason_the_system_gives_one() -> None:
    assert str(error_for(-errno.ENOSPC, "vmaf_x")) == "vmaf_x: No space left on device"


def test_unknown_numbers_are_os_errors() -> None:
    assert type(error_for(-9999, "vmaf_x", "why")) is VmafOSError


@pytest.mark.parametrize("number", [*ERRORS, errno.EIO], ids=errno.errorcode.get)
def test_errors_survive_pickling(number: int) -> None:
    error = error_for(-number, "vmaf_x", "why")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.errno) == (type(error), str(error), number)


def test_the_message_ends_with_the_engines_last_line() -> None:
    with pytest.raises(ValueError, match=r"^.*bit depth is 7, must be 8 to 16$"):
        call.vmaf_picture_alloc(ffi.new("VmafPicture *"), 1, 7, 8, 8)


def test_a_reason_is_not_left_to_the_next_call() -> None:
    with pytest.raises(VmafError, match="bit depth"):
        call.vmaf_picture_alloc(ffi.new("VmafPicture *"), 1, 7, 8, 8)
    with pytest.raises(VmafError) as caught:
        call.vmaf_picture_unref(ffi.new("VmafPicture *"))
    assert "bit depth" not in str(caught.value)


def test_nul_in_text_is_refused() -> None:
    with VmafContext() as ctx, pytest.raises(ValueError, match="NUL"):
        ctx.import_feature_score("a\0b", 1.0, 0)


def test_missing_model_file() -> None:
    with pytest.raises(FileNotFoundError, match=r"could not read model from path: \"/nowhere/model\.json\""):
        VmafModel.from_path("/nowhere/model.json")


def test_unknown_model_has_the_nearest_name() -> None:
    with pytest.raises(ValueError, match=r"no built-in model 'vmaf_v0\.6\.2'; did you mean .*\"vmaf_v0\.6\.1\""):
        VmafModel("vmaf_v0.6.2")


def test_nothing_is_printed_at_level_none() -> None:
    code = (
        "from pyvmaf import VmafContext\n"
        "with VmafContext(log_level='none') as c:\n"
        "    try: c.flush(); c.feature_score_at_index('x', 0)\n"
        "    except ValueError as e: print(e)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert 'no feature "x" at index 0' in done.stdout
