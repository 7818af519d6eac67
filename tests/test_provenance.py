# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where a result comes from, and whether it comes out again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from support.clips import Clip, make_frames
from support.parts import write_y4m

import pyvmaf
from pyvmaf import Result, VmafFileNotFoundError
from pyvmaf.cli import vmaf
from pyvmaf.cli.pyvmaf import main
from pyvmaf.parts import origin
from pyvmaf.parts.origin import file_digest, host


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.chdir(tmp_path)
    refs, dists = make_frames(Clip(96, 64, 8, "420", frames=6))
    write_y4m(tmp_path / "ref.y4m", refs)
    write_y4m(tmp_path / "dist.y4m", dists)
    return "ref.y4m", "dist.y4m"


def test_digests_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 64
    (tmp_path / "a").write_bytes(data)
    whole = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "of": "whole"}
    assert file_digest(tmp_path / "a") == whole
    monkeypatch.setattr(origin, "WHOLE", 4096)
    monkeypatch.setattr(origin, "PIECES", 3)
    monkeypatch.setattr(origin, "PIECE", 1000)
    middle = (len(data) - 1000) // 2
    pieces = data[:1000] + data[middle : middle + 1000] + data[-1000:]
    assert file_digest(tmp_path / "a") == {
        "bytes": len(data), "sha256": hashlib.sha256(pieces).hexdigest(), "of": "pieces",
    }  # fmt: skip
    assert file_digest(tmp_path / "a", whole=True) == whole
    with pytest.raises(VmafFileNotFoundError, match="missing"):
        file_digest(tmp_path / "missing")


def test_a_result_says_where_it_comes_from(files: tuple[str, str]) -> None:
    result = pyvmaf.score(*files, features=["psnr"], subsample=2)
    found = result.provenance
    assert found is not None
    identity = found["identity"]
    assert identity["reference"]["sha256"] == file_digest("ref.y4m")["sha256"]
    assert identity["models"][0]["sha256"] == pyvmaf.model_files.entries()["vmaf_v0.6.1"].sha256
    assert found["plan"]["features"] == [["psnr", {}]] and found["plan"]["subsample"] == 2
    assert found["hosts"] == [host(decoding=False)]
    assert found["hosts"][0]["instruction_set"] and set(found["hosts"][0]["versions"]) == {"pyvmaf", "numpy"}
    again = Result.from_json(result.to_json())
    assert json.dumps(again.provenance) == json.dumps(found)
    by_bytes = pyvmaf.score(Path("ref.y4m").read_bytes(), "dist.y4m")
    assert by_bytes.provenance and by_bytes.provenance["identity"]["reference"] == identity["reference"]


def test_verify_scores_again(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["score", *files, "-f", "psnr=enable_apsnr=true", "-m", "vmaf_v0.6.1neg", "-o", "r.json"]
    assert main(arguments) == 0
    capsys.readouterr()
    assert main(["verify", "r.json"]) == 0
    assert capsys.readouterr().out == "r.json: 6 frames, 18 columns: every bit is the same\n"


def test_verify_tells_what_differs(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", *files, "-o", "r.json"]) == 0
    text = Path("r.json").read_text()
    document = json.loads(text)
    document["frames"][3]["metrics"]["vmaf_v0.6.1"] += 1e-12
    Path("edited.json").write_text(json.dumps(document))
    capsys.readouterr()
    assert main(["verify", "edited.json"]) == 1
    assert "edited.json: vmaf_v0.6.1 differs at frame 3" in capsys.readouterr().err

    data = bytearray(Path("dist.y4m").read_bytes())
    data[-1] ^= 255
    Path("dist.y4m").write_bytes(data)
    assert main(["verify", "r.json"]) == 1
    assert "r.json was made of something else: distorted differs" in capsys.readouterr().err

    document.pop("provenance")
    Path("bare.json").write_text(json.dumps(document))
    assert main(["verify", "bare.json"]) == 1
    assert "bare.json does not say what it was made of" in capsys.readouterr().err

    assert main(["score", *files, "-o", "r.pyvmaf"]) == 0
    assert main(["verify", "r.pyvmaf"]) == 0
    pyvmaf.score(Path("ref.y4m").read_bytes(), "dist.y4m").to_json("bytes.json")
    assert main(["verify", "bytes.json"]) == 1
    assert "was made of <BytesIO>, which is no file" in capsys.readouterr().err


def test_verify_tells_of_another_file_before_it_is_scored(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It was the pair that was refused: its size, its length."""
    assert main(["score", *files, "-o", "r.json"]) == 0
    size = Path("dist.y4m").stat().st_size
    write_y4m(Path("dist.y4m"), make_frames(Clip(64, 64, 8, "420", frames=2))[1])
    assert main(["verify", "r.json"]) == 1
    err = capsys.readouterr().err
    assert f"r.json was made of something else: distorted differs: dist.y4m had {size} bytes" in err
    Path("dist.y4m").unlink()
    assert main(["verify", "r.json"]) == 1
    assert "dist.y4m: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["xml", "json", "csv", "sub"])
def test_verify_tells_a_log_of_vmaf(files: tuple[str, str], capsys: pytest.CaptureFixture[str], format: str) -> None:
    assert vmaf.main(["-r", files[0], "-d", files[1], "-q", "-o", "log", f"--{format}"]) == 0
    capsys.readouterr()
    assert main(["verify", "log"]) == 1
    assert capsys.readouterr().err == (
        "pyvmaf: log: a log of vmaf or a table of frames; results come from pyvmaf score -o NAME.json or "
        "Result.to_json()\n"
    )
