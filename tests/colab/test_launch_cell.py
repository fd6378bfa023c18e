"""The first code cell: it brings the course to Colab, says what failed, is silent elsewhere.

Colab is played by a module `google.colab`, GitHub by a server on this machine, PyPI by a folder.
"""

import json
import os
import socket
import subprocess
import sys
import types
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

sys.path.insert(0, str(Path(__file__).parent))
from archive_server import FOLDER, archive_server, our_files, packed

from course import colab
from course.colab import launch_cell, links
from course.syllabus.lesson_table import written_lessons
from course.syllabus.repository import our_repository

CELL = launch_cell(our_repository())
SMALL = packed(
    FOLDER, {"course/__init__.py": b"", "course/colab.py": b"def set_up(): print('set up')"}
)


def cell_for(server, content: Path) -> str:
    """The cell, with GitHub and /content played by what is here."""
    address = f"http://127.0.0.1:{server.server_port}"
    here = CELL.replace("https://github.com", address)
    return here.replace('"/content', f'"{content.as_posix()}')


@pytest.fixture
def in_colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.split(".")[0] == "course"]:
        monkeypatch.delitem(sys.modules, name)  # as in a kernel that has just begun


def test_outside_colab_it_does_nothing(monkeypatch, capsys):
    def refuse(*_, **__):
        raise AssertionError("it asks the network")

    monkeypatch.setattr(socket, "socket", refuse)
    before, names = set(sys.modules), {}
    exec(CELL, names)
    assert set(names) == {"sys", "__builtins__"}
    assert set(sys.modules) == before
    assert capsys.readouterr() == ("", "")


def test_in_colab_it_brings_the_course_and_may_be_run_again(in_colab, tmp_path, capsys):
    with archive_server(SMALL) as server:
        exec(cell_for(server, tmp_path), {})
        exec(cell_for(server, tmp_path), {})
    assert (tmp_path / FOLDER / "course" / "colab.py").is_file()
    assert sys.path[0] == f"{tmp_path.as_posix()}/{FOLDER}"
    assert capsys.readouterr().out == "set up\n" * 2


@pytest.mark.parametrize(
    "mood, why, advice",
    [
        ("gone", "404", "It is private, or was renamed: ask who gave you this page."),
        ("cut", "IncompleteRead", "The network failed: run this cell again, it begins anew."),
        ("off", "refused", "The network failed: run this cell again, it begins anew."),
    ],
)
def test_what_failed_is_said_and_running_it_again_goes_on(in_colab, tmp_path, mood, why, advice):
    with archive_server(SMALL, mood) as server:
        cell = cell_for(server, tmp_path)
        if mood == "off":
            server.shutdown()
            server.server_close()
        with pytest.raises(OSError) as failed:
            exec(cell, {})
        text = str(failed.value)
        assert why in text and text.endswith(advice)
        assert f"{our_repository().owner_and_name}/archive/refs/heads/main.tar.gz" in text
        assert failed.value.__suppress_context__, "no second traceback"
        assert list(tmp_path.iterdir()) == [], "no half of it stays"
        if mood != "off":
            server.mood = "well"
            exec(cell, {})
            assert (tmp_path / FOLDER).is_dir()


