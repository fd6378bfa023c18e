"""What is released: one version everywhere, and a wheel with all that is imported and read."""

import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from datetime import date
from pathlib import Path

import pytest

from course import release
from course.release import disagreements
from gptcore import __version__

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def tracked(*folders: str) -> set[str]:
    ran = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True)
    if ran.returncode:
        pytest.skip("not a git checkout, so nobody knows which files are ours")
    return {name for name in ran.stdout.splitlines() if (ROOT / name).is_file()}


def test_the_version_is_the_same_everywhere():
    assert disagreements(f"v{__version__}", __version__, CHANGELOG, CITATION) == []
    assert PROJECT["project"]["dynamic"] == ["version"] and "version" not in PROJECT["project"]
    (number,) = re.findall(r"^## ([\d.]+), ([\d-]+)$", CHANGELOG, re.MULTILINE)[:1]
    assert number[0] == __version__ and date.fromisoformat(number[1])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"tag": "v9.9.9"}, "The tag is v9.9.9, and gptcore/__init__.py says"),
        ({"changelog": "# Changelog\n\n## Unreleased\n"}, "CHANGELOG.md has no section"),
        (
            {"citation": CITATION.replace("version: 0", "version: 9")},
            "The version of CITATION.cff is not",
        ),
        (
            {"citation": re.sub("released: .*", "released: 1999-01-01", CITATION)},
            "date-released in CITATION",
        ),
    ],
    ids=["tag", "changelog", "citation", "date"],
)
def test_a_version_that_differs_is_told(change, message):
    right = {"tag": "", "version": __version__, "changelog": CHANGELOG, "citation": CITATION}
    (problem,) = disagreements(**right | change)
    assert message in problem


def test_a_folder_without_the_wheel_of_this_version_is_refused(tmp_path, capsys):
    (tmp_path / "gptcore_course-0.0.1-py3-none-any.whl").touch()
    assert release.main([str(tmp_path)]) == 1
    assert "there: gptcore_course-0.0.1-py3-none-any.whl." in capsys.readouterr().err


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the sdist and the wheel, as `make dist` builds them."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("no hatchling: pip install hatchling")
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def site(built, tmp_path_factory) -> Path:
    """What pip makes of the wheel: its files, in a folder of their own."""
    folder = tmp_path_factory.mktemp("site")
    (wheel,) = built.glob("gptcore_course-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


@pytest.mark.slow
def test_the_wheel_has_our_packages_and_data_and_nothing_else(site):
    files = {f.relative_to(site).as_posix() for f in site.rglob("*") if f.is_file()}
    ours = {name for name in files if ".dist-info/" not in name}
    data = {f"gptcore/{name}" for name in tracked("data")}
    assert ours == tracked("gptcore", "viz", "course") | data
    for name in data:
        assert (site / name).read_bytes() == (ROOT / name.removeprefix("gptcore/")).read_bytes()


@pytest.mark.slow
def test_the_sdist_has_all_that_the_wheel_is_built_from(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert tracked("gptcore", "viz", "course", "data", "tests", "LICENSE", "README.md") <= names
    assert not any(name.startswith((".venv", "build")) for name in names)


@pytest.mark.slow
def test_the_metadata_bear_the_name_and_the_version_and_only_our_own_extras(site):
    (folder,) = site.glob("*.dist-info")
    metadata = (folder / "METADATA").read_text(encoding="utf-8")
    assert "\nName: gptcore-course\n" in metadata and f"\nVersion: {__version__}\n" in metadata
    named = re.findall(r"^Requires-Dist: ([\w.-]+)", metadata, re.MULTILINE)
    assert not {"gptcore", "viz", "course"} & set(named)
    assert "gptcore = gptcore.cli:entry" in (folder / "entry_points.txt").read_text()


@pytest.mark.slow
def test_the_wheel_works_in_another_folder(site, tmp_path):
    def run(*words):
        program = "import sys; from gptcore.cli import entry; sys.argv[0] = 'gptcore'; entry()"
        return subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
        )

    assert run("--version").stdout == f"gptcore {__version__}\n"
    assert str(site) in run("fetch", "names").stdout
    learned = run("microgpt", "--steps", "20")
    assert learned.returncode == 0 and "sample 20" in learned.stdout, learned.stderr
    assert run("no-such-command").returncode == 2


def test_every_hook_finds_its_program_on_windows_too():
    yaml = pytest.importorskip("yaml", reason="no yaml: pip install pyyaml")
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    for hook in local["hooks"]:
        # With the language `python` pre-commit makes an environment and puts it before the PATH.
        assert hook["language"] == "python"
        program, *words = hook["entry"].split()
        assert (
            program in {"ruff", "python"} and "bash" not in words and ".venv" not in hook["entry"]
        )
        assert set(hook.get("additional_dependencies", [])) <= set(pins)


def test_the_environment_runs_its_own_python(tmp_path):
    command = [
        sys.executable,
        ROOT / "course" / "publishing" / "environment.py",
        "test",
        "--run",
        "-c",
        "print(6*7)",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    made = (ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")).exists()
    if made:
        assert (ran.returncode, ran.stdout) == (0, "42\n")
    else:
        assert (ran.returncode, ran.stderr) == (
            1,
            "gptcore: there is no environment yet. Make it: make test\n",
        )
