"""No file leads to a package of our name on the public index: there it belongs to other people."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import gptcore
from gptcore import cli, manifest
from gptcore.optional import PackageMissingError, require_packages

ROOT = Path(__file__).resolve().parents[1]
INSTALLERS = (
    "pip[0-9.]*|micropip|piplite|uv|uvx|conda|mamba|micromamba|poetry|pdm|pipx|easy_install"
)
COMMAND = re.compile(
    rf"\b(?:{INSTALLERS})[\s'\",.]+(?:[\w.-]+[\s'\",]+){{0,4}}?(?:install|add|download)\b([^\n;|&]*)"
)
BETWEEN_WORDS = re.compile(r"[\s'\"`,()\[\]{}\\]+")
# gptcore-course is ours once it is published; until then nobody can install it by name.
OUR_NAME = re.compile(r"(gptcore|viz)([-_.]course)?([=<>!~@].*)?", re.IGNORECASE)
EXTRA = re.compile(r"\b(gptcore|viz)\[[a-z]+[],]")


def advice_in(text: str) -> list[str]:
    """Every command in a text that would install a package of our name, and every extra of it."""
    text = re.sub(r"\\\r?\n\s*", " ", text)  # a command that goes on in the next line
    text = re.sub(r"['\"]\s*\n\s*[rf]*['\"]", "", text)  # a string that does
    commands = [
        found[0].strip()
        for found in COMMAND.finditer(text)
        if any(map(OUR_NAME.fullmatch, BETWEEN_WORDS.split(found[1])))
    ]
    return commands + [found[0] for found in EXTRA.finditer(text)]


@pytest.mark.parametrize("name", ["gptcore", "viz", "gptcore-course", "gptcore==0.2.0", "GPTcore"])
@pytest.mark.parametrize(
    "command",
    [
        "pip install {}",
        "pip3.11 install --force-reinstall '{}'",
        "%pip install -q {}",
        "python -m pip install --upgrade torch {}",
        "uv pip install {}",
        "uv add {}",
        "uv tool install {}",
        "conda install -c conda-forge {}",
        "pipx install {}",
        "pip download --dest wheels {}",
        '["pip", "install", "{}"]',
        'await micropip.install("{}")',
        'f"Bring it with: pip install "\n    f"{} safetensors"',
        "pip install \\\n    {}",
        '"source": ["!pip install \\"{}\\"\\n"]',
    ],
)
def test_the_search_finds_advice_in_every_form(command, name):
    assert advice_in(command.format(name))


@pytest.mark.parametrize("extra", ["[train]", "[course,text]"])
def test_the_search_finds_extras_without_a_command(extra):
    assert advice_in("It needs " + "gptcore" + extra)


@pytest.mark.parametrize(
    "text",
    [
        "pip install torch safetensors",
        "python -m pip install -e '.[train]'",
        "pip uninstall gptcore viz",
        "gptcore prepare needs regex, which is not installed: pip install regex",
        'test = ["gptcore-course[course,cluster]"]',
        "pip install torch\ngptcore train names",
        "gptcore-course is the distribution; gptcore is imported",
    ],
)
def test_the_search_leaves_the_rest_alone(text):
    assert advice_in(text) == []


def test_no_tracked_file_advises_to_install_a_package_of_our_name():
    ran = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if ran.returncode:
        pytest.skip("not a git checkout, so nobody knows which files are ours")
    found = {}
    for name in filter(None, ran.stdout.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content and (advice := advice_in(content.decode("utf-8"))):
            found[name] = advice
    assert found == {}


# What the messages say instead


def test_packages_that_are_missing_are_named_together():
    with pytest.raises(PackageMissingError) as missing:
        require_packages("gptcore train", "no-such-a", "json", "no-such-b")
    assert str(missing.value) == (
        "gptcore train needs no-such-a and no-such-b, which are not installed: "
        "pip install no-such-a no-such-b"
    )
    assert missing.value.name == "no-such-a"
    require_packages("gptcore train", "json", "ast")


class Broken:
    """A command in which a module is missing."""

    def __init__(self, name):
        self.name = name

    def run(self):
        raise ModuleNotFoundError(f"No module named {self.name!r}", name=self.name)


@pytest.mark.parametrize(
    "module, message",
    [
        ("rich.table", "gptcore prepare needs rich, which is not installed: pip install rich\n"),
        ("gptcore.gone", "which should not happen (--debug shows where): No module named"),
    ],
)
def test_a_command_names_what_it_lacks_unless_the_file_is_ours(
    module, message, monkeypatch, capsys
):
    monkeypatch.setattr(cli, "PACKAGES", {"prepare": ("json",)})
    monkeypatch.setattr(cli, "read_command", lambda arguments: Broken(module))
    assert cli.main(["prepare"]) == 1
    err = capsys.readouterr().err
    assert message in err and advice_in(err) == []


def test_a_file_of_viz_that_is_gone_is_no_package_to_install():
    code = """
import sys
sys.modules["viz.text.tokens"] = None
import viz
try:
    viz.draw_tokens
except ModuleNotFoundError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "viz.text.tokens" in ran.stdout and "pip" not in ran.stdout


def test_the_repair_of_a_shipped_file_works(tmp_path):
    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    shipped = tmp_path / "data" / "names.txt"
    shipped.parent.mkdir()
    shipped.write_text("ada\n")
    advice = manifest.repair_hint(tmp_path)
    assert "make lab" in advice and "git checkout" not in advice, "no checkout, so no git there"
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "as shipped")
    shipped.unlink()
    before, _, command = manifest.repair_hint(tmp_path).partition(": git ")
    assert str(tmp_path) in before
    git(*command.split())
    assert shipped.read_text() == "ada\n"


# The version


def test_the_version_needs_neither_metadata_nor_anything_large(tmp_path):
    code = "import sys, gptcore; print(gptcore.__version__, 'importlib.metadata' in sys.modules)"
    command = [sys.executable, "-S", "-c", code]  # -S: without site-packages
    ran = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ran.stdout == f"{gptcore.__version__} False\n", ran.stderr


def test_the_command_tells_the_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"gptcore {gptcore.__version__}\n"
