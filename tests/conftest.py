"""Fixtures of all tests: a real model, where it is on this machine."""

import pytest


@pytest.fixture(scope="session")
def smollm2():
    """The GGUF file of SmolLM2-135M-Instruct; without it the test is skipped, with the command."""
    from gptcore.corpus import smollm2_path  # noqa: PLC0415

    try:
        return smollm2_path()
    except OSError as error:
        pytest.skip(str(error))
