"""Checks before a release: the version is the same everywhere, and the wheel works.

    python -m course.release build/dist                 the quick tests, with the wheel in it
    python -m course.release build/dist --tag v0.2.0    ... if the tag names this version

The tests run in a folder without the packages and the data, so both come from the wheel.
Left out on purpose: publishing, which `.github/workflows/release.yml` does.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from gptcore import __version__

ROOT = Path(__file__).resolve().parents[1]
# Tests of the installed packages; the others are about the checkout.
TESTS = ("scalar", "tokenizers", "sampling", "viz", "test_heads.py", "test_next_token.py")
BESIDE = ("conftest.py", "pyproject.toml")  # what pytest reads


def disagreements(tag: str, version: str, changelog: str, citation: str) -> list[str]:
    """The places with another version, one sentence each; an empty list if there are none."""
    found = []
    if tag and tag != f"v{version}":
        found.append(f"The tag is {tag}, and gptcore/__init__.py says {version}.")
    section = re.search(rf"^## {re.escape(version)}, (\d{{4}}-\d\d-\d\d)$", changelog, re.MULTILINE)
    if section is None:
        found.append(f"CHANGELOG.md has no section '## {version}, YYYY-MM-DD'.")
    elif f"\ndate-released: {section[1]}\n" not in citation:
        found.append(f"date-released in CITATION.cff is not that of CHANGELOG.md, {section[1]}.")
    if f"\nversion: {version}\n" not in citation:
        found.append(f"The version of CITATION.cff is not {version}.")
    return found


def run_tests(wheel: Path, scratch: Path) -> int:
    """Run the quick tests with the packages of the wheel, and return the exit code."""
    site, away = scratch / "site", scratch / "away"
    with ZipFile(wheel) as packed:
        packed.extractall(site)  # pip does the same with a wheel of pure Python
    shutil.copytree(ROOT / "tests", away / "tests")
    for name in BESIDE:
        shutil.copy(ROOT / name, away)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
    tests = [f"tests/{name}" for name in TESTS]
    environment = os.environ | {"PYTHONPATH": str(site)}
    where = "import gptcore, viz; print(gptcore.__file__, viz.__file__)"
    imported = subprocess.check_output(
        [sys.executable, "-c", where], cwd=away, env=environment, text=True
    )
    assert all(Path(file).is_relative_to(site) for file in imported.split()), imported
    return subprocess.call([*command, *tests], cwd=away, env=environment)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course.release")
    parser.add_argument("folder", type=Path, help="where `make dist` put the wheel")
    parser.add_argument("--tag", default="", help="the tag that is about to be published")
    options = parser.parse_args(arguments)
    texts = [(ROOT / name).read_text("utf-8") for name in ("CHANGELOG.md", "CITATION.cff")]
    problems = disagreements(options.tag, __version__, *texts)
    wheels = sorted(options.folder.glob("*.whl"))
    if [wheel.name.split("-")[:2] for wheel in wheels] != [["gptcore_course", __version__]]:
        names = ", ".join(wheel.name for wheel in wheels) or "none"
        problems.append(f"One wheel of {__version__} belongs in {options.folder}; there: {names}.")
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    with TemporaryDirectory() as scratch:
        return run_tests(wheels[0], Path(scratch).resolve())


if __name__ == "__main__":
    sys.exit(main())
