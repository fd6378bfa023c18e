"""The programs of docs/inference.md run, from the top of the repository."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_programs_of_the_page_run_one_after_the_other(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "inference.md").read_text(encoding="utf-8")
    names: dict = {}
    for program in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(program, names)
    printed = capsys.readouterr().out.splitlines()
    assert any(line.endswith("length") for line in printed)
    assert printed[-1].endswith(("of 0", "of 1", "of 2", "of 3", "of 4"))


def test_each_file_of_the_page_exists():
    page = (ROOT / "docs" / "inference.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(\w+\.py)`", page):
        assert (ROOT / "gptcore" / "serving" / name).is_file(), name
