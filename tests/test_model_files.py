# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The registry: what is pinned, and that a cached file is whole, verified or not there."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from pyvmaf import model_files
from pyvmaf.cli.pyvmaf import main
from pyvmaf.errors import VmafError

ROOT = Path(__file__).resolve().parents[1]
CONTENT = b"a model" * 30_000


class Handler(BaseHTTPRequestHandler):
    """Gives CONTENT under /model, a cut one under /short; remembers what was asked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.endswith("/gone"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:-1] if self.path.endswith("/short") else CONTENT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.asked = []
    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(model_files.CACHE, str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def made(monkeypatch: pytest.MonkeyPatch, **fields: object) -> model_files.Entry:
    """An entry `m`, the only one, that CONTENT is the file of."""
    entry = model_files.Entry(
        name="m",
        file="m.onnx",
        kind="onnx",
        builtin=False,
        bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="none",
        origin="here",
    )
    entry = dataclasses.replace(entry, **fields)  # type: ignore[arg-type]
    monkeypatch.setattr(model_files, "entries", lambda: {"m": entry})
    return entry


def left_over() -> list[str]:
    return sorted(p.name for p in model_files.cache_folder().glob("*")) + sorted(
        p.name for p in model_files.cache_folder().glob(".*")
    )


def test_every_shipped_model_is_here_and_verifies() -> None:
    builtin = [e for e in model_files.entries().values() if e.builtin]
    assert {e.status() for e in builtin} == {"here"}
    shipped = {p.name for p in (ROOT / "model").glob("vmaf_*.json")}
    rows = json.loads((ROOT / "model" / "registry.json").read_text("utf-8"))
    made = {name for name, row in rows.items() if "twin_of" in row}  # when the package is built
    assert made and {e.file for e in builtin} == shipped | made
    for entry in builtin:
        assert entry.path.stat().st_size == entry.bytes


def test_the_lpips_entry() -> None:
    entry = model_files.entry("lpips_sq")
    assert model_files.entry("lpips_sq.onnx") is entry
    assert (entry.bytes, entry.sha256) == (
        3268579,
        "1402626680d5b69a793e647edda2c32f04e192f5cf1e7837bec8bde14187a261",
    )
    assert entry.url and entry.url.startswith("https://")
    assert entry.status() == "missing"


def test_an_unknown_name() -> None:
    with pytest.raises(FileNotFoundError, match=r"'lpips' is not registered; known: .*lpips_sq"):
        model_files.entry("lpips")


def test_a_digest_tells_who_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = made(monkeypatch, exports=("ab" * 32,))
    assert model_files.pinned("other.onnx", entry.sha256) is entry
    assert model_files.pinned("m.onnx", "ab" * 32) is entry
    assert model_files.pinned("other.onnx", "00" * 32) is None
    with pytest.raises(PermissionError, match=f"sha256 {'00' * 32} is not that"):
        model_files.pinned("m.onnx", "00" * 32)


def test_fetch(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = made(monkeypatch, url=f"{server}/model")
    assert entry.status() == "missing"
    seen: list[tuple[int, int]] = []
    path = model_files.fetch("m", lambda done, whole: seen.append((done, whole)))
    assert path.read_bytes() == CONTENT
    assert (seen[-1], len(seen) > 1) == ((len(CONTENT), len(CONTENT)), True)
    assert (entry.status(), left_over()) == ("here", ["m.onnx"])
    model_files.fetch("m")
    assert Handler.asked == ["/model"]
    path.write_bytes(b"spoiled")
    assert entry.status() == "differs"
    model_files.fetch("m")
    assert entry.status() == "here"


def test_fetch_goes_through_a_proxy(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made(monkeypatch, url="http://models.invalid/model")
    monkeypatch.setenv("http_proxy", server)
    model_files.fetch("m")
    assert Handler.asked == ["http://models.invalid/model"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sha256": "00" * 32}, "registered is 0000"),
        ({"bytes": len(CONTENT) - 1}, "more than the 209999 bytes of m.onnx"),
        ({"bytes": len(CONTENT) + 1}, "210000 bytes, not the 210001 bytes"),
    ],
)
def test_what_arrives_must_be_what_is_registered(
    server: str, monkeypatch: pytest.MonkeyPatch, fields: dict[str, object], words: str
) -> None:
    made(monkeypatch, url=f"{server}/model", **fields)
    with pytest.raises(VmafError, match=words) as raised:
        model_files.fetch("m")
    assert raised.value.errno == errno.EBADMSG
    assert left_over() == []


@pytest.mark.parametrize("path", ["/short", "/gone"])
def test_a_broken_download_leaves_nothing(server: str, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    made(monkeypatch, url=server + path)
    with pytest.raises(VmafError):
        model_files.fetch("m")
    assert left_over() == []


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    made(monkeypatch, url="http://127.0.0.1:1/model")
    with pytest.raises(OSError, match=r"cannot fetch http://127.*--from FILE") as raised:
        model_files.fetch("m")
    assert raised.value.errno == errno.ENETUNREACH


def test_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    made(monkeypatch)
    with pytest.raises(ValueError, match="install it from a file"):
        model_files.fetch("m")


def test_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = made(monkeypatch)
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    assert model_files.install("m", source) == entry.path
    assert (entry.status(), left_over()) == ("here", ["m.onnx"])
    source.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(VmafError, match="has sha256"):
        model_files.install("m", source)
    assert entry.status() == "here"
    with pytest.raises(FileNotFoundError, match=r"none.*No such file"):
        model_files.install("m", tmp_path / "none")


def test_what_is_built_in_is_not_installed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="part of the package"):
        model_files.install("vmaf_v0.6.1", tmp_path / "any")


def test_the_registry_is_plain_json() -> None:
    fields = json.loads((ROOT / "model" / "registry.json").read_text("utf-8"))
    assert all(len(entry["sha256"]) == 64 for entry in fields.values())


def test_the_command(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = made(monkeypatch, url=f"{server}/model")
    assert main(["models"]) == 0
    assert "m is not here: pyvmaf models fetch m\n" in capsys.readouterr().out
    assert main(["models", "fetch", "m"]) == 0
    assert capsys.readouterr().out == f"{entry.path}\n"
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["m", "onnx", "here"]
    entry.path.write_bytes(b"spoiled")
    assert main(["models"]) == 0
    assert "m is damaged: pyvmaf models fetch m\n" in capsys.readouterr().out
    source = tmp_path / "copy"
    source.write_bytes(CONTENT)
    assert main(["models", "fetch", "m", "--from", str(source)]) == 0
    assert entry.status() == "here"
    assert main(["models", "fetch", "n"]) == 1
    assert "'n' is not registered" in capsys.readouterr().err
