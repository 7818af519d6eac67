# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Several distorted streams against one reference: each has the very numbers that it has alone."""

from __future__ import annotations

import contextlib
import itertools
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.clips import Clip, Frame, make_frames
from support.common import noise

import pyvmaf
from pyvmaf import FeatureExtractor, VmafContext, VmafModel, VmafPicture, VmafValueError
from pyvmaf._vmaf import lib
from pyvmaf.streaming.together import StreamsError, read_together

DAMAGES = ("light", "none", "heavy", "flat", "blur", "inverse")
Features = Sequence[str | tuple[str, Mapping[str, object]]]
Scores = dict[str, list[float]]


class Level(FeatureExtractor):
    """One of each frame by itself; it fails where the first sample is 13."""

    name = "level"
    features = ("level",)

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        if dist.planes[0][0, 0] == 13:
            raise LookupError(f"thirteen at {index}")
        return {"level": float(dist.planes[0].mean()) - float(ref.planes[0].mean())}


class Drift(FeatureExtractor):
    """One that carries the distorted level along, and looks at the distorted picture before."""

    name = "drift"
    features = ("drift", "step")
    temporal = True
    look_back = 1
    earlier_dist = 1
    before = 0.0

    def extract(self, ref: VmafPicture, dist: VmafPicture, index: int) -> Mapping[str, float]:
        level = float(dist.planes[0].mean())
        earlier = self.earlier[0].dist if self.earlier else None
        step = float(np.abs(dist.planes[0].astype(int) - earlier.planes[0]).sum()) if earlier else 0.0
        drift, self.before = level - self.before, level
        return {"drift": drift, "step": step}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    for row in (Level, Drift):
        pyvmaf.register(row)
    yield
    for row in (Level, Drift):
        pyvmaf.unregister(row)


def streams(clip: Clip, count: int) -> tuple[list[Frame], list[list[Frame]]]:
    """A reference and so many distorted ones of it."""
    pairs = [make_frames(replace(clip, damage=damage)) for damage in itertools.islice(itertools.cycle(DAMAGES), count)]
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(pairs[0][0], pairs[-1][0], strict=True))
    return pairs[0][0], [dist for _, dist in pairs]


def made(features: Features, models: Sequence[str], **how: int) -> tuple[VmafContext, list[VmafModel]]:
    context = VmafContext(log_level="none", **how)
    loaded = [VmafModel(model, name=model) for model in models]
    for model in loaded:
        context.use_features_from_model(model)
    for feature in features:
        name, options = (feature, {}) if isinstance(feature, str) else feature
        context.use_feature(name, options)
    return context, loaded


def numbers(context: VmafContext, models: Sequence[VmafModel], frames: range) -> Scores:
    out = {name: context.feature_scores(name, frames).tolist() for name in context.feature_names}
    return out | {model.name: context.model_scores(model, frames).tolist() for model in models}


def alone(refs: Sequence[Any], dists: Sequence[Any], features: Features, models: Sequence[str], **how: int) -> Scores:
    context, loaded = made(features, models, **how)
    with context:
        for i, (ref, dist) in enumerate(zip(refs, dists, strict=True)):
            context.read_pictures(ref, dist, i, bpc=how_deep(ref))
        context.flush()
        return numbers(context, loaded, range(len(refs)))


def how_deep(frame: Frame) -> int:
    return 8 if frame[0].dtype == np.uint8 else 10


def same(got: Scores, want: Scores) -> None:
    """The same names in the same order, the same doubles; none is missing."""
    assert list(got) == list(want)
    for name, values in want.items():
        assert np.array_equal(np.array(got[name]), np.array(values), equal_nan=True), name


