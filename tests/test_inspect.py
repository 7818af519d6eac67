# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pairs that were damaged in one way each: `inspect` names it, to the frame; and it cries wolf at no clean encode."""

from __future__ import annotations

import json
import shlex
import warnings
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av", reason="PyAV reads other files; pip install av")

from support.pair_cases import CLEAN, DAMAGED, Case, Frames, How, make, write
from support.pair_clips import FRAMES, Planes, moving, y4m

from pyvmaf import AlignmentError, Inspection, VideoError, VmafFileNotFoundError, VmafValueError, inspect, score
from pyvmaf.cli.pyvmaf import main
from pyvmaf.cli.spelling import in_shell
from pyvmaf.pairs.facts import NO_EDGES
from pyvmaf.pairs.probe import facts_of
from pyvmaf.scoring.score import Means, carry_out


def looked_at(case: Case, folder: Path) -> Inspection:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return inspect(*make(case, folder))


@pytest.mark.parametrize("case", DAMAGED, ids=lambda case: case.name)
def test_damage_is_named(case: Case, tmp_path: Path) -> None:
    found = looked_at(case, tmp_path)
    assert set(found.codes) == case.codes, [f.text for f in found.findings]
    assert found.verdict == case.verdict
    assert found.alignment.rate == case.rate
    assert found.alignment.offset == case.offset
    happened = {(e.kind, e.ref, e.dist) for e in found.alignment.events if e.kind not in ("short", "tail")}
    if case.events:
        assert happened == set(case.events)
    assert Inspection.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@pytest.mark.parametrize("case", CLEAN, ids=lambda case: case.name)
def test_clean_encodes_are_comparable(case: Case, tmp_path: Path) -> None:
    found = looked_at(case, tmp_path)
    assert (found.verdict, found.codes, found.steps) == ("comparable", (), ())
    assert found.alignment.identity
    assert list(found.alignment.pairs()) == [(i, i) for i in range(FRAMES)]


