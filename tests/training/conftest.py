"""Fixtures for tests of training: one thread, and a small text in shards."""

import multiprocessing

import pytest
import torch
from small_runs import write_text


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Tests run in parallel, so one thread each is faster."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def processes():
    """A context that starts processes in which PyTorch is already imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo", "gptcore.cli", "gptcore.training.trainer"])
    return context


@pytest.fixture(scope="session")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("text"))