def together(
    refs: Sequence[Frame], dists: Sequence[Sequence[Frame]], features: Sequence[Features],
    models: Sequence[Sequence[str]], n_threads: int = 0, n_subsample: int = 1,
) -> list[Scores]:  # fmt: skip
    """The scores of each stream, whose features and models are its own."""
    contexts = [
        made(f, m, n_threads=n_threads if i == 0 else 0, n_subsample=n_subsample)
        for i, (f, m) in enumerate(zip(features, models, strict=True))
    ]
    for i, ref in enumerate(refs):
        read_together([c for c, _ in contexts], ref, [dist[i] for dist in dists], bpc=how_deep(ref))
    out = []
    for context, loaded in contexts:
        context.flush()
        out.append(numbers(context, loaded, range(len(refs))))
        context.close()
    return out


def check(clip: Clip, features: Sequence[Features], models: Sequence[Sequence[str]], **how: int) -> None:
    refs, dists = streams(clip, len(features))
    subsample = {"n_subsample": how.get("n_subsample", 1)}
    for got, dist, f, m in zip(together(refs, dists, features, models, **how), dists, features, models, strict=True):
        same(got, alone(refs, dist, f, m, **subsample))


@pytest.mark.parametrize("n_threads", [0, 1, 2, 4])
@pytest.mark.parametrize("model", ["vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_v1.0.16_3d0h", "vmaf_v1.0.16_hfr_3d0h"])
def test_models(model: str, n_threads: int) -> None:
    check(Clip(352, 320, frames=4), [()] * 3, [[model]] * 3, n_threads=n_threads)


@pytest.mark.parametrize("clip", [Clip(352, 288, 8), Clip(99, 75, 10), Clip(64, 33, 8), Clip(1030, 64, 10)], ids=str)
def test_sizes_and_depths(clip: Clip) -> None:
    check(clip, [()] * 6, [["vmaf_v0.6.1", "vmaf_v0.6.1neg"]] * 6)


@pytest.mark.parametrize("n_subsample", [1, 2, 5])
@pytest.mark.parametrize("n_threads", [0, 3])
def test_features(n_threads: int, n_subsample: int) -> None:
    features = ("psnr", "float_ssim", "cambi", "speed_chroma", "speed_temporal", "level", "drift", "motion", "vif")
    clip = Clip(320, 320, frames=6)
    check(clip, [features] * 3, [()] * 3, n_threads=n_threads, n_subsample=n_subsample)


def test_sixteen_streams() -> None:
    check(Clip(96, 64, frames=3), [()] * 16, [["vmaf_v0.6.1"]] * 16, n_threads=2)


@pytest.mark.parametrize("n_threads", [0, 2])
def test_each_stream_has_its_own_registrations(n_threads: int) -> None:
    """More and fewer gain limits, other windows of motion, none of a feature, other orders."""
    five = ("motion", {"motion_five_frame_window": True})
    features: list[Features] = [
        ["vif", "adm", "motion"],
        [five, ("vif", {"vif_enhn_gain_limit": 1.0}), "vif", ("vif", {"vif_enhn_gain_limit": 2.5})],
        ["psnr"],
        [("vif", {"vif_skip_scale0": True}), ("adm", {"adm_skip_scale0": True}), ("adm", {"adm_norm_view_dist": 5.0})],
        ["adm", ("adm", {"adm_enhn_gain_limit": 1.2}), ("motion", {"motion_fps_weight": 1.5, "debug": True}), "motion"],
        ["drift", ("vif", {"debug": True}), ("adm", {"debug": True, "adm_skip_aim": True}), five, "float_vif"],
    ]
    check(Clip(176, 144, frames=5), features, [["vmaf_v0.6.1"], *[()] * 5], n_threads=n_threads)


@pytest.mark.parametrize("n_threads", [0, 2])
def test_one_reference_for_cambi_and_speed(n_threads: int) -> None:
    """Limits and floors differ in one call, in a stream and across; scores of the reference too, where asked for."""
    full, low = {"full_ref": True}, {"cambi_max_val": 0.01}
    features: list[Features] = [
        [("cambi", full), "speed_chroma", ("speed_temporal", {"speed_use_ref_diff": True})],
        [("cambi", full | low), ("speed_chroma", {"speed_nn_floor": 0.5}), "speed_temporal"],
        ["cambi", ("cambi", low), "speed_chroma", ("speed_temporal", {"speed_use_ref_diff": True})],
        [("cambi", {"topk": 0.1}), ("speed_chroma", {"speed_max_val": 0.5}), "speed_temporal"],
    ]
    check(Clip(320, 320, frames=4), features, [()] * 4, n_threads=n_threads)


