"""The lists of names that come lazily, and what type checkers are told about them, are the same."""

import ast
from pathlib import Path

import pytest

import gptcore.corpus
import viz


@pytest.mark.parametrize("package", [viz, gptcore.corpus], ids=lambda package: package.__name__)
def test_the_stub_names_what_the_package_has(package):
    stub = Path(package.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom)]
    named = {name.asname or name.name for node in imports for name in node.names}
    assert named == set(package.__all__)
    for node in imports:
        for name in node.names:
            assert getattr(package, name.asname or name.name).__module__ == node.module
