"""A map of a model from the token id to the probabilities, with the numbers of one token on it.

Where scripts run, it goes forward and back through the stages, and says how each number is computed
(`model_map*.js`). Where they do not, the still is seen.
"""

import json
from collections.abc import Collection, Sequence
from functools import cache
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from viz.canvas.arrays import to_int
from viz.canvas.labels import printable, title_width, visible_token
from viz.canvas.palette import MUTED
from viz.canvas.picture import SCRIPT_NOTE, THEME, Picture, page_script
from viz.canvas.scene import Scene, Text
from viz.model_map.model_map_layout import WIDTH, Layout, build_layout
from viz.model_map.model_map_scene import build_scene
from viz.model_map.model_stage import (
    ModelNumbers,
    ModelStage,
    check_position,
    check_stages,
    check_start,
    lit_stages,
    numbers_at,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCRIPTS = ("model_map_numbers.js", "model_map_svg.js", "model_map.js")
URI_SAFE = " /:;,=+@()'!*?&$[]{}^|~`\\"  # an SVG as an address needs only < > # % " escaped
TITLE, MARGIN = 26.0, 8.0  # pixels
DIGITS = 4  # after the point; a page shows two or three of them


def draw_model_map(
    stages: Sequence[ModelStage],
    *,
    at: int | None = None,
    highlight: str | Collection[str] | None = None,
    start: str | None = None,
    repeat: int = 1,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw a model as boxes from the token id to the probabilities, beside the residual stream.

    In a notebook the map is a page: the arrow keys or two buttons go through the stages, pointing
    at a box shows its numbers, its shape and its names, and a click on a number shows how it is
    computed from numbers of the stages before.

    Args:
        stages: The boxes in the order of computation. Without values, the boxes show shapes.
        at: Position of the token that is followed. None is the last.
        highlight: A part ("embedding", "attention", "residual", "mlp", "output"), the name of a
            stage, or several of them. What is not named is dim. None dims nothing.
        start: Name of the stage that is open first. None is the first that is highlighted.
        repeat: How many blocks the model has, if one block is drawn for all of them.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `stages`, `at`, `lit`, `boxes` (name -> x, y, width, height), `probs` and
        `left_out` in `.data`; or `ax`, if given. Of a large model the weights, or all numbers, are
        left out, and the picture says so.

    Raises:
        ValueError: For stages that do not fit together, and for names that are not on the map.

    Example:
        >>> ids = ModelStage("token", "embedding", "ids", labels=["a", "b"], values=[[0], [1]])
        >>> row = ModelStage("wte", "embedding", "lookup", ["token"], values=[[0.5, -1], [2, 0]])
        >>> draw_model_map([ids, row], at=0).data["boxes"].keys()
        dict_keys(['token', 'wte'])
    """
    listed, numbers = check_stages(stages)
    t, lit = check_position(at, numbers.T), lit_stages(listed, highlight)
    opened = check_start(listed, start, lit)
    repeat = to_int(repeat, "repeat", 1)
    below_title = TITLE if title else 0.0
    layout = build_layout(listed, numbers.T, below_title + MARGIN, repeat)
    probs = probabilities(listed, numbers, t)
    data = {
        "stages": [stage.name for stage in listed],
        "at": t,
        "lit": sorted(lit),
        "boxes": {k: (b.x, b.y, b.width, b.height) for k, b in layout.boxes.items()},
        "probs": probs,
        "left_out": numbers.left_out,
    }
    scene = build_scene(layout, numbers, t, lit, title, repeat)
    scene.width = max(scene.width, title_width(title) if title else 0)
    alt = alt_text(listed, numbers, t, lit, repeat, probs)
    if numbers.left_out:
        alt += f" {numbers.left_out}"
        add_note(scene, numbers.left_out)
    picture = Picture(data, alt, scene)
    payload = to_payload(layout, numbers, lit)
    payload |= {"at": t, "start": opened, "title": printable(title), "repeat": repeat}
    payload["top"] = below_title  # the page has a title of its own
    if numbers.left_out:
        payload["left"] = numbers.left_out
    picture.html = map_html(picture, payload)
    return picture.draw_on(ax) if ax is not None else picture


def add_note(scene: Scene, note: str) -> None:
    """A sentence below the map, in as many lines as it needs."""
    for line in wrap(note, 62):
        scene.add(Text(10, scene.height + 12, line, 11, MUTED))
        scene.height += 15
    scene.height += 4


def probabilities(stages: list[ModelStage], numbers: ModelNumbers, t: int) -> dict[str, float]:
    """Token -> probability at position t; empty if the last stage has none."""
    last = stages[-1]
    if last.part != "output" or last.op != "softmax" or last.name not in numbers.values:
        return {}
    row = numbers_at(last, numbers, t)
    labels = [str(label) for label in last.labels] or [str(i) for i in range(len(row))]
    return dict(zip(labels, row))


def alt_text(
    stages: list[ModelStage],
    numbers: ModelNumbers,
    t: int,
    lit: set[str],
    repeat: int,
    probs: dict[str, float],
) -> str:
    """The stages in order, the token, and the most probable next token."""
    names = ", ".join(stage.text for stage in stages)
    text = f"A map of a model in {len(stages)} stages: {names}."
    if repeat > 1:
        text += f" The block of attention and MLP is repeated {repeat} times."
    if len(lit) < len(stages):
        text += f" Highlighted: {', '.join(stage.text for stage in stages if stage.name in lit)}."
    tokens = next((stage.labels for stage in stages if stage.op == "ids"), ())
    if numbers.T and tokens:
        text += f" The numbers are those of {visible_token(str(tokens[t]))}, at position {t}."
    if probs:
        best = max(probs, key=lambda token: probs[token])
        text += f" The most probable next token is {visible_token(best)}, {probs[best]:.2f}."
    return text


def to_payload(layout: Layout, numbers: ModelNumbers, lit: set[str]) -> dict[str, Any]:
    """What the script needs: places, numbers, weights and names."""
    stages = []
    for name, box in layout.boxes.items():
        stage = box.stage
        stages.append(
            {
                "name": name,
                **{key: printable(getattr(stage, key)) for key in ("text", "title", "note")},
                **{"shape": printable(stage.shape), "names": dict(stage.names)},
                **{"part": stage.part, "op": stage.op, "inputs": list(stage.inputs)},
                **{"labels": [visible_token(str(label)) for label in stage.labels]},
                **{"heads": stage.heads, "lit": name in lit, "keeps": box.keeps},
                "box": [round(n, 1) for n in (box.x, box.y, box.width, box.height)],
                "strip": [round(n, 1) for n in box.strip],
                "values": rounded(numbers.values.get(name)),
                "weight": rounded(numbers.weights.get(name)),
                "weightName": stage.weight_name,
            }
        )
    panels = [
        {"caption": p.caption, "y": p.y, "height": p.height, "lit": any(n in lit for n in p.stages)}
        for p in layout.panels
    ]
    return {
        **{"stages": stages, "panels": panels, "size": [WIDTH, round(layout.height, 1)]},
        **{"arrows": [[a.source, a.target, a.points] for a in layout.arrows]},
        **{"sums": layout.sums, "stream": layout.stream, "frame": layout.repeated},
    }


def rounded(numbers: Any) -> Any:
    """Nested lists with few digits, for a short page."""
    if isinstance(numbers, list):
        return [rounded(number) for number in numbers]
    return numbers if numbers is None else round(numbers, DIGITS) + 0.0


def map_html(picture: Picture, payload: dict[str, Any]) -> str:
    """The still in a block that carries the payload, and the script."""
    scene = picture.scene
    assert scene is not None, "the map is made of shapes"
    # As base64, the images in the still would be a third larger once more.
    uri = "data:image/svg+xml," + quote(picture.to_svg(), safe=URI_SAFE)
    still = (
        f'<img src="{escape(uri)}" alt="{escape(picture.alt)}" '
        f'width="{round(scene.width)}" style="max-width: 100%; height: auto">'
    )
    text = escape(json.dumps(payload, ensure_ascii=False, separators=(",", ":")))
    return (
        f'<div class="viz-model-map" data-model="{text}">{still}{SCRIPT_NOTE}</div>'
        f"<script>{script()}</script>"
    )


@cache
def script() -> str:
    """The scripts of the map with its style sheet."""
    folder = Path(__file__).parent
    scripts = [folder / name for name in SCRIPTS]
    return page_script(THEME, *scripts, style=folder / "model_map.css")