@pytest.mark.parametrize("n_threads", [0, 2])
def test_a_range_with_its_halo(n_threads: int) -> None:
    refs, dists = streams(Clip(352, 320, frames=12), 3)
    features, models = ("drift", "psnr"), ("vmaf_v0.6.1", "vmaf_v1.0.16_hfr_3d0h")
    contexts = [made(features, models, n_threads=n_threads if i == 0 else 0) for i in range(3)]
    before, after = contexts[0][0].halo
    assert before == 4
    for i in range(5 - before, 8 + after):
        read_together([c for c, _ in contexts], refs[i], [d[i] for d in dists], i, halo=not 5 <= i < 8)
    for (context, loaded), dist in zip(contexts, dists, strict=True):
        context.flush()
        assert context.read_count == 3
        want = alone(refs, dist, features, models)
        same(numbers(context, loaded, range(5, 8)), {name: values[5:8] for name, values in want.items()})
        assert list(context.settled()) == [5, 6, 7]
        context.close()


def test_settled_frames_of_each_stream() -> None:
    refs, dists = streams(Clip(64, 64, frames=4), 2)
    contexts = [made(f, ())[0] for f in (["vif"], ["motion"])]
    seen: list[list[int]] = [[], []]
    for i, ref in enumerate(refs):
        read_together(contexts, ref, [d[i] for d in dists])
        for context, frames in zip(contexts, seen, strict=True):
            while True:
                try:
                    frames.append(context.next_settled() or 0)
                except pyvmaf.VmafTimeoutError:
                    break
        assert [len(frames) for frames in seen] == [i + 1, i]  # motion looks ahead
    for context in contexts:
        context.close()


def test_streams_join_and_leave() -> None:
    """A context that has other frames behind it looks back at those."""
    refs, dists = streams(Clip(96, 96, frames=8), 2)
    first, second = (made(["motion", "vif", "drift"], ())[0] for _ in range(2))
    for i in range(8):
        if 3 <= i < 6:
            read_together([second, first], refs[i], [dists[1][i], dists[0][i]], i)
        else:
            first.read_pictures(refs[i], dists[0][i], i)
            second.read_pictures(refs[i], dists[1][i], i)
    for context, dist in ((first, dists[0]), (second, dists[1])):
        context.flush()
        same(numbers(context, [], range(8)), alone(refs, dist, ["motion", "vif", "drift"], ()))
        context.close()


def test_other_references_before_are_not_mixed_up() -> None:
    refs, dists = streams(Clip(96, 96, frames=3), 2)
    others = [(255 - ref[0], *ref[1:]) for ref in refs]
    first, second = (made(["motion"], ())[0] for _ in range(2))
    first.read_pictures(refs[0], dists[0][0], 0)
    second.read_pictures(others[1], dists[1][0], 0)
    for i in (1, 2):
        read_together([first, second], refs[i], [d[i] for d in dists], i)
    for context, before in ((first, refs[0]), (second, others[1])):
        context.flush()
        same(numbers(context, [], range(3)), alone([before, *refs[1:]], dists[0], ["motion"], ()))
        context.close()


# Failures.

SOME = ("level", "motion", "vif")


