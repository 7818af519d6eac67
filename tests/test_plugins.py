# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Extractors of other packages: loaded when they are asked for by name, and not before."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.streams import DISTS, REFS, Frames

import pyvmaf
from pyvmaf import VmafContext, VmafValueError, extractors, plugins
from pyvmaf.cli.pyvmaf import main

SOURCE = '''
import pyvmaf
class Level(pyvmaf.FeatureExtractor):
    """Mean of luma."""
    name = "level"
    features = ("level",)
    options = (pyvmaf.Option("gain", float, 1.0, min=0, max=10, feature_param=True),)
    def extract(self, ref, dist, index):
        return {"level": self.gain * float(dist.planes[0].mean())}
class Other(Level):
    """Of another name."""
    name = "other"
def function(): pass
'''
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Packages as pip leaves them; what they brought is forgotten afterwards."""
    known = {extractor.name for extractor in extractors()}
    modules = set(sys.modules)

    def make(package: str, entries: dict[str, str], source: str = SOURCE, version: str = "1.2") -> Path:
        site = tmp_path / package
        info = site / f"{package}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[pyvmaf.extractors]", *lines, ""]))
        (site / f"{package}.py").write_text(source)
        monkeypatch.syspath_prepend(str(site))
        return site

    yield make
    for extractor in extractors():
        if extractor.name not in known:
            pyvmaf.unregister(extractor.name)
    for module in set(sys.modules) - modules:
        del sys.modules[module]
    plugins._loaded.clear()


def names() -> list[str]:
    return [extractor.name for extractor in extractors()]


def test_a_context_asks_for_it(install: Install) -> None:
    install("levels", {"level": "levels:Level"})
    assert "level" not in names() and "levels" not in sys.modules
    with VmafContext() as context:
        context.use_feature("psnr")
        assert "levels" not in sys.modules
        context.use_feature("level", {"gain": 2})
        context.read_pictures(REFS[0], DISTS[0])
        context.flush()
        assert context.feature_score_at_index("level_gain_2", 0) == 2 * DISTS[0][0].mean()
    with VmafContext() as context, pytest.raises(VmafValueError, match=r"has no option 'gian'.*gain"):
        context.use_feature("level", {"gian": 2})


def test_score_asks_for_it(install: Install) -> None:
    """The result says of which package it is, so that those of two versions are not merged."""
    install("levels", {"level": "levels:Level"})
    videos = Frames("a", REFS), Frames("b", DISTS)
    result = pyvmaf.score(*videos, model=None, features=["level"])
    assert result["level"].tolist() == [frame[0].mean() for frame in DISTS]
    assert result.part and result.part.identity["packages"] == {"level": "levels 1.2"}
    assert "packages" not in pyvmaf.score(*videos, model=None, features=["psnr"]).part.identity  # type: ignore[union-attr]


def test_streams_ask_for_it(install: Install) -> None:
    install("levels", {"level": "levels:Level"})
    with pyvmaf.Stream(model=None, features=["level"]) as stream:
        stream.push(REFS[0], DISTS[0])
        assert stream.finish()["level"].tolist() == [DISTS[0][0].mean()]


def test_the_shell_lists_it(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("levels", {"level": "levels:Level"})
    install("broken", {"torn": "broken:Torn"}, "import no_such_module")
    assert main(["features"]) == 0
    out, err = capsys.readouterr()
    assert any(line.split() == ["level", "Mean", "of", "luma"] for line in out.splitlines())
    assert err == (
        "feature extractor 'torn' of package broken 1.2 cannot be used: "
        "ModuleNotFoundError: No module named 'no_such_module'\n"
    )


def test_the_shell_describes_it(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install("levels", {"level": "levels:Level", "other": "levels:Other"})
    assert main(["features", "level"]) == 0
    assert "gain (float, default 1.0, 0 to 10, in names as gain)" in capsys.readouterr().out
    assert "other" not in names()


@pytest.mark.parametrize("command", ["vmaf", "pyvmaf"])
def test_the_shell_uses_it(install: Install, tmp_path: Path, command: str) -> None:
    site = install("levels", {"level": "levels:Level"})
    for name, frames in (("ref", REFS), ("dist", DISTS)):
        (tmp_path / f"{name}.yuv").write_bytes(b"".join(p.tobytes() for frame in frames for p in frame))
    feature = ["--feature", "level=gain=3", "-o", "log.csv"]
    raw = ["-w", "70", "-h", "54", "-p", "420", "-b", "8"]
    arguments = {
        "vmaf": ["-r", "ref.yuv", "-d", "dist.yuv", *raw, "-n", "--csv", *feature],
        "pyvmaf": ["score", "ref.yuv", "dist.yuv", "--size", "70x54", "--no-model", *feature],
    }[command]
    code = f"import sys; from pyvmaf.cli.{command} import main; sys.exit(main(sys.argv[1:]))"
    start = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)])}
    done = subprocess.run([*start, *arguments], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "level_gain_3" in (tmp_path / "log.csv").read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("value", "source", "message"),
    [
        ("broken:Level", "1 / 0", "ZeroDivisionError: division by zero"),
        ("broken:Level", "", "AttributeError: module 'broken' has no attribute 'Level'"),
        ("broken:function", SOURCE, "VmafTypeError: .*is no subclass of FeatureExtractor"),
        ("broken:Other", SOURCE, "broken:Other is an extractor named 'other'"),
        ("broken:Level", SOURCE.replace('("level",)', '"level"'), "VmafTypeError: Level.features"),
        ("broken:Level", "raise KeyError('deep down')", "KeyError: 'deep down'"),
    ],
)
def test_a_broken_package_is_named(install: Install, value: str, source: str, message: str) -> None:
    install("broken", {"level": value}, source)
    for _ in range(2):
        with (
            VmafContext() as context,
            pytest.raises(VmafValueError, match=f"'level' of package broken 1.2 cannot be used: .*{message}"),
        ):
            context.use_feature("level")
    with VmafContext() as context:
        context.use_feature("psnr")


def test_two_packages_of_one_name(install: Install) -> None:
    install("levels", {"level": "levels:Level"})
    install("stages", {"level": "stages:Level"}, version="0.1")
    with VmafContext() as context, pytest.raises(VmafValueError, match=r"by (levels|stages) .* and by .*uninstall one"):
        context.use_feature("level")


def test_one_that_is_there_already_is_not_replaced(install: Install) -> None:
    """Neither a built-in one nor one that was registered by hand."""
    install("levels", {"psnr": "levels:Level", "level": "levels:Nothing"})
    pyvmaf.register(type("Mine", (pyvmaf.FeatureExtractor,), {"name": "level", "extract": lambda *_: {}}))
    with VmafContext() as context:
        context.use_feature("psnr")
        context.use_feature("level")
    assert plugins.load_all() == [] and "levels" not in sys.modules


def test_several_threads_ask_at_once(install: Install) -> None:
    install("levels", {"level": "levels:Level"}, "import time; time.sleep(0.05)" + SOURCE)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            with VmafContext() as context:
                context.use_feature("level")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert errors == []


def test_unknown_names_stay_unknown(install: Install) -> None:
    install("levels", {"level": "levels:Level"})
    with VmafContext() as context, pytest.raises(VmafValueError, match="no feature extractor 'levle'"):
        context.use_feature("levle")
    assert "level" not in names()


def test_nothing_is_looked_for_before() -> None:
    code = (
        "import sys, pyvmaf; c = pyvmaf.VmafContext(); c.use_feature('vif'); print('importlib.metadata' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
