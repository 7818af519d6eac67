# SPDX-License-Identifier: BSD-2-Clause-Patent
"""All extractors: against the definition, and the same however they are run; see support/extractor_harness.py."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from support import extractor_harness as harness
from support.extractor_harness import Clip, Extractor, Scores, differing, score

from pyvmaf import VmafError

EXTRACTORS = harness.discovered()
CLIPS = [pytest.param(e, clip, id=f"{e.name}-{clip}") for e in EXTRACTORS for clip in e.clips()]
EACH = pytest.mark.parametrize(("extractor", "clip"), CLIPS)
JUDGED = pytest.mark.parametrize(("extractor", "clip"), [case for case in CLIPS if case.values[0].judged])


@cache
def plain(extractor: Extractor, clip: Clip) -> list[Scores]:
    """For each group of options that fit into one context: its scores by plain kernels, without threads."""
    return [score(extractor, clip, options) for options in harness.together(extractor, clip)]


def compare_each(got: Scores, wanted: list[Scores]) -> None:
    """The columns of several registrations may lie between each other's, but each one's are in order."""
    for want in wanted:
        assert differing({name: got[name] for name in got if name in want}, want) == []
    assert len(got) == sum(map(len, wanted))


@JUDGED
def test_scores_equal_the_definition(extractor: Extractor, clip: Clip) -> None:
    refs, dists = harness.make_frames(clip)
    for options, got in zip(harness.together(extractor, clip), plain(extractor, clip), strict=True):
        compare_each(got, [extractor.want(refs, dists, clip, each) for each in options])


@EACH
def test_sets_and_threads_change_nothing(extractor: Extractor, clip: Clip) -> None:
    sets = harness.masks()
    ways = [{"cpumask": mask} for mask in sets.values()] + [{"cpumask": 0, "n_threads": n} for n in (1, 4)]
    for options, want in zip(harness.together(extractor, clip), plain(extractor, clip), strict=True):
        for how in ways:
            assert differing(score(extractor, clip, options, **how), want) == [], (options, how)


@EACH
def test_subsampling_leaves_frames_out(extractor: Extractor, clip: Clip) -> None:
    for options, whole in zip(harness.together(extractor, clip), plain(extractor, clip), strict=True):
        for n_subsample, n_threads in ((2, 0), (3, 4)):
            want = {name: values[::n_subsample] for name, values in whole.items()}
            got = score(extractor, clip, options, n_subsample=n_subsample, n_threads=n_threads)
            assert differing(got, want) == [], (options, n_subsample)


@EACH
def test_ranges_with_their_halo_equal_the_whole(extractor: Extractor, clip: Clip) -> None:
    ranges = (range(1, clip.frames - 1), range(clip.frames - 1, clip.frames))
    for options, whole in zip(harness.together(extractor, clip), plain(extractor, clip), strict=True):
        for frames, n_threads in product(filter(None, ranges), (0, 4)):
            want = {name: values[frames.start : frames.stop] for name, values in whole.items()}
            got = harness.score_range(extractor, clip, options, frames, n_threads)
            assert differing(got, want) == [], (options, frames)


@pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda e: e.name)
def test_registrations_do_not_touch_each_other(extractor: Extractor) -> None:
    clip = next(iter(extractor.clips()))
    for options, got in zip(harness.together(extractor, clip), plain(extractor, clip), strict=True):
        compare_each(got, [score(extractor, clip, [each]) for each in options])


@pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda e: e.name)
def test_what_it_refuses(extractor: Extractor) -> None:
    """The clip after a refusal is as good as ever: nothing is left behind."""
    clip = next(iter(extractor.clips()))
    w, h = extractor.smallest
    for width, height in ((w - 1, h), (w, h - 1)):
        if width and height and max(w, h) > 2:
            with pytest.raises(VmafError, match=f"{width}x{height}"):
                score(extractor, replace(clip, width=width, height=height), [{}])
    for bpc in extractor.refused_depths:
        with pytest.raises(VmafError, match=f"{extractor.name}: bit depth {bpc}"):
            score(extractor, replace(clip, bpc=bpc), [{}])
