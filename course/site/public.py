"""The public names of `gptcore` and `viz`, with signatures and docstrings, read from the source.

Nothing is imported, so the reference is built without PyTorch and matplotlib.
The public names of a package are in its `__init__.pyi`, or in its `__init__.py` if it has no
stub. tests/test_stubs.py checks that the two agree.
Names with an underscore and inherited names are left out.
"""

import ast
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "gptcore.scalar",
    "gptcore.tokenizers",
    "gptcore.corpus",
    "gptcore.model",
    "gptcore.sampling",
    "gptcore.training",
    "gptcore.tuning",
    "gptcore.quantization",
    "gptcore.serving",
    "gptcore.evaluation",
    "gptcore.export",
    "gptcore.own_gpt",
    "gptcore.ladder",
    "viz",
)
ITEMISED = ("Args", "Attributes", "Raises")  # sections with one item for each name
LABELS = (*ITEMISED, "Returns", "Yields", "Example", "Source", "Trap", "Shapes", "Units")
LABEL = re.compile(rf"^({'|'.join(LABELS)}):(?: +|(?=\n))", re.MULTILINE)
ITEM = re.compile(r"^(\*{0,2}[\w.]+(?:, \*{0,2}[\w.]+)*)(?: \([^)]*\))?:\s+", re.MULTILINE)
Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Docstring:
    """The parts of a docstring: the description, and the sections below it."""

    prose: str
    labelled: dict[str, str]

    @property
    def example(self) -> str:
        return self.labelled.get("Example", "")

    def items(self, section: str) -> list[tuple[str, str]]:
        """The names of a section such as `Args`, each with its description."""
        found = ITEM.split(self.labelled.get(section, ""))[1:]
        return [(name, " ".join(text.split())) for name, text in zip(found[::2], found[1::2])]


@dataclass(frozen=True)
class Public:
    """One public name of a package. `kind`: "function", "class" or "data"."""

    package: str
    name: str
    module: str
    kind: str
    signature: str
    doc: Docstring
    members: tuple["Public", ...] = ()
    fields: tuple[tuple[str, str], ...] = ()  # of a dataclass: its source, and its description
    line: int = 0

    @property
    def file(self) -> str:
        """Its file, as a path in the repository."""
        return self.module.replace(".", "/") + ".py"


def parts_of(docstring: str) -> Docstring:
    """The parts of a docstring in Google style."""
    prose, *rest = LABEL.split(textwrap.dedent(docstring).strip())
    pairs = zip(rest[::2], rest[1::2])
    return Docstring(prose.strip(), {label: section(text) for label, text in pairs})


def section(text: str) -> str:
    """The text of a section, without indentation if it begins on the next line."""
    return textwrap.dedent(text[1:]).rstrip() if text.startswith("\n") else text.rstrip()


def parse_example(example: str) -> tuple[str, str]:
    """The code of an example, and the result that it names; "" if it names none.

    Example: parse_example("len('ab') -> 2") -> ("len('ab')", "2")
    """
    lines = example.splitlines()
    code = "\n".join([lines[0].strip(), textwrap.dedent("\n".join(lines[1:]))]).strip()
    before, arrow, value = code.rpartition(" -> ")
    return (before.strip(), value.strip()) if arrow else (code, "")


@cache
def tree_of(module: str) -> ast.Module:
    path = ROOT / (module.replace(".", "/"))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))


def about(package: str) -> str:
    """The docstring of a package."""
    return ast.get_docstring(tree_of(package)) or ""


@cache
def public_names(package: str) -> list[Public]:
    """The public names of a package in alphabetical order, data last; methods after a class."""
    folder = ROOT / package.replace(".", "/")
    stub = folder / "__init__.pyi"
    listed = ast.parse((stub if stub.exists() else folder / "__init__.py").read_text("utf-8"))
    found = [
        read(package, name.asname or name.name, node.module)
        for node in listed.body
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    ]
    return sorted(found, key=lambda one: (one.kind == "data", one.name.lower()))


def read(package: str, name: str, module: str) -> Public:
    """One public name, from the file that defines it."""
    body = tree_of(module).body
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, Definition) and node.name == name:
            return definition(package, name, module, node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in assigned(node):
            text = text_of(after) or comment_at(module, node)
            value = ast.unparse(node.value) if node.value else ""
            return Public(package, name, module, "data", value, parts_of(text), line=node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module:  # imported from another file
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return read(package, name, node.module)
    raise LookupError(f"{module} has no {name}, though {package} offers it.")


def definition(package: str, name: str, module: str, node: Definition) -> Public:
    doc = parts_of(ast.get_docstring(node) or "")
    if isinstance(node, ast.FunctionDef):
        return Public(package, name, module, "function", signature(node), doc, line=node.lineno)
    members = tuple(
        definition(package, part.name, module, part)
        for part in node.body
        if isinstance(part, ast.FunctionDef)
        and not part.name.startswith("_")
        and ast.get_docstring(part)
        and not any("setter" in ast.unparse(mark) for mark in part.decorator_list)
    )
    made = made_with(node)
    return Public(
        package, name, module, "class", made, doc, members, fields(module, node), node.lineno
    )


def fields(module: str, node: ast.ClassDef) -> tuple[tuple[str, str], ...]:
    """The fields of a dataclass that have a comment behind them or a string below."""
    described = [
        (ast.unparse(part), text_of(after) or comment_at(module, part))
        for part, after in zip(node.body, [*node.body[1:], None])
        if isinstance(part, ast.AnnAssign)
    ]
    return tuple((field, " ".join(text.split())) for field, text in described if text)


def signature(node: ast.FunctionDef) -> str:
    """The signature on one line, without the name; "" for a property."""
    if any("property" in ast.unparse(mark) for mark in node.decorator_list):
        return ""
    arguments = [*node.args.posonlyargs, *node.args.args]
    if arguments and arguments[0].arg in ("self", "cls"):
        (node.args.posonlyargs or node.args.args).pop(0)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returns}"


def made_with(node: ast.ClassDef) -> str:
    """The signature of a class: that of `__init__`, or the fields of a dataclass."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return signature(part)
    if not any("dataclass" in ast.unparse(mark) for mark in node.decorator_list):
        return ""
    fields = [
        ast.unparse(part).split(" = field(")[0]
        for part in node.body
        if isinstance(part, ast.AnnAssign) and "init=False" not in ast.unparse(part)
    ]
    return f"({', '.join(fields)})"


def assigned(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """The names that a statement assigns to."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def text_of(node: ast.stmt | None) -> str:
    """The string of a statement that is only a string (it documents the one above); or ""."""
    value = node.value if isinstance(node, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def comment_at(module: str, node: ast.stmt) -> str:
    """The comment behind or right above a statement, which documents it."""
    lines = (ROOT / (module.replace(".", "/") + ".py")).read_text("utf-8").splitlines()
    behind = lines[node.lineno - 1].partition("  # ")[2]
    above: list[str] = []
    for line in reversed(lines[: node.lineno - 1]):
        if not line.startswith("# "):
            break
        above.insert(0, line[2:])
    return " ".join([*above, behind]).strip()
