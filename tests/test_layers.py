"""Who may import whom: gptcore and viz do not know each other, and no file imports in a circle."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gptcore", "viz", "course")

GROUND = {"checks", "files", "json_text", "lazy", "optional"}
# Inside gptcore each part may import itself and the parts listed here.
FLOORS = {
    "checks": set(),
    "json_text": set(),
    "files": {"json_text"},
    "lazy": set(),
    "optional": set(),
    "heads": {"checks"},
    "next_token": {"checks"},
    "manifest": {"checks"},
    "gguf": {"checks", "optional"},
    "tokenizers": {*GROUND, "manifest", "gguf"},
    "scalar": {"checks", "heads", "next_token"},
    "corpus": {*GROUND, "manifest", "tokenizers"},
    "formats": {*GROUND, "gguf"},
    "model": {*GROUND, "heads", "formats"},
    "sampling": {*GROUND, "model", "next_token"},
    "training": {
        *GROUND,
        *("heads", "manifest", "tokenizers", "formats", "model", "corpus", "sampling"),
    },
    "tuning": {
        *GROUND,
        *("heads", "manifest", "tokenizers", "formats", "model", "corpus", "sampling", "training"),
    },
    "quantization": {*GROUND, "formats", "model"},
    "evaluation": {*GROUND, "tokenizers", "model", "tuning"},
    "export": {
        *GROUND,
        *("tokenizers", "gguf", "formats", "model", "quantization", "training", "tuning"),
    },
    "own_gpt": {
        *GROUND,
        *("heads", "manifest", "tokenizers", "corpus", "formats", "model", "sampling", "scalar"),
        *("training", "evaluation", "export"),
    },
    "serving": {*GROUND, "next_token", "tokenizers", "model", "sampling"},
    "ladder": {*GROUND, "heads", "next_token", "scalar", "model", "corpus", "training"},
}

# Rooms of a folder: each may import itself and the rooms listed; "" are the files beside them.
READING = {"downloads", "shards"}
LOOP = {"hardware", "cost", "saving", "running"}
VIZ = (
    *("graphs", "attention", "architecture", "model_map", "next_token", "text", "curves"),
    "hardware",
)
GROUND = {"canvas", "dials"}  # of viz
ROOMS = {
    "viz": {
        "canvas": set(),
        "dials": {"canvas"},
        **{room: GROUND for room in VIZ},
        "runs": {*GROUND, "curves", "tuning"},
        "training": {*GROUND, "attention", "curves", "next_token", "runs"},
        "tuning": {*GROUND, "curves", "text"},
        "serving": {*GROUND, "curves", "hardware"},
        "kv_cache": {*GROUND, "serving"},
    },
    "gptcore.corpus": {
        "downloads": set(),
        "shards": set(),
        "reading": READING,
        "filters": {"reading"},
        "stories": {"filters"},
        "preparation": {*READING, "reading", "filters", "stories"},
    },
    "gptcore.tokenizers": {"formats": set(), "": {"formats"}},
    "gptcore.serving": {"speculative": {""}, "http": {""}},
    "gptcore.tuning": {
        "runs": {""},
        "reinforcement": {"", "runs"},
        "preferences": {"", "runs"},
    },
    "gptcore.training": {
        "hardware": {"settings"},
        "cost": {"settings", "hardware"},
        "saving": {"settings"},
        "running": {"settings", "saving"},
        "": {"settings", *LOOP},
    },
}
# The ground of training.
SETTINGS = {f"gptcore.training.{name}" for name in ("config", "presets", "schedule")}
APART = ("__init__", "lesson_", *"0123456789")  # the source of a lesson begins with its number
MOST_MODULES = 14  # in a folder, without its __init__


def modules() -> dict[str, Path]:
    """Dotted name -> file, of everything that is ours and not a lesson."""
    files = [f for p in PACKAGES for f in (ROOT / p).rglob("*.py") if "lessons" not in f.parts]
    names = {f: ".".join(f.relative_to(ROOT).with_suffix("").parts) for f in files}
    return {name.removesuffix(".__init__"): f for f, name in names.items()}


def imports_of(file: Path, known: set[str]) -> set[str]:
    """Our own modules that a file imports, anywhere in the file."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            assert node.names[0].name != "*", f"{file}: imports a star"
            found |= {f"{node.module}.{name.name}" for name in node.names} & known
            found |= {node.module} & known
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names} & known
        elif is_import_by_name(node):
            found |= {node.args[0].value} & known
    return found


