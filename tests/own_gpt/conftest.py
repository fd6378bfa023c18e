"""A short training on the names that are shipped."""

import pytest
from small_training import SIZES

from gptcore.corpus import load_documents
from gptcore.own_gpt import LineTraining, plan, train_lines


@pytest.fixture(scope="package")
def names() -> list[str]:
    return load_documents("names")[::4]


@pytest.fixture(scope="package")
def trained(names) -> LineTraining:
    training = train_lines(names, plan(names, **SIZES))
    for _ in training:
        pass
    return training
