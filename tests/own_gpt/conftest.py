"""A short training on the names that are shipped."""

import pytest

torch = pytest.importorskip("torch")

from gptcore.corpus import load_documents  # noqa: E402 - after the check for PyTorch
from gptcore.own_gpt import LineTraining, plan, train_lines  # noqa: E402

SIZES = {"n_layer": 1, "n_embd": 16, "max_steps": 60, "eval_every": 10, "dropout": 0.1}


@pytest.fixture(scope="package")
def names() -> list[str]:
    return load_documents("names")[::4]


@pytest.fixture(scope="package")
def trained(names) -> LineTraining:
    training = train_lines(names, plan(names, **SIZES))
    for _ in training:
        pass
    return training
