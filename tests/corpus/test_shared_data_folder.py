"""A folder of texts that a whole class reads: it is read-only once it is filled.

Whoever runs the tests may be the superuser, who writes into any folder; so an audit hook of Python
refuses on the folder's behalf.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from gptcore import corpus
from gptcore.cli import main

CONTENT = b"ann\nbob\n"
TABLE = (
    "[letters]\npath = 'sub/letters.txt'\nbytes = 8\nlicence = 'MIT'\nsource = 'here'\n"
    f"sha256 = '{hashlib.sha256(CONTENT).hexdigest()}'\nurls = ['http://127.0.0.1:9/letters']\n"
)
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "os.utime")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
guarded: list[Path] = []  # empty: the hook, which cannot be taken away, lets everything pass


def refuse(event, arguments):
    """Like a file system that is mounted for reading only."""
    if not guarded or (event != "open" and event not in CHANGES):
        return
    path = arguments[0]
    if not isinstance(path, (str, bytes, os.PathLike)):
        return
    inside = guarded[0] in [Path(os.fsdecode(path)).absolute(), *Path(os.fsdecode(path)).parents]
    if inside and (event != "open" or arguments[2] & WRITING):
        raise PermissionError(30, "Read-only file system", os.fsdecode(path))


sys.addaudithook(refuse)


@pytest.fixture
def shared(monkeypatch, tmp_path):
    """A folder with one text in it, which cannot be changed from now on."""
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "manifest.toml").write_text(TABLE)
    folder = tmp_path / "class"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "letters.txt").write_bytes(CONTENT)
    monkeypatch.setattr("gptcore.manifest.shipped_folder", lambda: tmp_path / "shipped")
    monkeypatch.setenv("GPTCORE_DATA", str(folder))
    guarded.append(folder)
    yield folder
    guarded.clear()


def test_the_guard_refuses_what_a_folder_for_reading_refuses(shared):
    for change in (
        lambda: (shared / "new").touch(),
        lambda: (shared / "new").mkdir(),
        lambda: (shared / "sub" / "letters.txt").unlink(),
        lambda: (shared / "sub" / "letters.txt").open("ab"),
        lambda: os.replace(shared / "sub" / "letters.txt", shared / "other"),
    ):
        with pytest.raises(PermissionError):
            change()
    assert (shared / "sub" / "letters.txt").read_bytes() == CONTENT


def test_texts_are_read_and_fetched_without_a_change(shared, capsys):
    assert corpus.is_downloaded("letters")
    assert corpus.load_documents("letters") == ["ann", "bob"]
    assert main(["fetch", "--all"]) == 0
    assert "already here" in capsys.readouterr().out


def test_missing_shared_data_is_reported_with_what_to_do(monkeypatch, shared):
    guarded.clear()
    (shared / "sub" / "letters.txt").unlink()
    (shared / "sub").rmdir()
    guarded.append(shared)
    with pytest.raises(
        corpus.TextUnavailableError, match="Set GPTCORE_DATA to a folder that can be writt"
    ):
        corpus.load("letters")


def test_a_file_of_fineweb_that_is_whole_is_read_by_thirty_at_once(shared):
    """Each would be the only one allowed in, if it had to write."""
    hub = pytest.importorskip(
        "gptcore.corpus.downloads.hub", reason="needs: pip install huggingface_hub"
    )
    guarded.clear()
    folder = shared / "fineweb" / "CC-MAIN-2013-20"
    folder.mkdir(parents=True)
    (folder / "000_00000.parquet").write_bytes(CONTENT)
    recorded = {"bytes": 8, "sha256": hashlib.sha256(CONTENT).hexdigest(), "revision": "abc"}
    (folder / "000_00000.parquet.json").write_text(json.dumps(recorded))
    guarded.append(shared)
    with hub.lock_folder(folder):  # somebody else is at work there
        for _ in range(30):
            assert hub.ensure_local("fineweb:CC-MAIN-2013-20/000_00000").bytes == 8
    with pytest.raises(ValueError, match="has revision abc, not def"):
        hub.ensure_local("fineweb:CC-MAIN-2013-20/000_00000@def")