def check_failing(n_threads: int, spoil: Callable[[Frame], Frame]) -> list[BaseException]:
    """Of three streams the second has a spoilt fourth frame: what is raised; the numbers are those of runs alone."""
    refs, dists = streams(Clip(64, 64, frames=6), 3)
    dists[1][3] = spoil(dists[1][3])
    contexts = [made(SOME, (), n_threads=n_threads if i == 0 else 0)[0] for i in range(3)]
    raised: list[BaseException] = []
    calls = [lambda i=i, ref=ref: read_together(contexts, ref, [d[i] for d in dists], i) for i, ref in enumerate(refs)]
    for call in (*calls, *(context.flush for context in contexts)):
        try:
            call()
        except Exception as error:
            raised.append(error)
    for context, dist in zip(contexts, dists, strict=True):
        with context, made(SOME, ())[0] as lone:
            for i, ref in enumerate(refs):
                with contextlib.suppress(VmafValueError, LookupError):
                    lone.read_pictures(ref, dist[i], i)
            lone.flush()
            got = numbers(context, [], range(6))
            same(got, numbers(lone, [], range(6)))
            assert np.flatnonzero(np.isnan(got["level"])).tolist() == [3] * (dist is dists[1])
            if not n_threads:
                assert context.read_count == lone.read_count == 6 - (dist is dists[1])
    return raised


@pytest.mark.parametrize("n_threads", [0, 2])
def test_a_picture_of_another_size(n_threads: int) -> None:
    raised = check_failing(n_threads, lambda frame: (frame[0][2:, 2:], frame[1][1:, 1:], frame[2][1:, 1:]))
    assert [type(error) for error in raised] == [StreamsError]
    assert isinstance(raised[0], StreamsError)
    assert [type(error) for error in raised[0].errors] == [type(None), VmafValueError, type(None)]
    assert str(raised[0]).startswith("1 of 3 streams failed: 1: distorted picture at index 3 is 62x62 4:2:0 of 8 bits")
    assert str(pickle.loads(pickle.dumps(raised[0]))) == str(raised[0])


@pytest.mark.parametrize("n_threads", [0, 2])
def test_an_extractor_fails_in_one_stream(n_threads: int) -> None:
    def spoil(frame: Frame) -> Frame:
        luma = frame[0].copy()
        luma[0, 0] = 13
        return (luma, *frame[1:])

    errors = [e.errors[1] if isinstance(e, StreamsError) else e for e in check_failing(n_threads, spoil)]
    assert [(type(error), str(error)) for error in errors] == [(LookupError, "thirteen at 3")]


def test_what_is_no_picture() -> None:
    plane = noise(1)
    contexts = [made(["psnr"], ())[0] for _ in range(3)]
    with pytest.raises(StreamsError, match=r"^2 of 3 streams failed: 0: distorted: .*; 2: distorted: ") as caught:
        read_together(contexts, plane, ["one.png", plane, plane.astype(float)], pix_fmt="gray")
    assert [type(error) for error in caught.value.errors] == [pyvmaf.VmafTypeError, type(None), pyvmaf.VmafTypeError]
    assert [context.read_count for context in contexts] == [0, 1, 0]
    with pytest.raises(pyvmaf.VmafTypeError, match=r"^reference: "):
        read_together(contexts, "one.png", [plane] * 3)
    read_together(contexts, plane, [plane] * 3, pix_fmt="gray")
    assert [context.read_count for context in contexts] == [1, 2, 1]
    for context in contexts:
        context.flush()
        assert context.feature_score_at_index("psnr_y", 1) == 60.0
        context.close()


def test_samples_of_the_reference_and_of_one_stream() -> None:
    ref, dist = (np.full((32, 32), level, np.uint16) for level in (500, 400))
    bad = dist.copy()
    bad[3, 5] = 1024
    contexts = [made(["psnr"], ())[0] for _ in range(3)]
    with pytest.raises(StreamsError, match=r"1 of 3 .* 1: distorted picture at index 0: sample 1024 in plane 0, row 3"):
        read_together(contexts, ref, [dist, bad, dist], 0, bpc=10, pix_fmt="gray")
    with pytest.raises(VmafValueError, match=r"^reference picture at index 1: sample 1024"):
        read_together(contexts, bad, [dist, dist, dist], 1, bpc=10, pix_fmt="gray")
    contexts[0].check_samples = False
    with pytest.raises(StreamsError, match=r"^2 of 3 streams failed: 1: reference picture at index 2: sample 1024"):
        read_together(contexts, bad, [dist, dist, dist], 2, bpc=10, pix_fmt="gray")
    assert [context.read_count for context in contexts] == [2, 0, 1]
    for context in contexts:
        context.close()