def test_inspect_as_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ref = tmp_path / "ref.y4m"
    ref.write_bytes(y4m(moving()[:40]))
    assert main(["inspect", str(ref), str(ref)]) == 0
    assert "verdict  comparable\n" in capsys.readouterr().out
    small = write(tmp_path / "small.mp4", moving()[3:40], How(filters="scale=128:72"))
    assert main(["inspect", str(ref), str(small)]) == 4
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines()[:-1])) <= 80
    assert "reference frames 0 to 2 missing at the start" in text
    assert "step     align\nstep     scale: side dist, size 256,144\n" in text
    assert text.endswith(f"do       score the pair so:\npyvmaf score {ref} {small} --align auto --prepare auto\n")
    assert main(["inspect", str(ref), str(small), "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["alignment"]["offset"] == 3
    assert told["steps"] == [{"do": "align"}, {"do": "scale", "side": "dist", "size": [256, 144]}]
    other = tmp_path / "other.y4m"
    other.write_bytes(y4m(moving(40, seed=50)))
    assert main(["inspect", str(ref), str(other)]) == 5
    assert main(["inspect", str(ref), str(tmp_path / "none.y4m")]) == 1


def test_one_frame_each(tmp_path: Path) -> None:
    """Stills: PNG against JPEG, in RGB and YUV."""
    import av

    luma = moving(1)[0][0]
    for name in ("a.png", "b.png"):
        av.VideoFrame.from_ndarray(np.stack([luma] * 3, 2), "rgb24").save(str(tmp_path / name))
    found = inspect(tmp_path / "a.png", tmp_path / "b.png")
    assert (found.verdict, found.ref.chroma, found.ref.frame_count) == ("comparable", "rgb", 1)


def test_black_tells_nothing(tmp_path: Path) -> None:
    planes = tuple(np.full(p.shape, 16 if k == 0 else 128, np.uint8) for k, p in enumerate(moving()[0]))
    (tmp_path / "a.y4m").write_bytes(y4m([planes] * 20))
    (tmp_path / "b.y4m").write_bytes(y4m([planes] * 17))
    found = inspect(tmp_path / "a.y4m", tmp_path / "b.y4m")
    assert found.verdict == "comparable"
    assert found.alignment.ambiguous and found.alignment.identity
    assert "ambiguous" in [f.code for f in found.findings]


@pytest.mark.parametrize(("deviation", "width"), [(4, 1), (20, 1), (8, 2)])
def test_noise_is_not_woven(deviation: float, width: int, tmp_path: Path) -> None:
    """Grain of one side alone, also stretched along the lines, as where narrow pictures were made wide."""
    frames, rng = moving()[:40], np.random.default_rng(1)
    noisy = []
    for luma, u, v in frames:
        noise = rng.normal(0, deviation / width**0.5, luma.shape)
        noise = sum(np.roll(noise, k, 1) for k in range(width))
        noisy.append((np.clip(np.rint(luma + noise), 16, 235).astype(np.uint8), u, v))
    clean, grainy = tmp_path / "clean.y4m", tmp_path / "grainy.y4m"
    clean.write_bytes(y4m(frames))
    grainy.write_bytes(y4m(noisy))
    assert inspect(clean, grainy).steps == inspect(grainy, clean).steps == ()


def test_a_matrix_beside_an_untagged_reference(tmp_path: Path) -> None:
    """Encoding hides part of what colours tell; the one tag that there is tells which conversion they are of."""
    options = (("crf", "22"), ("preset", "veryfast"))
    how = How(options=options, filters="scale=in_color_matrix=bt709:out_color_matrix=bt601", tags=(1, 6, 1, 1))
    found = looked_at(Case("untagged", lambda f: f[:40], how=how, ref=lambda f: f[:40]), tmp_path)
    assert found.codes == ("matrix",)
    assert found.steps == ({"do": "matrix", "side": "dist", "from": "bt601", "to": "bt709"},)


def test_no_video(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "ref.y4m").write_bytes(y4m(moving()[:5]))
    with pytest.raises(VideoError, match=r"text\.mp4"):
        inspect(tmp_path / "ref.y4m", tmp_path / "text.mp4")
    with pytest.raises(VmafFileNotFoundError):
        inspect(tmp_path / "ref.y4m", tmp_path / "none.mp4")


def test_one_side_shows_nothing(tmp_path: Path) -> None:
    planes = tuple(np.full(p.shape, 16 if k == 0 else 128, np.uint8) for k, p in enumerate(moving()[0]))
    (tmp_path / "black.y4m").write_bytes(y4m([planes] * 30))
    (tmp_path / "ref.y4m").write_bytes(y4m(moving()[:30]))
    assert inspect(tmp_path / "ref.y4m", tmp_path / "black.y4m").verdict == "not comparable"


@pytest.mark.parametrize(
    ("filters", "undo"), [("hflip", "hflip"), ("vflip", "vflip"), ("transpose=clock_flip", "transpose=cclock,hflip")]
)
def test_mirrored_pictures_are_named(filters: str, undo: str, tmp_path: Path) -> None:
    found = looked_at(Case("mirrored", tuple, how=How(filters=filters)), tmp_path)
    assert (found.verdict, found.codes) == ("not comparable", ("mirrored",))
    assert str(found).endswith(f"ffmpeg -vf {undo}")
    assert found.alignment.identity


@pytest.mark.parametrize("seed", [1, 3])
def test_woven_frames_belong_to_their_first_field(seed: int, tmp_path: Path) -> None:
    """Which deinterlacing keeps; those of the second are as near when they are woven."""
    case = next(case for case in DAMAGED if case.name == "interlaced-untagged")
    frames = moving(seed=seed)
    found = inspect(*make(case, tmp_path, (frames, frames)))
    assert set(found.codes) == case.codes
    assert list(found.alignment.pairs()) == [(2 * j, j) for j in range(45)]


@pytest.mark.parametrize("filters", ["framerate=fps=75/2", "minterpolate=fps=75/2:mi_mode=blend"])
def test_a_rate_converted_by_blending_is_refused(filters: str, tmp_path: Path) -> None:
    """24 frames per second at 30; frames go into the filters at the rate at which they come out."""
    dist = write(tmp_path / "dist.mp4", moving(), How(rate="30", filters=filters))
    ref = tmp_path / "ref.y4m"
    ref.write_bytes(y4m(moving(), "24:1"))
    found = inspect(ref, dist)
    assert found.verdict == "not comparable"
    (blended,) = (f for f in found.findings if f.severity == "refusal")
    assert blended.code == "blended" and 20 < blended.evidence["count"] < blended.evidence["of"] <= 112
    with pytest.raises(
        AlignmentError, match=r"dist\.mp4: .* converted by blending, or fields woven; score a version whose rate"
    ):
        score(ref, dist, align="auto")


def test_dark_edges_are_no_bars_of_one_side(tmp_path: Path) -> None:
    """What looks like a bar in a clean picture, and like a picture under noise."""

    def dark(frames: Frames) -> list[Planes]:
        out = []
        for y, u, v in frames[:40]:
            y = y.copy()
            y[:12] = 20
            out.append((y, u, v))
        return out

    found = looked_at(Case("dark", dark, how=How(filters="noise=alls=20:allf=t"), ref=dark), tmp_path)
    assert facts_of(found.ref.path).bars == (0, 12, 0, 0) and facts_of(found.dist.path).bars == NO_EDGES
    assert (found.verdict, found.codes) == ("comparable", ())


@pytest.mark.parametrize("left", [15, 16, 17])
def test_a_crop_is_of_whole_samples(left: int, tmp_path: Path) -> None:
    for seed in (1, 7):
        frames = moving(seed=seed)[:40]
        part = [(y[8:136, left : left + 224], u[4:68, left // 2 :][:, :112], v[4:68, left // 2 :][:, :112])
                for y, u, v in frames]  # fmt: skip
        (tmp_path / "ref.y4m").write_bytes(y4m(frames))
        (tmp_path / "part.y4m").write_bytes(y4m(part))
        steps = inspect(tmp_path / "ref.y4m", tmp_path / "part.y4m").steps
        assert steps == ({"do": "crop", "side": "ref", "edges": [left, 8, 32 - left, 8]},)


def both(folder: Path, how: How, count: int = 40) -> tuple[Path, Path]:
    """A plain reference and a distorted video made so."""
    frames = moving()[:count]
    ref = folder / "ref.y4m"
    ref.write_bytes(y4m(frames, f"{how.rate}:1", "XCOLORRANGE=LIMITED"))
    return ref, write(folder / f"dist{how.suffix}", frames, how)


LETTERBOX = How(filters="scale=192:108,pad=256:144:32:18")


def test_auto_goes_by_what_is_seen(tmp_path: Path) -> None:
    """Bars on one side of one size are no rule's business; scored as they are, that is told."""
    ref, dist = both(tmp_path, LETTERBOX)
    steps = inspect(ref, dist).steps
    assert [step["do"] for step in steps] == ["crop", "scale"]
    right = score(ref, dist, align="off", prepare=steps).score
    assert right is not None and right > 80
    assert score(ref, dist, align="auto", prepare="auto").score == right
    assert score(ref, dist, align="auto", prepare={"crop": False}).score < 20  # what is named is done
    with pytest.warns(
        UserWarning, match=r"has black bars: 32 left, 18 top, 32 right, 18 bottom; prepare=\"auto\" mends"
    ):
        assert score(ref, dist, align="auto").score < 20
    with pytest.warns(UserWarning, match="show different things, or other parts of one picture"):
        assert score(ref, dist).score < 20


def test_auto_tells_what_it_does_not_mend(tmp_path: Path) -> None:
    case = next(case for case in DAMAGED if case.name == "interlaced-untagged")
    pair = make(case, tmp_path)
    with pytest.warns(
        UserWarning, match=r'no tag says so in the distorted video; prepare=\{"deinterlace": \{"dist": "bwd'
    ):
        woven = score(*pair, align="auto", prepare="auto").score
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert score(*pair, align="auto", prepare={"deinterlace": {"dist": "bwdif"}}).score > woven + 5
    case = next(case for case in DAMAGED if case.name == "swapped")
    with pytest.warns(UserWarning, match="they seem to be swapped; give the videos in the other order"):
        swapped = score(*make(case, tmp_path), align="auto", prepare="auto")
    assert swapped.run is not None and len(swapped.run.warnings) == 1 and swapped.part is not None
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the files are not looked at again
        again = carry_out(swapped.part.plan, Means())
    assert again.run is not None and again.run.warnings == swapped.run.warnings


def test_rgb_has_neither_range_nor_matrix(tmp_path: Path) -> None:
    ref, dist = both(tmp_path, How("png", (), pix_fmt="rgb24", suffix=".mov"))
    found = inspect(ref, dist)
    assert (found.codes, [step["do"] for step in found.steps]) == (("chroma",), ["chroma"])
    assert score(ref, dist, align="auto", prepare="auto").score > 90  # what lies beyond RGB was clipped


@pytest.mark.filterwarnings("ignore:.*rotations differ")
def test_a_turn_that_is_no_quarter_is_none(tmp_path: Path) -> None:
    ref, dist = both(tmp_path, How(rotation=45))
    found = inspect(ref, dist)
    assert found.steps == ({"do": "rotate", "side": "dist", "degrees": 0},)
    assert "which is no quarter turn" in found.findings[0].text
    assert score(ref, dist, align="auto", prepare="auto").score > 90


def test_how_far_a_file_can_be_read(tmp_path: Path) -> None:
    """It changes its size: what comes before is inspected and scored, and that is told."""
    ref, dist = both(tmp_path, How(suffix=".ts"))
    small = write(tmp_path / "small.ts", moving()[40:50], How(filters="scale=128:72", suffix=".ts"))
    dist.write_bytes(dist.read_bytes() + small.read_bytes())
    found = inspect(ref, dist)
    assert found.codes == ("unreadable",)
    with pytest.warns(
        UserWarning, match="the distorted video can be read as far as frame 39: the video changes from 256x1"
    ):
        assert len(score(ref, dist, align="auto")["vmaf"]) == 40


def test_stutter_is_no_other_content(tmp_path: Path) -> None:
    """One of six frames, six times."""
    frozen = Case("stutter", lambda f: [f[i // 6 * 6] for i in range(90)], frozenset({"freeze"}))
    found = looked_at(frozen, tmp_path)
    assert found.verdict == "comparable after steps"
    assert len(list(found.alignment.pairs())) == 15


def test_twice_as_fast(tmp_path: Path) -> None:
    """Clocks are the same; numbers of frames are not."""
    found = looked_at(Case("fast", lambda f: f[::2], frozenset({"rate"})), tmp_path)
    assert (found.codes, found.alignment.rate) == (("rate",), "2")


def test_no_decoder(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", moving()[:2], How("ffv1", ()))
    path.write_bytes(path.read_bytes().replace(b"V_FFV1", b"V_NONE"))
    with pytest.raises(VideoError, match=r"a\.mkv"):
        inspect(path, path)


def test_what_is_laid_over_is_a_warning(tmp_path: Path) -> None:
    """A white box over a seventh of the picture is distortion, not other content."""
    ref, dist = both(tmp_path, How(filters="drawbox=x=20:y=100:w=200:h=26:color=white:t=fill"))
    found = inspect(ref, dist)
    assert (found.verdict, found.codes) == ("comparable", ("overlay",))
    (finding,) = (f for f in found.findings if f.code == "overlay")
    # Found on 18x32 averages, so to a row, which is 1/18.
    assert finding.evidence["box"] == pytest.approx([20 / 256, 100 / 144, 220 / 256, 126 / 144], abs=0.06)
    with pytest.warns(
        UserWarning, match="something is laid over the distorted pictures, between .* it counts as distor"
    ):
        score(ref, dist, align="auto")


def test_black_around_two_contents_is_no_overlay(tmp_path: Path) -> None:
    def framed(frames: Frames) -> list[Planes]:
        out = []
        for planes in frames[:30]:
            y, u, v = (np.full_like(p, zero) for p, zero in zip(planes, (16, 128, 128), strict=True))
            y[50:90, 90:160] = planes[0][50:90, 90:160]
            out.append((y, u, v))
        return out

    case = Case("framed", lambda _: framed(moving(FRAMES, seed=50)), ref=framed)
    assert "content" in looked_at(case, tmp_path).codes


@pytest.mark.parametrize("place", ["start", "end"])
def test_foreign_frames_at_an_end_replace_others(place: str, tmp_path: Path) -> None:
    """Black in the place of pictures is neither an offset nor a tail."""
    black = tuple(np.full(p.shape, 16 if k == 0 else 128, np.uint8) for k, p in enumerate(moving()[0]))
    ends = {"start": lambda f: [black] * 15 + list(f[15:60]), "end": lambda f: list(f[:45]) + [black] * 15}
    span = {"start": (0, 15), "end": (45, 60)}[place]
    found = looked_at(Case(place, ends[place], ref=lambda f: f[:60]), tmp_path)
    assert found.codes == ("replace",)
    assert [(e.kind, e.ref, e.dist) for e in found.alignment.events] == [("replace", span, span)]


def test_chroma_of_odd_sizes(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.mkv", moving()[:2], How("ffv1", (), filters="crop=255:143:0:0:exact=1", suffix=".mkv"))
    facts = facts_of(path)
    assert (facts.width, facts.height, facts.chroma) == (255, 143, "420")


def test_wide_primaries_beside_others_are_refused(tmp_path: Path) -> None:
    ref, dist = (
        write(tmp_path / f"{n}.mp4", moving()[:10], How(tags=(1, 1, 1, primaries)))
        for n, primaries in (("ref", 1), ("dist", 12))
    )
    found = inspect(ref, dist)
    assert (found.verdict, found.codes) == ("not comparable", ("primaries",))
    assert "are bt709, of the distorted video smpte432" in str(found)


LOW = (("crf", "48"), ("preset", "veryfast"))


def test_compressed_noise_is_not_woven(tmp_path: Path) -> None:
    """It has more of up and down than of left and right."""
    rng = np.random.default_rng(1)
    noisy = [(np.clip(y + rng.normal(0, 15, y.shape), 16, 235).astype(np.uint8), u, v) for y, u, v in moving()[:60]]
    for crf in ("24", "30", "36"):
        how = How(options=(("crf", crf), ("preset", "veryfast")))
        assert looked_at(Case(f"noise{crf}", lambda _: noisy, how=how, ref=lambda _: noisy), tmp_path).codes == ()


def test_what_is_left_of_the_dark_tells_nothing(tmp_path: Path) -> None:
    """Pictures of a few code values, of which a low bit rate leaves hardly any: no offset, no other content."""
    dark = [(((y.astype(int) - 16) // 14 + 16).astype(np.uint8), u, v) for y, u, v in moving()]
    case = Case("dark", lambda _: dark, how=How(options=LOW), ref=lambda _: dark)
    found = looked_at(case, tmp_path)
    assert (found.verdict, found.codes) == ("comparable", ())
    assert found.alignment.identity and found.alignment.ambiguous
    assert score(*make(case, tmp_path)).score < 60


def test_badly_coded_frames_stay_where_they_are(tmp_path: Path) -> None:
    """As at the end of a scene at low bit rates; they are not foreign, as none fits them better."""

    def blurred(frames: Frames) -> list[Planes]:
        out = list(frames[:60])
        for k in (29, 30, 31, 32):
            y, u, v = out[k]
            rows, columns = (np.abs(np.arange(n)[:, None] - np.arange(n)) < 25 for n in y.shape)
            low = rows / rows.sum(1, keepdims=True) @ y @ (columns / columns.sum(0))
            out[k] = (np.rint(low).astype(np.uint8), u, v)
        return out

    found = looked_at(Case("blurred", blurred, ref=lambda f: f[:60]), tmp_path)
    assert (found.verdict, found.codes) == ("comparable", ())
    assert found.alignment.identity


@pytest.mark.parametrize(
    ("how", "typed"),
    [
        (How(filters="scale=128:72"), "REF DIST --prepare auto"),  # a rule knows sizes; bars are for one that looks
        (LETTERBOX, "REF DIST --align auto --prepare auto"),
        (How(filters="transpose=clock"), "REF DIST --align auto --prepare auto"),
    ],
    ids=["size", "bars", "transposed"],
)
def test_inspect_says_what_to_type(how: How, typed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ref, dist = both(tmp_path, how)
    assert main(["inspect", str(ref), str(dist)]) == 4
    command = capsys.readouterr().out.splitlines()[-1]
    assert command == "pyvmaf score " + typed.replace("REF", str(ref)).replace("DIST", str(dist))
    assert main([*shlex.split(command)[1:], "--csv", "-q"]) == 0
    capsys.readouterr()


def test_inspect_turns_a_swapped_pair_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ref, dist = make(next(case for case in DAMAGED if case.name == "swapped"), tmp_path)
    assert main(["inspect", str(ref), str(dist)]) == 4
    text = capsys.readouterr().out
    assert text.endswith(f"do       give the videos in the other order:\npyvmaf score {dist} {ref}\n")


def test_a_tag_that_pictures_overrule(tmp_path: Path) -> None:
    """One step, the true one; and sizes that are each other's are not scaled into each other."""
    ref, dist = both(tmp_path, How(filters="transpose=clock", rotation=270))
    found = inspect(ref, dist)
    assert [step for step in found.steps if step["do"] == "rotate"] == [{"do": "rotate", "side": "dist", "degrees": 90}]
    assert [f.text for f in found.findings if f.code in ("rotation", "orientation")] == [
        "the distorted pictures match when turned by 90 degrees; the tag, which says 270, is wrong"
    ]
    ref, dist = both(tmp_path, How(filters="transpose=clock"))
    for prepare in ("none", "auto"):
        with pytest.raises(VmafValueError, match='inspect` tells, and align="auto", prepare="auto" turns it'):
            score(ref, dist, prepare=prepare)
    assert score(ref, dist, align="auto", prepare="auto").score > 80


def test_messages_speak_the_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever command says them."""
    ref, dist = both(tmp_path, How(filters="transpose=clock"))
    assert main(["score", str(ref), str(dist)]) == 1
    assert "and pyvmaf score --align auto --prepare auto turns it" in capsys.readouterr().err
    assert in_shell('prepare={"size": (width, height), "aspect": False}') == (
        'pyvmaf score --prepare \'{"size": "WIDTHxHEIGHT", "aspect": false}\''
    )
    assert in_shell('allow_hdr=True; film_grain="skip"') == "pyvmaf score --allow-hdr; pyvmaf score --film-grain skip"