def wheel(folder: Path, name: str, number: str, needs: str = "") -> None:
    """The smallest package that pip installs."""
    info = f"{name}-{number}.dist-info"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n"
    about += f"Requires-Dist: {needs}\n" if needs else ""
    made_by = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / f"{name}-{number}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{info}/METADATA", about)
        file.writestr(f"{info}/WHEEL", made_by)
        file.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory) -> Path:
    """A Python of its own that has all that ours has; what is installed goes into its folder."""
    folder = tmp_path_factory.mktemp("kernel")
    venv.create(folder, symlinks=os.name != "nt")
    (ours,) = [p for p in sys.path if p.endswith("site-packages")][:1]
    (site,) = folder.glob("[Ll]ib/**/site-packages")
    (site / "ours.pth").write_text(ours)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_in_colab(kernel: Path, cell: str, wheels: Path) -> dict:
    """Run the cell in a new process that has no git; what it said, and what is installed after."""
    program = """
import json, sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
error = ""
try:
    exec(sys.argv[1], {})
except OSError as failed:
    error = str(failed)
from importlib.metadata import distributions
import gptcore
versions = {one.metadata["Name"]: one.version for one in reversed(list(distributions()))}
print(json.dumps({"error": error, "versions": versions, "gptcore": gptcore.__file__}))
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    environment |= {"PATH": "", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    ran = subprocess.run(
        [kernel, "-c", program, cell], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    *text, message = ran.stdout.splitlines()
    return json.loads(message) | {"said": "\n".join(text)}


def archive_that_also_needs(requirement: str) -> bytes:
    files = dict(our_files())
    text = files["pyproject.toml"].decode()
    files["pyproject.toml"] = text.replace(
        "dependencies = [", f'dependencies = ["{requirement}",', 1
    ).encode()
    return packed(FOLDER, files)


def test_what_colab_lacks_is_added_and_nothing_else_moves(kernel, tmp_path):
    """`newer` asks for a tqdm that Colab has not: pip must take the older one, or give up."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel(wheels, "tqdm", "999.0")
    wheel(wheels, "lacking", "2.0", needs="tqdm>=999")
    with archive_server(archive_that_also_needs("lacking>=1")) as server:
        cell = cell_for(server, tmp_path)
        refused = run_in_colab(kernel, cell, wheels)
        wheel(wheels, "lacking", "1.0")
        done = run_in_colab(kernel, cell, wheels)
        again = run_in_colab(kernel, cell, tmp_path / "no network any more")
    assert refused["error"].splitlines() == [
        "pip could not add lacking to what Colab has:",
        "ERROR: Cannot install lacking==2.0 because these package versions have conflicting "
        "dependencies.",
        "Nothing was changed. Run this cell again; without a network it has to wait.",
    ]
    assert "lacking" not in refused["versions"]
    assert done["error"] == again["error"] == ""
    assert done["versions"]["lacking"] == "1.0"
    assert done["versions"]["tqdm"] == version("tqdm") == again["versions"]["tqdm"]
    changed = set(done["versions"].items()) ^ set(refused["versions"].items())
    assert changed == {("lacking", "1.0")}
    assert Path(done["gptcore"]).is_relative_to(tmp_path / FOLDER)
    assert "installed lacking, changed nothing that Colab has." in done["said"]
    assert "installed" not in again["said"]


def test_setting_up_begins_with_what_colab_has():
    """Else it would fail before it could install anything."""
    program = "import sys; import course.colab; print(*{n.split('.')[0] for n in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    ours = {"course", "gptcore", "packaging", "platformdirs"}
    bare = subprocess.run(
        [sys.executable, "-c", program.replace("import course.colab; ", "")],
        capture_output=True,
        text=True,
    )
    new = set(loaded.stdout.split()) - set(bare.stdout.split()) - set(sys.stdlib_module_names)
    assert new == ours


def test_what_colab_has_in_an_older_version_is_left_and_told(monkeypatch, capsys):
    here = {canonicalize_name(line.name): "9999" for line in colab.requirements()}
    monkeypatch.setattr(colab, "installed", lambda: here | {"torch": "1.0"})
    monkeypatch.setattr(colab, "install", pytest.fail)
    monkeypatch.setenv("PYTHONPATH", "")
    colab.set_up()
    message = capsys.readouterr().out.splitlines()
    assert message[0] == "Colab has torch 1.0, the course was made for >=2.9."
    assert len([line for line in message if line.startswith("Colab has")]) == 1


def test_colab_is_told_where_the_other_lessons_are():
    for lesson in written_lessons():
        assert f"[{lesson.number}]({our_repository().colab(lesson.name)})" in links()
