"""The page of the gallery: rooms of `viz`, and in each its public names."""

import ast
import re
from functools import cache
from typing import Any

from course.site.before_examples import BEFORE
from course.site.cells import directive, picture_box
from course.site.dials import dial_box, dial_scripts
from course.site.gallery.examples import picture_of
from course.site.public import Public, about, public_names, tree_of
from course.site.reference import example_block, prose
from viz.canvas.picture import DIAL

PACKAGE = "viz"
ROOMS = {  # room -> its heading and a sentence, in the order of the page; a new room comes last
    "graphs": ("Graphs", "A computation as a graph, and the gradients that go back through it."),
    "attention": ("Attention", "Which token attends to which, and how strongly."),
    "architecture": ("Architecture", "Shapes, heads, parameters, embeddings, the residual stream."),
    "model_map": ("Map of a model", "The numbers of one token, from its id to the probabilities."),
    "next_token": ("Next token", "Probabilities of the next token, and sampling."),
    "text": ("Text", "Text as tokens: merges, vocabularies, prices, and filters of documents."),
    "curves": ("Curves", "One run: losses over steps, schedules, times."),
    "runs": ("Runs", "Several runs beside each other: logs, seeds, scaling laws."),
    "training": ("Training", "One moment of a training run, its samples, and its way downhill."),
    "tuning": ("Tuning", "After pretraining: which tokens count, and which answers are rewarded."),
    "serving": ("Serving", "Requests in the slots of a batch, drafts, and fewer bits."),
    "kv_cache": ("KV cache", "The paged KV cache: its blocks, and which requests share them."),
    "hardware": ("Hardware", "Memory of a training step, and formats of numbers."),
    "canvas": ("Every picture", "What each function above returns."),
}
HEAD = """# Gallery of viz

Every picture and every control of `viz`. The example below each of them draws it, when this page
is built. The examples are short, so their pictures are small: give them your own numbers.

Run these lines first:
"""
CONTROLS = """A control has knobs where Python runs: in JupyterLab, Colab or VS Code. Many have
knobs on this page, too. Of the others it shows the still picture, which is also what a saved
notebook keeps. The [reference of viz](reference/viz.md) has all arguments."""
NO_PICTURE = "*This example draws nothing.*"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"])")


@cache
def gallery_page() -> str:
    """The page as Markdown."""
    rooms = names_by_room()
    before = directive("code-block", "python", BEFORE[PACKAGE].strip())
    contents = "\n".join(f"- {listed(room, names)}" for room, names in rooms.items())
    parts = [HEAD, before, CONTROLS, directive("container", "contents-of-gallery", contents, ":")]
    shown: list[dict] = []
    for room, names in rooms.items():
        title, sentence = described(room)
        parts += [f"## {title}", sentence]
        outputs = [output_of(one) for one in names]
        parts += map(entry, names, outputs)
        shown += [{"data": output} for output in outputs]
    parts.append(directive("raw", "html", dial_scripts(shown, folder="_static")))
    return "\n\n".join(parts) + "\n"


def names_by_room() -> dict[str, list[Public]]:
    """Every public name of `viz`, by the room of its file: pictures, controls, then the rest."""
    names = public_names(PACKAGE)
    new = sorted({room_of(one) for one in names} - set(ROOMS))
    rooms = {room: [one for one in names if room_of(one) == room] for room in [*ROOMS, *new]}
    return {room: sorted(members, key=rank) for room, members in rooms.items() if members}


def rank(one: Public) -> int:
    return 0 if one.name.startswith("draw_") else 1 if is_control(one) else 2


def room_of(one: Public) -> str:
    return one.module.split(".")[1]


def described(room: str) -> tuple[str, str]:
    """The heading of a room, and a sentence about it."""
    if room in ROOMS:
        return ROOMS[room]
    return room.replace("_", " ").capitalize(), prose(first_sentence(about(f"{PACKAGE}.{room}")))


def listed(room: str, names: list[Public]) -> str:
    """A line of the table of contents."""
    title, _ = described(room)
    links = ", ".join(f"[`{one.name}`](#{one.name.lower()})" for one in names)
    return f"**[{title}](#{title.lower().replace(' ', '-')})** {links}"


def entry(one: Public, output: dict[str, Any]) -> str:
    """One name: a sentence, its picture and its code."""
    kind = "A control. " if is_control(one) else ""
    link = f"{{py:obj}}`In the reference <{PACKAGE}.{one.name}>`"
    drawn = NO_PICTURE
    if output:
        box = dial_box(output) if DIAL in output else picture_box(output)
        drawn = directive("raw", "html", box)
    sentence = f"{kind}{prose(first_sentence(one.doc.prose))} {link}"
    return "\n\n".join([f"### `{one.name}`", sentence, drawn, example_block(one.doc.example)])


def output_of(one: Public) -> dict[str, Any]:
    """The output of an example by MIME type; {} if it draws nothing."""
    picture = picture_of(one)
    return picture._repr_mimebundle_() if picture is not None else {}


def is_control(one: Public) -> bool:
    """Whether it is a class that inherits from Control."""
    return any(
        isinstance(node, ast.ClassDef)
        and node.name == one.name
        and any("Control" in ast.unparse(base) for base in node.bases)
        for node in tree_of(one.module).body
    )


def first_sentence(text: str) -> str:
    """The first sentence of a text.

    Example: first_sentence("Draw it. Or not.") -> "Draw it."
    """
    return SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0]
