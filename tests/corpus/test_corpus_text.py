"""Loading texts that are here; downloads are in `test_corpus_download.py`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gptcore.corpus as corpus

CHECKOUT = Path(__file__).resolve().parents[2]


def test_loading_a_shipped_text_needs_no_folder_and_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "nowhere"))
    written = (CHECKOUT / "data" / "names.txt").read_text(encoding="utf-8")
    assert corpus.is_downloaded("names")
    assert corpus.load("names") == written
    assert corpus.load_documents("names") == written.split()
    assert not (tmp_path / "nowhere").exists()


def test_documents_are_lines_without_blanks_around_them_and_none_is_empty(monkeypatch):
    text = "\n ann \r\n\n\t\nbo\u2028b\nlast"
    monkeypatch.setattr("gptcore.corpus.downloads.text.load", lambda name: text)
    assert corpus.load_documents("any") == ["ann", "bo\u2028b", "last"]


@pytest.mark.parametrize("ask", [corpus.load, corpus.load_documents, corpus.is_downloaded])
def test_every_way_to_ask_for_a_misspelt_text_gets_the_nearest_name(ask):
    with pytest.raises(corpus.UnknownTextError, match="Did you mean 'shakespeare'"):
        ask("shakespear")


def test_a_shipped_text_that_went_missing_says_how_to_bring_it_back(monkeypatch, tmp_path):
    manifest = (CHECKOUT / "data" / "manifest.toml").read_bytes()
    (tmp_path / "manifest.toml").write_bytes(manifest)
    monkeypatch.setattr("gptcore.manifest.shipped_folder", lambda: tmp_path)
    assert not corpus.is_downloaded("names")
    with pytest.raises(corpus.TextUnavailableError) as caught:
        corpus.load("names")
    assert str(caught.value) == (
        f"The text 'names' cannot be read from {tmp_path / 'names.txt'} (No such file or "
        "directory). It comes with gptcore. Restore it from a checkout of the project: run "
        "`make lab` there, and use its .venv."
    )


def test_makemores_names_are_32033_documents_of_which_29494_differ():
    if not corpus.is_downloaded("names-ssa"):
        pytest.skip("names-ssa is not on this machine; bring it with: gptcore fetch names-ssa")
    documents = corpus.load_documents("names-ssa")
    assert (len(documents), len(set(documents))) == (32_033, 29_494)


def test_shakespeare_is_1115394_characters_of_which_65_differ():
    if not corpus.is_downloaded("shakespeare"):
        pytest.skip("shakespeare is not on this machine; bring it with: gptcore fetch shakespeare")
    text = corpus.load("shakespeare")
    assert (len(text), len(set(text))) == (1_115_394, 65)


def test_neither_the_import_nor_a_local_text_loads_what_downloads_need():
    code = (
        "import sys, gptcore.corpus as corpus; "
        "print(sorted(m for m in sys.modules if m.startswith('gptcore.corpus.'))); "
        "corpus.load('names'); corpus.is_downloaded('names-ssa'); "
        "print(sorted({'pooch', 'requests', 'tqdm', 'torch', 'numpy'} & set(sys.modules)))"
    )
    python = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    printed = subprocess.run(python, env=environment, capture_output=True, text=True, check=True)
    assert printed.stdout.split() == ["[]", "[]"]


def test_every_flat_name_is_there_listed_and_in_the_stub():
    stub = (CHECKOUT / "gptcore/corpus/__init__.pyi").read_text(encoding="utf-8")
    for name in corpus.__all__:
        assert getattr(corpus, name).__name__ == name
        assert name in dir(corpus)
        assert f"import {name} as {name}\n" in stub
    assert len(stub.splitlines()) == len(corpus.__all__)


def test_a_name_that_the_package_does_not_have_gets_the_ones_it_has():
    with pytest.raises(AttributeError, match=r"gptcore.corpus has no 'lod'; it has .* load, "):
        corpus.lod  # noqa: B018
