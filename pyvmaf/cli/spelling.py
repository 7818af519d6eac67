# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Messages speak of arguments as Python has them; on a terminal they are flags of `pyvmaf score`."""

from __future__ import annotations

import re

#: A value: text, a word, or a mapping that may hold further ones.
_VALUE = r'"\w+"|True|\{(?:[^{}]|\{[^{}]*\})*\}'
_ARGUMENT = rf"(?<![\w.-])(?:align|prepare|film_grain|allow_hdr)=(?:{_VALUE})"
_ARGUMENTS = re.compile(rf"{_ARGUMENT}(?:, {_ARGUMENT})*")
_ONE = re.compile(rf"(\w+)=({_VALUE})")
#: Python's spelling within mappings, and JSON's.
_JSON = {"True": "true", "False": "false", "(width, height)": '"WIDTHxHEIGHT"'}


def _flag(match: re.Match[str]) -> str:
    name, value = match.groups()
    flag = f"--{name.replace('_', '-')}"
    if value == "True":
        return flag
    if value.startswith('"'):
        return f"{flag} {value[1:-1]}"
    for python, json in _JSON.items():
        value = value.replace(python, json)
    return f"{flag} '{value}'"


def in_shell(text: str) -> str:
    """The message with what to type in the place of arguments.

    >>> in_shell('sizes differ; align="auto", prepare="auto" mends it')
    'sizes differ; pyvmaf score --align auto --prepare auto mends it'
    >>> in_shell('prepare={"rotate": False} leaves it as stored')
    'pyvmaf score --prepare \\'{"rotate": false}\\' leaves it as stored'
    """

    def flags(match: re.Match[str]) -> str:
        return " ".join(["pyvmaf score", *(_flag(one) for one in _ONE.finditer(match[0]))])

    return _ARGUMENTS.sub(flags, text)