def test_wrong_use() -> None:
    plane = noise(1)
    first, second = (made(["vif"], ())[0] for _ in range(2))

    def refused(contexts: Sequence[VmafContext], dists: Sequence[Any], why: str) -> None:
        with pytest.raises(VmafValueError, match=why):
            read_together(contexts, plane, dists, 0, pix_fmt="gray")

    refused([], [], "^0 distorted pictures for 0 contexts, must be one for each")
    refused([first, second], [plane], "^1 distorted pictures for 2 contexts, must be one for each")
    refused([first, second, first], [plane] * 3, "streams 0 and 2 have the same context")
    refused([first] * 17, [plane] * 17, "17 streams, must be 1 to 16")
    assert first.read_count == second.read_count == 0
    read_together([first], plane, [plane], 0, pix_fmt="gray")
    first.flush()
    refused([second, first], [plane, plane], r"^pyvmaf_read_together\(\): the context is flushed already")
    assert second.read_count == 0
    first.close()
    refused([second, first], [plane, plane], "^context is closed")
    read_together([second], plane, [plane], pix_fmt="gray")
    second.flush()
    assert second.feature_score_at_index("integer_vif_scale0", 0) == 1.0
    second.close()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
@pytest.mark.parametrize("flush", [True, False])
def test_closed_in_any_order(order: tuple[int, ...], flush: bool) -> None:
    """Closing waits for the frames that the first context's threads have in work."""
    refs, dists = streams(Clip(352, 288, frames=4), 3)
    contexts = [made(["vif", "adm"], (), n_threads=2 if i == 0 else 0)[0] for i in range(3)]
    for i, ref in enumerate(refs):
        read_together(contexts, ref, [d[i] for d in dists], i)
    for k in order:
        if flush:
            contexts[k].flush()
            same(numbers(contexts[k], [], range(4)), alone(refs, dists[k], ["vif", "adm"], ()))
        contexts[k].close()


def test_pictures_of_a_pool() -> None:
    """Those of the first context's pool come back, although the others look back at the reference."""
    refs, dists = streams(Clip(64, 64, frames=8), 3)
    contexts = [made(["motion", "vif"], ())[0] for _ in range(3)]
    contexts[0].preallocate_pictures("yuv420p", 8, 64, 64, 2)
    for i, ref in enumerate(refs):
        picture = contexts[0].fetch_preallocated_picture(timeout=5)
        for plane, source in zip(picture.planes, ref, strict=True):
            plane[:] = source
        read_together(contexts, picture, [d[i] for d in dists], i)
        del plane
        assert picture.closed
    for context, dist in zip(contexts, dists, strict=True):
        context.flush()
        same(numbers(context, [], range(8)), alone(refs, dist, ["motion", "vif"], ()))
        context.close()


def test_two_threads_with_the_same_contexts() -> None:
    """In another order each: no call waits for the other for ever."""
    plane = noise(3)
    contexts = [made(["psnr"], ())[0] for _ in range(4)]
    indices = itertools.count()
    lock = threading.Lock()

    def read(own: list[VmafContext]) -> None:
        for _ in range(50):
            with lock:
                index = next(indices)
            read_together(own, plane, [plane] * 4, index, pix_fmt="gray")

    threads = [threading.Thread(target=read, args=(own,)) for own in (contexts, contexts[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    for context in contexts:
        context.flush()
        assert context.read_count == 100
        assert context.feature_scores("psnr_y", range(100)).tolist() == [60.0] * 100
        context.close()


def test_the_bound_is_that_of_the_header() -> None:
    assert lib.PYVMAF_LANE_MAX == 16
