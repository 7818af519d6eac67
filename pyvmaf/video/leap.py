# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Over most of an MP4 by its table of samples: what is far from the wanted frame is not even read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain
from typing import Any

from .container import has_table

#: So many bytes are read sooner than they are leapt over.
FAR = 1 << 25
#: Key pictures of the table between where it lands and the wanted frame; packets tell which are restarts.
KEYS = 4


class Table:
    """The samples of a container that lists them all, in the order of decoding.

    It says how many packets there are before one, and where that is, and both are
    what reading goes by too. It is not asked for times.
    """

    def __init__(self, container: Any, stream: Any) -> None:
        self._container, self._stream = container, stream
        self._entries: list[Any] = []
        if has_table(container, stream):
            entries = list(stream.index_entries)
            if len(entries) <= stream.frames:  # else there are fragments, perhaps more of them
                self._entries = entries
        # Of the packets before each, how many are shown.
        self._shown = list(accumulate((not entry.is_discard for entry in self._entries), initial=0))

    def leap(self, index: int, read: int) -> tuple[int, Iterator[Any]] | None:
        """Go to a key picture well before packet `index` of those shown, of which `read` were read.

        Returns:
            How many that are shown were left behind, and the packets from there on; None to go on reading.
        """
        target = bisect_right(self._shown, index) - 1
        keys = [i for i, entry in enumerate(self._entries[: max(0, target)]) if entry.is_keyframe][-KEYS:]
        if (
            len(keys) < KEYS
            or self._shown[keys[0]] < read
            or sum(entry.size for entry in self._entries[: keys[0]]) < FAR
        ):
            return None
        self._container.seek(self._entries[keys[0]].timestamp, stream=self._stream)
        packets = self._container.demux(self._stream)
        first = next(packets)
        places = [i for i, entry in enumerate(self._entries) if (entry.pos, entry.size) == (first.pos, first.size)]
        if len(places) != 1:  # an edit list shows it twice
            return None
        return self._shown[places[0]], chain([first], packets)
