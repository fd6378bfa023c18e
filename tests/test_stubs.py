"""The lazy names of a package are those of its stub for type checkers."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import gptcore.corpus
import gptcore.evaluation
import gptcore.export
import gptcore.ladder
import gptcore.model
import gptcore.quantization
import gptcore.sampling
import gptcore.serving
import gptcore.tokenizers
import gptcore.training
import gptcore.tuning
import viz

LAZY = [
    viz,
    gptcore.corpus,
    gptcore.evaluation,
    gptcore.export,
    gptcore.ladder,
    gptcore.model,
    gptcore.quantization,
    gptcore.sampling,
    gptcore.tokenizers,
    gptcore.training,
    gptcore.tuning,
    gptcore.serving,
]


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package.__name__)
def test_the_stub_names_what_the_package_has(package):
    stub = Path(package.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom)]
    named = {name.asname or name.name for node in imports for name in node.names}
    assert named == set(package.__all__)
    for node in imports:
        for name in node.names:
            at_home = getattr(import_module(node.module), name.name)
            assert getattr(package, name.asname or name.name) is at_home
