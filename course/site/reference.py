"""The pages of the reference: each package with its public names and their docstrings."""

import re

from course.site.before_examples import BEFORE
from course.site.cells import directive
from course.site.public import ITEMISED, Docstring, Public, about, parse_example, public_names
from course.syllabus.repository import BRANCH, our_repository

SPECIAL = re.compile(r"([\\*_<>\[\]{}$|#~])")  # characters with a meaning in Markdown


def reference_page(package: str) -> str:
    """The page of a package."""
    here = directive("py:currentmodule", package, "", mark=":")  # types of this package come first
    before = directive("code-block", "python", BEFORE[package].strip())
    head = f"# {package}\n\n{prose(about(package))}\n\nBefore each example:\n\n{before}\n\n{here}"
    return "\n\n".join([head, *(entry(one) for one in public_names(package))]) + "\n"


def entry(one: Public, inside: str = "") -> str:
    """One name with its signature, its docstring and a link to its source."""
    kind = one.kind if not inside else "method" if one.signature else "property"
    signature = "" if kind in ("data", "property") else one.signature
    fields = "\n".join(f"- `{field}` · {prose(text)}" for field, text in one.fields)
    parts = [docstring_as_markdown(one.doc), fields]
    if not inside:
        source = f"[{one.file}]({source_of(one)})"
        parts.append(directive("container", "source", source, mark=":"))
        parts += [entry(member, one.name) for member in one.members]
    content = "\n\n".join(filter(None, parts))
    return directive(f"py:{kind}", f"{one.name}{signature}", content, mark=":")


def source_of(one: Public) -> str:
    return f"{our_repository().address}/blob/{BRANCH}/{one.file}#L{one.line}"


def docstring_as_markdown(doc: Docstring) -> str:
    """A docstring in Markdown, with its example as code."""
    lines = [prose(doc.prose)]
    for label, text in doc.labelled.items():
        if label in ITEMISED:
            items = "\n".join(f"- `{name}`: {prose(text)}" for name, text in doc.items(label))
            lines.append(f"**{label}**\n\n{items}")
        elif label == "Example":
            lines.append(example_block(text))
        else:
            lines.append(f"**{label}** {prose(text)}")
    return "\n\n".join(filter(None, lines))


def example_block(example: str) -> str:
    """An example as code, with the result that it names."""
    if example.startswith(">>>"):
        return directive("code-block", "pycon", f":class: example\n\n{example}")
    code, value = parse_example(example)
    shown = f"{code}\n# {value}" if value else code
    return directive("code-block", "python", f":class: example\n\n{shown}")


def prose(text: str) -> str:
    """Text of a docstring as Markdown: `names` stay code, and nothing else is markup.

    An indented paragraph is shown unchanged.
    Example: prose("a * b of `x_y`") -> "a \\\\* b of `x_y`"
    """
    paragraphs = re.split(r"\n\s*\n", text.strip("\n"))
    return "\n\n".join(
        directive("code-block", "text", paragraph)
        if paragraph.startswith("    ")
        else "`".join(
            piece if n % 2 else SPECIAL.sub(r"\\\1", " ".join(piece.split("\n")))
            for n, piece in enumerate(paragraph.split("`"))
        )
        for paragraph in paragraphs
    )
