"""Fixtures of all tests: a real model, where it is on this machine; and a command that is typed."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory) -> Path:
    """A folder that is empty when a run of tests begins, and which all its workers share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def smollm2():
    """The GGUF file of SmolLM2-135M-Instruct; without it the test is skipped, with the command."""
    from gptcore.corpus import smollm2_path  # noqa: PLC0415

    try:
        return smollm2_path()
    except OSError as error:
        pytest.skip(str(error))


@pytest.fixture
def command(capsys):
    """Runs `gptcore`; exit code, output, standard error."""
    from gptcore.cli import main  # noqa: PLC0415

    def run(*arguments) -> tuple[int, str, str]:
        try:
            code = main([*map(str, arguments)])
        except SystemExit as left:
            code = left.code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return run


@pytest.fixture
def typed(command, tmp_path, monkeypatch):
    """Runs `gptcore` in an empty folder, as `command` does."""
    monkeypatch.chdir(tmp_path)
    return command
