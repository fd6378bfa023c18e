"""The first code cell of every notebook, and the function that it calls in Google Colab.

Colab opens one notebook without the files beside it. So the cell downloads them, as one archive
that needs no git; then `set_up` installs missing packages, and changes no package that Colab has.
After a failure, running it again starts from the beginning and overwrites existing files.
Left out on purpose: JupyterLab, which Colab replaces.
"""

import importlib
import os
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.syllabus.lesson_table import written_lessons
from course.syllabus.repository import Repository, our_repository

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("text", "train", "course")
OURS = "gptcore-course"  # our extras, which include each other
COLAB_IS_ITSELF = {"jupyterlab"}
GONE = "It is private, or was renamed: ask who gave you this page."
BROKEN_OFF = "The network failed: run this cell again, it begins anew."
CELL = """\
#@title In Google Colab, run this first: it brings the course. Anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    from io import BytesIO
    from tarfile import open as unpack
    from urllib.request import urlopen
    archive = "{archive}"
    try:
        packed = BytesIO(urlopen(archive, timeout=60).read())
        unpack(fileobj=packed).extractall("/content", filter="data")
    except Exception as error:
        advice = "{gone}" if "404" in str(error) else "{broken_off}"
        raise OSError(f"No course from {{archive}} ({{error}}). {{advice}}") from None
    sys.path.insert(0, "/content/{folder}")
    from course.colab import set_up
    set_up()"""


def launch_cell(repository: Repository) -> str:
    """The source of the cell, the same in every notebook."""
    return CELL.format(
        archive=repository.archive,
        folder=repository.archive_folder,
        gone=GONE,
        broken_off=BROKEN_OFF,
    )


def set_up() -> None:
    """Install what the lessons need and Colab lacks; then show the links to the lessons.

    Raises: OSError if pip did not finish; the cell can be run again.
    """
    os.environ["PYTHONPATH"] = str(ROOT)  # for the processes that a lesson starts
    present = installed()
    needed = [line for line in requirements() if canonicalize_name(line.name) not in present]
    if needed:
        install(needed, present)
    for line in requirements():
        version = present.get(canonicalize_name(line.name))
        if version and not line.specifier.contains(version, prereleases=True):
            print(f"Colab has {line.name} {version}, the course was made for {line.specifier}.")
    added = f"installed {', '.join(line.name for line in needed)}, " if needed else ""
    print(f"The course is in {ROOT}; {added}changed nothing that Colab has.")
    # Colab has IPython loaded; the builder of the lessons need not load it for the cell's text.
    shown = importlib.import_module("IPython.display")
    shown.display(shown.Markdown(f"Lessons, each in a tab of its own: {links()}"))


def requirements() -> list[Requirement]:
    """What the lessons need, as pyproject.toml says it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    lines = [Requirement(line) for line in [*project["dependencies"], *extras]]
    return [line for line in lines if line.name not in {OURS, *COLAB_IS_ITSELF}]


def installed() -> dict[str, str]:
    """Name -> version of every distribution that this Python would import."""
    found: dict[str, str] = {}
    for one in distributions():
        if one.metadata["Name"]:  # a package that was half uninstalled has none
            found.setdefault(canonicalize_name(one.metadata["Name"]), one.version)
    return found


def install(needed: list[Requirement], present: dict[str, str]) -> None:
    """Let pip add packages without changing the version of an installed one."""
    with TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in present.items()))
        command = [sys.executable, "-m", "pip", "install", "--quiet"]
        command += ["--disable-pip-version-check", "--constraint", str(constraints)]
        ended = subprocess.run(
            [*command, *map(str, needed)], capture_output=True, text=True, check=False
        )
    if ended.returncode:
        errors = [line for line in ended.stderr.splitlines() if line.startswith("ERROR")]
        raise OSError(
            f"pip could not add {', '.join(line.name for line in needed)} to what Colab has:\n"
            f"{errors[0] if errors else ended.stderr.strip()}\n"
            "Nothing was changed. Run this cell again; without a network it has to wait."
        )
    importlib.invalidate_caches()


def links() -> str:
    """Every lesson as a link that opens in Colab, where links between notebooks do not work."""
    ours = our_repository()
    return " · ".join(
        f"[{lesson.number}]({ours.colab(lesson.name)})" for lesson in written_lessons()
    )