def is_import_by_name(node: ast.AST) -> bool:
    """Whether it is `import_module("a.module")`, which hides an arrow in a string."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return False
    return getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module"


ALL = modules()


@cache
def arrows() -> dict[str, set[str]]:
    return {name: imports_of(file, set(ALL)) - {name} for name, file in ALL.items()}


def part_of(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


# The command line is above both: `gptcore plot` draws.
DRAWS = "gptcore.cli.plotting.plot"


def test_gptcore_and_viz_do_not_know_each_other():
    assert arrows()[DRAWS] & {"viz"}
    for module, used in arrows().items():
        if module == DRAWS:
            continue
        other = {"gptcore": "viz", "viz": "gptcore"}.get(module.split(".")[0])
        strangers = (
            {name for name in used if name.split(".")[0] in {other, "course"}} if other else set()
        )
        assert not strangers, f"{module} imports {strangers}"


def test_inside_gptcore_arrows_point_down():
    for module, used in arrows().items():
        part = part_of(module)
        # `python -m gptcore.training` is a command: its `__main__` is on the top level, too.
        is_command = part == "cli" or module.endswith("__main__")
        if module.startswith("gptcore.") and not is_command:
            above = {part_of(name) for name in used if name.startswith("gptcore.")} - {part}
            assert above <= FLOORS[part], f"{module} imports {above - FLOORS[part]}"


def room_of(module: str, folder: str) -> str:
    """The room of a module below a folder; "" for a file beside the rooms."""
    if module in SETTINGS:
        return "settings"
    rest = module.removeprefix(f"{folder}.").split(".")
    is_room = len(rest) > 1 or ALL[module].name == "__init__.py"
    return rest[0] if is_room else ""


@pytest.mark.parametrize("folder", ROOMS)
def test_between_rooms_arrows_go_one_way(folder):
    for module, used in arrows().items():
        if module.startswith(f"{folder}."):
            room = room_of(module, folder)
            others = {room_of(name, folder) for name in used if name.startswith(f"{folder}.")}
            above = others - {room} - ROOMS[folder].get(room, set())
            assert not above, f"{module} imports {above}"


def test_no_folder_is_crowded():
    for package in PACKAGES:
        for folder in [ROOT / package, *(ROOT / package).rglob("*")]:
            # Files of which there is one for each lesson do not count.
            files = [f for f in folder.glob("*.py") if not f.stem.startswith(APART)]
            assert len(files) <= MOST_MODULES, f"{folder}: {len(files)} modules; make rooms"


def test_no_circle():
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"a circle: {' -> '.join([*way, module])}"
        if module not in done:
            for used in arrows()[module]:
                # A package's own list of names imports what is inside it; that is no floor.
                if not module.startswith(f"{used}."):
                    visit(used, (*way, module))
            done.add(module)

    for module in arrows():
        visit(module, ())


def test_scalar_uses_the_standard_library_only():
    for module in [m for m in ALL if m.startswith("gptcore.scalar")]:
        tree = ast.parse(ALL[module].read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top = name.split(".")[0]
                assert top == "gptcore" or top in sys.stdlib_module_names, f"{module}: {name}"


LARGE = {"torch", "matplotlib", "numpy", "ipywidgets", "plotly", "requests"}
LARGE |= {"tiktoken", "regex", "pyarrow"}
LIGHT = [
    "gptcore",
    "gptcore.scalar",
    "gptcore.tokenizers",
    "gptcore.corpus",
    "gptcore.model",
    "gptcore.sampling",
    "gptcore.training",
    "gptcore.tuning",
    "gptcore.quantization",
    "gptcore.evaluation",
    "gptcore.export",
    "gptcore.serving",
    "gptcore.own_gpt",
    "viz",
]


@pytest.mark.parametrize("package", LIGHT)
def test_importing_does_nothing_and_loads_nothing_large(package):
    code = f"""
import sys
import {package}
print(sorted({LARGE} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_every_file_says_what_it_is():
    for module, file in ALL.items():
        if file.name != "one_page.py":  # a page, not a module; its first line says what it is
            doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
            assert doc, f"{module} has no docstring"
