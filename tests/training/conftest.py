"""What tests of training share: one core, and a small text in shards."""

import multiprocessing

import pytest
import torch
from small_runs import write_text


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Tests run beside others; cores that wait for each other are slower than one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def processes():
    """Starts processes in which PyTorch is loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo", "gptcore.cli", "gptcore.training.trainer"])
    return context


@pytest.fixture(scope="session")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("text"))
