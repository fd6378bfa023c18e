"""The README is held against the disk: its folder tree, its map of lessons, its commands."""

import re
import subprocess
from pathlib import Path

import pytest

from course.publishing.build import with_lesson_table
from course.syllabus.lesson_table import written_lessons

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tree_of_readme() -> dict[str, str]:
    """Path -> what the README says about it, from its block of folders."""
    block = re.search(r"```tree\n(.*?)```", README, re.DOTALL)[1]
    found, folder = {}, ""
    for line in block.splitlines():
        name, _, text = line.strip().partition("  ")
        if line.startswith("  "):
            name = folder + name
        elif name.endswith("/"):
            folder = name
        found[name] = text.strip()
    return found


def tracked() -> list[str]:
    ran = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if ran.returncode:
        pytest.skip("not a git checkout, so nobody knows which files are ours")
    return [line for line in ran.stdout.splitlines() if (ROOT / line).exists()]


def test_everything_in_the_tree_is_on_the_disk_and_explained():
    for name, text in tree_of_readme().items():
        assert (ROOT / name).is_dir() if name.endswith("/") else (ROOT / name).is_file(), name
        assert text, f"{name} is not explained"


def test_everything_at_the_top_is_in_the_tree():
    elsewhere = {p.split("/")[0] + ("/" if "/" in p else "") for p in tracked()}
    hidden = {name for name in elsewhere if name.startswith(".")}
    assert elsewhere - hidden <= set(tree_of_readme())


def test_every_package_is_in_the_tree():
    packages = {str(Path(p).parent) + "/" for p in tracked() if p.endswith("/__init__.py")}
    inner = {p for p in packages if p.startswith(("gptcore/", "viz/")) and p.count("/") <= 2}
    assert inner <= set(tree_of_readme())


def test_the_map_of_lessons_is_the_table():
    assert with_lesson_table(README) == README, "run `make notebooks`"
    for lesson in written_lessons():
        assert f"notebooks/{lesson.name}.ipynb" in README


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_to_a_file_leads_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("http") or (ROOT / link).exists(), link
