# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Names that ask for the network, and what of them may be shown."""

from __future__ import annotations

import re

REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
SECRETS = re.compile(r"(?<=://)[^/?#@]*@|[?#].*$", re.DOTALL)


def is_remote(source: object) -> bool:
    """Whether a name asks for the network; any other name is a file's.

    >>> is_remote("https://example.org/a.mp4"), is_remote("cache:full.avi")
    (True, False)
    """
    return isinstance(source, str) and REMOTE.match(source) is not None


def shown(url: str) -> str:
    """A URL as it may be shown and kept: without a password, a signature or a token.

    >>> shown("https://me:secret@example.org/a.mp4?X-Amz-Signature=abc")
    'https://example.org/a.mp4'
    """
    return SECRETS.sub("", url)
