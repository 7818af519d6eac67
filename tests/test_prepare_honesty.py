# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is refused or told (HDR, grain, alpha, fields), stills, odd files, and where a score comes from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV makes and reads the files; install '.[video]'")
from support.prepared_clips import HEIGHT, WIDTH, clip, frames_of, opened, scored, write  # noqa: E402

import pyvmaf  # noqa: E402
from pyvmaf.errors import VmafFileNotFoundError, VmafTypeError, VmafValueError  # noqa: E402
from pyvmaf.pairs import facts_of  # noqa: E402
from pyvmaf.parts import origin  # noqa: E402
from pyvmaf.prepare import (  # noqa: E402
    DecodedVideo,
    HdrError,
    ImageSequence,
    PrepareError,
    Settings,
    cambi_overloads,
    check_hdr,
    prepare_videos,
)
from pyvmaf.video import VideoError, open_video  # noqa: E402

REF, DIST = clip(), clip(noise=30)
PQ, HLG, SDR = 16, 18, 1


def same(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


# What prepare= may be


def test_settings_that_are_refused() -> None:
    with pytest.raises(VmafValueError, match="prepare has no step 'scale'; there are: size, scaler, library, chroma"):
        Settings.of({"scale": 2})
    with pytest.raises(VmafValueError, match='prepare is \'yes\', must be "auto", "none" or a dictionary'):
        Settings.of("yes")
    with pytest.raises(VmafTypeError, match="prepare is 3"):
        Settings.of(3)  # type: ignore[arg-type]
    for key, value in {
        "size": (0, 5), "scaler": "lancsoz", "depth": 11, "depth ": 8, "chroma": 420.0, "crop": 1, "rotate": "yes",
        "deinterlace": True, "alpha": False, "range": "tv", "matrix": 1, "library": "gpu",
    }.items():  # fmt: skip
        with pytest.raises(VmafValueError, match=r"prepare(\['|.*there are)"):
            Settings.of({key: value})


def test_settings_as_text_are_those_of_the_command_line() -> None:
    text = {"size": "64x48", "depth": "10", "chroma": "444", "crop": "off", "deinterlace": "off"}
    values = {"size": (64, 48), "depth": 10, "chroma": "444", "crop": False, "deinterlace": False}
    assert Settings.of(text) == Settings.of(values)


# High dynamic range


@pytest.mark.parametrize(("number", "name"), [(PQ, "PQ"), (HLG, "HLG")])
def test_hdr_is_refused_unless_asked_for(tmp_path: Path, number: int, name: str) -> None:
    hdr = write(tmp_path / "hdr.mkv", REF, color_trc=number, color_primaries=9)
    model = pyvmaf.VmafModel("vmaf_v0.6.1")
    with opened(hdr, hdr).ref as video:
        with pytest.raises(HdrError, match=f"hdr.mkv, stream 0: the video is tagged as {name}, and vmaf_v0.6.1") as got:
            check_hdr([video, video], [model])
        assert got.value.stream == 0 and "allow_hdr=True" in got.value.remedy
        note = check_hdr([video, video], [model], allow=True)
        assert note == f"vmaf_v0.6.1 was made for standard dynamic range, the video is {name}: " + (
            "the score has no known meaning"
        )
        assert check_hdr([video, video], []) is None


def test_sdr_and_a_model_of_the_callers_own_are_not(tmp_path: Path) -> None:
    sdr, hdr = write(tmp_path / "sdr.mkv", REF, color_trc=SDR), write(tmp_path / "hdr.mkv", REF, color_trc=PQ)
    own = Path(pyvmaf.model_files.entries()["vmaf_v0.6.1"].path)
    with open_video(sdr) as a, open_video(hdr) as b:
        assert check_hdr([a, a], [pyvmaf.VmafModel("vmaf_v0.6.1")]) is None
        assert check_hdr([b, b], [pyvmaf.VmafModel.from_path(own)]) is None


def test_hdr_against_sdr_is_refused(tmp_path: Path) -> None:
    sdr, hdr = write(tmp_path / "sdr.mkv", REF, color_trc=SDR), write(tmp_path / "hdr.mkv", REF, color_trc=PQ)
    with pytest.raises(
        PrepareError, match=r"hdr.mkv, stream 0: the transfer .* reference is SDR, .* PQ; there is no tone"
    ):
        opened(sdr, hdr)


def test_wide_gamut_against_another_is_refused(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.mkv", REF, color_primaries=1), write(tmp_path / "b.mkv", REF, color_primaries=9)
    with pytest.raises(PrepareError, match="the primaries differ: the reference has bt709, the distorted video bt2020"):
        opened(a, b)


# Film grain


@pytest.fixture(scope="module")
def grainy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if "libsvtav1" not in av.codecs_available:
        pytest.skip("this PyAV has no SVT-AV1")
    options = {"preset": "12", "svtav1-params": "film-grain=40"}
    return write(tmp_path_factory.mktemp("grain") / "grain.mkv", clip(noise=9), codec="libsvtav1", options=options)


def test_film_grain_is_told_and_can_be_left_out(grainy: Path) -> None:
    with_grain = opened(grainy, grainy)
    assert len(with_grain.warnings) == 2
    assert "grain.mkv: the stream carries film grain, which the decoder added" in with_grain.warnings[0]
    without = opened(grainy, grainy, "none", film_grain="skip")
    assert "was left out" in without.warnings[0]
    a, b = (frames_of(pair)[1][0][0].astype(int) for pair in (with_grain, without))
    assert np.abs(a - b).mean() > 1
    with open_video(grainy) as plain:
        assert np.array_equal([np.array(f[0]) for f in plain][1], a)


def grain_message() -> bytes:
    """An SEI unit with film grain characteristics, by ITU-T H.264, 7.3.2.3 and D.1.21."""
    bits = "0" + "00" + "0" + "00" + "0100"  # not cancelled; frequencies; no colours of its own; added; scale of 4
    bits += "100" + f"{0:08b}" + "000" + f"{0:08b}{255:08b}"  # luma alone: one interval, one value
    bits += "0000000" + f"{2 * 60:08b}"  # 60, as se(v)
    bits += "010"  # until the next: 1, as ue(v)
    payload = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return bytes([0, 0, 0, 1, 6, 19, len(payload)]) + payload + b"\x80"


def test_film_grain_of_h264_is_told(tmp_path: Path) -> None:
    plain, told = tmp_path / "plain.h264", tmp_path / "told.h264"
    write(plain, clip(), codec="libx264", options={"qp": "0", "preset": "ultrafast"})
    data = plain.read_bytes()
    first = data.index(b"\x00\x00\x01\x65")
    told.write_bytes(data[:first] + grain_message() + data[first:])
    assert facts_of(told).film_grain  # FFmpeg reads it so
    pair = opened(plain, told)
    assert [w.split(":")[0] for w in pair.warnings] == [str(told)]
    with open_video(plain) as a, open_video(told) as b:
        assert any((x[0] != y[0]).any() for x, y in zip(a, b, strict=True))


def test_no_film_grain_no_warning(tmp_path: Path, grainy: Path) -> None:
    plain = write(tmp_path / "plain.mkv", REF, codec="libsvtav1", options={"preset": "12"})
    assert opened(plain, plain).warnings == ()
    with pytest.raises(VmafValueError, match=r"film_grain is 'skp'; did you mean \"skip\"\?"):
        opened(plain, plain, film_grain="skp")


# Fields


def interlaced(path: Path) -> Path:
    """Two pictures woven into each frame."""
    many = clip(frames=12)
    woven = []
    for first, second in zip(many[::2], many[1::2], strict=True):
        frame = tuple(p.copy() for p in first)
        for plane, other in zip(frame, second, strict=True):
            plane[1::2] = other[1::2]
        woven.append(frame)
    return write(path, woven, codec="libx264", options={"qp": "0", "x264-params": "tff=1"})


def test_fields_that_no_tag_tells_of_are_made_frames_where_that_is_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", REF)
    assert opened(path, path, {"deinterlace": "bwdif"}).preparation is None
    for how in ({"deinterlace": {"dist": "yadif"}}, [{"do": "deinterlace", "side": "dist"}]):
        made = opened(path, path, how).preparation
        assert made is not None and not made.ref.steps
        assert made.dist.steps[0].reason == "frames are made of fields"
        settings = Settings.of(how)
        assert settings is not None and Settings.of(settings.as_dict()) == settings


def test_fields_are_refused_woven_or_made_frames(tmp_path: Path) -> None:
    path = interlaced(tmp_path / "fields.mp4")
    with pytest.raises(PrepareError, match=r"fields.mp4, stream 0: the video is tagged as interlaced.*deinterlace"):
        opened(path, path)
    woven = opened(path, path, {"deinterlace": False})
    assert woven.preparation is None
    for name in ("bwdif", "yadif"):
        whole = frames_of(opened(path, path, {"deinterlace": name}))
        assert len(whole) == 6
        pair = opened(path, path, {"deinterlace": name})
        assert not pair.ref.interlaced
        pair.ref.start_at(3)
        pair.dist.start_at(3)
        assert all(same(a[0], b[0]) for a, b in zip(whole[3:], frames_of(pair), strict=True))


# Stills


def rgb(frame: Any) -> Any:
    """Some colours."""
    y, u, v = frame[0].astype(int), *(c.repeat(2, 0).repeat(2, 1).astype(int) for c in frame[1:])
    return np.clip(np.stack([y + v - 128, y, y + u - 128], -1), 0, 255).astype(np.uint8)


def as_video(picture: Any) -> Any:
    """BT.709 of limited range, by the formula."""
    r, g, b = (picture[..., i] / 255 for i in range(3))
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return 16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748


def still(path: Path, picture: Any, pixel: str = "rgb24") -> Path:
    codec = {".png": "png", ".gif": "gif", ".bmp": "bmp"}[path.suffix]
    with av.open(str(path), "w", format="image2" if codec != "gif" else None) as out:
        stream = out.add_stream(codec, rate=25)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = pixel
        frame = av.VideoFrame.from_ndarray(picture, "rgba" if picture.shape[2] == 4 else "rgb24")
        for packet in [*stream.encode(frame.reformat(format=pixel)), *stream.encode(None)]:
            out.mux(packet)
    return path


def test_rgb_is_video_of_limited_range_by_bt709(tmp_path: Path) -> None:
    a, b = still(tmp_path / "a.png", rgb(REF[0])), still(tmp_path / "b.png", rgb(DIST[0]))
    pair = opened(a, b)
    assert pair.preparation is not None
    assert pair.preparation.ref.steps[0].reason == "rgb24 is RGB, made 444 limited range bt709"
    ((ref, dist),) = frames_of(pair)
    for got, picture in ((ref, REF[0]), (dist, DIST[0])):
        assert all(np.abs(g - w).max() < 0.6 for g, w in zip(got, as_video(rgb(picture)), strict=True))
    assert 20 < scored(opened(a, b))[0] < 90


@pytest.mark.parametrize(
    ("name", "codec", "pixel"),
    [
        ("a.jpg", "mjpeg", "yuvj420p"), ("b.jpg", "mjpeg", "yuvj444p"), ("a.webp", "libwebp", "yuv420p"),
        ("a.avif", "libsvtav1", "yuv420p"), ("a.mp4", "libx264", "yuv420p"),
    ],
)  # fmt: skip
def test_stills_against_a_png(tmp_path: Path, name: str, codec: str, pixel: str) -> None:
    """Whatever their range and matrix, they come out as the reference's, and near to it."""
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    soft = np.repeat(np.repeat(rgb(REF[0])[::8, ::8], 8, 0), 8, 1)
    ref = still(tmp_path / "ref.png", soft)
    frame = av.VideoFrame.from_ndarray(soft, "rgb24")
    full = pixel.startswith("yuvj")
    matrix = 5 if codec in ("mjpeg", "libwebp") else 1
    frame = frame.reformat(
        format=pixel, dst_colorspace=matrix, dst_color_range=2 if full else 1, src_color_range=2,
        interpolation="BICUBIC",
    )  # fmt: skip
    planes = [np.frombuffer(p, np.uint8).reshape(p.height, -1)[:, : p.width] for p in frame.planes]
    options = {"quality": "100", "qscale": "1", "crf": "4", "preset": "9"}
    options = {k: v for k, v in options.items() if (k, codec) not in {("preset", "libwebp"), ("preset", "libx264")}}
    dist = write(tmp_path / name, [tuple(planes)], pixel, codec=codec, options=options, colorspace=matrix,
                 color_range=2 if full else 1, **({"qmin": 1, "qmax": 1} if codec == "mjpeg" else {}))  # fmt: skip
    ((want, got),) = frames_of(opened(ref, dist))
    assert np.abs(want[0].astype(int) - got[0]).mean() < 2.5
    assert np.abs(want[1].astype(int) - got[1]).mean() < 5


def test_gif_and_images_of_a_sequence(tmp_path: Path) -> None:
    for i, frame in enumerate(REF):
        still(tmp_path / f"img{i + 7:03d}.png", rgb(frame))
    gif = tmp_path / "a.gif"
    with av.open(str(gif), "w") as out:
        stream = out.add_stream("gif", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgb8"
        for i, frame in enumerate(REF):
            picture = av.VideoFrame.from_ndarray(rgb(frame), "rgb24").reformat(format="rgb8")
            picture.pts = i
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    for pattern in ("img%03d.png", "img*.png"):
        pair = prepare_videos([ImageSequence(tmp_path / pattern), DecodedVideo(gif)], "auto")
        got = frames_of(pair)
        assert len(got) == 3
        assert all(np.abs(f[0][0] - as_video(rgb(REF[i]))[0]).max() < 0.6 for i, f in enumerate(got))
    (tmp_path / "img008.png").unlink()
    with pytest.raises(VideoError, match="number 8 is missing between 7 and 9"):
        ImageSequence(tmp_path / "img%03d.png")
    with pytest.raises(VideoError, match=r"nothing\*.png: no file matches"):
        ImageSequence(tmp_path / "nothing*.png")
    with pytest.raises(VmafFileNotFoundError, match=r"img%03d\.png"):
        open_video(tmp_path / "img%03d.png", decoder=DecodedVideo)


def test_images_of_a_sequence_are_told_by_what_they_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first of them, other videos were merged and gone on with."""
    monkeypatch.chdir(tmp_path)
    names = [f"img{i}.png" for i in range(5)]
    for i, name in enumerate(names):
        still(tmp_path / name, np.full((HEIGHT, WIDTH, 3), 10 * i, np.uint8), "gray")

    def score_into(file: str) -> object:
        given = {"model": None, "features": ["psnr"], "checkpoint": file}
        with ImageSequence("img%d.png") as ref, ImageSequence("img*.png") as dist:
            return pyvmaf.score(ref, dist, **given)

    assert score_into("run") == score_into("run")
    monkeypatch.setattr(origin, "PIECE", 64)
    for whole in (origin.WHOLE, 1):
        monkeypatch.setattr(origin, "WHOLE", whole)
        with ImageSequence("img%d.png") as video:
            before = video.digest
        assert before and before["files"] == 5
        still(tmp_path / names[3], np.full((HEIGHT, WIDTH, 3), whole % 199, np.uint8), "gray")
        with ImageSequence("img%d.png") as video:
            assert video.digest != before
    with pytest.raises(VmafValueError, match="run is the checkpoint of another run"):
        score_into("run")


@pytest.mark.parametrize("pixel", ["rgba", "ya8"])
def test_alpha_counts_only_where_something_shows_through(tmp_path: Path, pixel: str) -> None:
    solid = np.concatenate([rgb(REF[0]), np.full((HEIGHT, WIDTH, 1), 255, np.uint8)], -1)
    hole = solid.copy()
    hole[5:9, 9:30, 3] = 100
    a, b = still(tmp_path / "a.png", solid, pixel), still(tmp_path / "b.png", hole, pixel)
    assert len(frames_of(opened(a, a))) == 1
    with pytest.raises(PrepareError, match=r"b\.png, stream 0: frame 0 has alpha 100 of 255; prepare="):
        frames_of(opened(a, b))
    ((ref, dist),) = frames_of(opened(a, b, {"alpha": "ignore"}))
    assert same(ref, dist)


# Files of other kinds


@pytest.mark.filterwarnings("ignore:.*frame rates differ")
def test_phone_video_of_varying_rate_stands_upright(tmp_path: Path) -> None:
    many = clip(noise=30, frames=4)
    turned = [tuple(np.rot90(p, -1) for p in frame) for frame in many]
    how: Any = {"codec": "libx264", "options": {"qp": "0"}, "rotation": 90, "times": [0, 1, 4, 5]}
    phone = write(tmp_path / "phone.mp4", turned, **how)
    ref = write(tmp_path / "ref.mkv", clip(frames=4))
    assert scored(opened(ref, phone)) == scored(opened(ref, write(tmp_path / "dist.mkv", many), "none"))


def test_a_cover_before_the_video_is_not_the_video(tmp_path: Path) -> None:
    ref, dist = write(tmp_path / "ref.mkv", REF), write(tmp_path / "dist.mkv", DIST)
    how: Any = {"codec": "libx264", "options": {"qp": "0"}, "cover": True}
    pair = opened(ref, write(tmp_path / "cover.mp4", DIST, **how), {"depth": 10})
    assert pair.dist.stream == "stream 0 of video streams 0, 1"
    assert scored(pair) == scored(opened(ref, dist, {"depth": 10}))


@pytest.mark.parametrize("rotation", [0, 90])
def test_mirrored_pictures_are_refused_rather_than_turned(tmp_path: Path, rotation: int) -> None:
    how: Any = {"codec": "libx264", "rotation": rotation, "mirrored": True}
    try:
        path = write(tmp_path / "mirror.mp4", REF, **how)
    except TypeError:
        pytest.skip("this PyAV writes no mirrored display matrix")
    with pytest.raises(PrepareError, match=r"mirror\.mp4, stream 0: .*shown mirrored.*rotate"):
        opened(path, path)
    assert opened(path, path, {"rotate": False}).preparation is None


def test_a_stream_without_a_file_goes_by_what_it_says(tmp_path: Path) -> None:
    data = [write(tmp_path / f"{name}.mkv", frames).read_bytes() for name, frames in (("ref", REF), ("dist", DIST))]
    pair = opened(*map(io.BytesIO, data), {"depth": 10})
    assert scored(pair) == scored(opened(tmp_path / "ref.mkv", tmp_path / "dist.mkv", {"depth": 10}))


def test_a_video_that_was_read_is_not_prepared(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", REF)
    with open_video(path) as used, open_video(path) as fresh:
        next(iter(used))
        with pytest.raises(VideoError, match="was read already"):
            prepare_videos([used, fresh], "auto")


def test_audio_alone_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        out.mux(stream.encode(sound))
    with pytest.raises(VideoError, match=r"sound\.wav: the file has no video stream"):
        opened(path, path)


# CAMBI and the distorted video's own size and depth


def test_cambi_is_told_how_the_video_was_encoded(tmp_path: Path) -> None:
    ref = write(tmp_path / "ref.mkv", [tuple(p.astype(np.uint16) << 2 for p in f) for f in clip(size=(480, 320))],
                "yuv420p10le")  # fmt: skip
    dist = write(tmp_path / "dist.mkv", clip(noise=5, size=(240, 160)))
    pair = opened(ref, dist)
    want = {"enc_width": 240, "enc_height": 160, "enc_bitdepth": 8}
    assert cambi_overloads(pair.preparation) == want
    model = pyvmaf.VmafModel("vmaf_v1.0.16_3d0h")
    model.feature_overload("cambi", cambi_overloads(pair.preparation))
    with pair.ref, pair.dist:
        result = pyvmaf.score(pair.ref, pair.dist, model=model)
    names = [name for name in result if name.startswith("cambi")]
    assert names == ["cambi_hrs_1080_cmxv_17_vlt_0.06_encbd_8_ench_160_encw_240"]


def test_cambi_is_told_nothing_that_it_would_not_take(tmp_path: Path) -> None:
    ref, large = write(tmp_path / "ref.mkv", REF), write(tmp_path / "large.mkv", clip(size=(480, 320)))
    small = write(tmp_path / "small.mkv", clip(size=(96, 64)))
    assert cambi_overloads(opened(ref, large).preparation) == {}
    assert cambi_overloads(opened(ref, small).preparation) == {}
    assert cambi_overloads(opened(large, ref, {"depth": 10}).preparation) == {"enc_bitdepth": 8}
    assert cambi_overloads(None) == {}
