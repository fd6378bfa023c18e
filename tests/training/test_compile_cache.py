"""What is compiled is kept in a folder that stays, unless another one was chosen."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from small_runs import SHORT, run
from torch._inductor.runtime.cache_dir_utils import cache_dir, default_cache_dir

from gptcore.training.hardware.compile_cache import CACHE_ENV_VAR, cache_bytes, keep_compile_cache
from gptcore.training.hardware.doctor import compile_cache


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty folder for data, and no choice of PyTorch's."""
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv(CACHE_ENV_VAR, "")  # is restored afterwards
    monkeypatch.delenv(CACHE_ENV_VAR)
    return tmp_path / "data"


def test_pytorch_itself_uses_the_folder_even_after_it_has_set_its_own(data):
    assert cache_dir() == default_cache_dir() == os.environ[CACHE_ENV_VAR]
    assert str(data) in compile_cache().detail
    keep_compile_cache()
    assert cache_dir() == str(data / "torch_compile")
    # Processes that are started later inherit it.
    code = f"import os; print(os.environ[{CACHE_ENV_VAR!r}])"
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert printed.strip() == cache_dir()


def test_a_run_that_compiles_sets_the_folder_first_and_one_that_does_not_leaves_it(
    data, text, monkeypatch
):
    seen = []

    def compiled(module):
        seen.append(os.environ.get(CACHE_ENV_VAR))
        return module

    monkeypatch.setattr(torch, "compile", compiled)
    run(text, None, replace(SHORT, max_steps=6))
    assert not (data / "torch_compile").exists() and seen == []
    run(text, None, replace(SHORT, max_steps=6, compile=True))
    assert seen == [str(data / "torch_compile")]


def test_a_folder_that_was_chosen_stays(data, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_ENV_VAR, str(tmp_path / "mine"))
    keep_compile_cache()
    assert os.environ[CACHE_ENV_VAR] == str(tmp_path / "mine") and not data.exists()
    assert str(tmp_path / "mine") in compile_cache().detail


def test_where_nothing_can_be_written_pytorch_chooses(data, monkeypatch):
    data.write_text("a file where the folder would be")
    keep_compile_cache()
    assert CACHE_ENV_VAR not in os.environ


def test_the_doctor_shows_the_folder_and_its_size(data):
    assert compile_cache().detail.startswith(f"empty: {data / 'torch_compile'}")
    (data / "torch_compile" / "a").mkdir(parents=True)
    (data / "torch_compile" / "a" / "kernel.so").write_bytes(bytes(3_000_000))
    assert cache_bytes(data / "torch_compile") == 3_000_000
    assert compile_cache().detail.startswith(f"3 MB in {data / 'torch_compile'}")
