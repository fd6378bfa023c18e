"""Embeddings that move during training: a point for each token, at each recorded step.

In a notebook the picture is a page with a slider for the step, and it plays
(`embedding_training.js`); no kernel is needed. Where scripts do not run, the still is seen: the
first step and the last one.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.arrays import to_mapping, to_tokens
from viz.canvas.labels import printable, visible_token
from viz.canvas.pages import NARROW, heading_scene, wrapped
from viz.canvas.palette import CATEGORIES, INK, LINE, MUTED, WHITE
from viz.canvas.picture import THEME, Picture, page_script, picture_tag
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.tensors import to_finite_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_POINTS, MAX_FRAMES = 120, 400
SIDE, LEFT, TOP, GAP = 380, 16, 74, 18  # pixels of a panel of the still
DIGITS = 3
Array = NDArray[np.float64]


def draw_embedding_training(
    frames: "Mapping[int, ArrayLike]",
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    losses: Mapping[int, float] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw embeddings at the first and at the last step; in a notebook, every step, as a film.

    Embeddings of two numbers are drawn as they are. Longer ones are projected to the two
    directions in which the last step varies most (PCA), the same ones for all steps.

    Args:
        frames: Step -> embeddings, shape (N, C) with C of 2 or more; at most 400 steps.
        labels: N labels, at most 120.
        groups: N group names, which decide the colours. None draws all points in one colour.
        losses: Step -> loss, which is shown beside the step.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with step -> points, shape (N, 2), in `.data`; or `ax`, if given.

    Raises:
        ValueError: If shapes, labels and groups do not fit together, or there are no frames.

    Example:
        >>> frames = {0: [[0, 0], [1, 1]], 10: [[2, 0], [0, 1]]}
        >>> draw_embedding_training(frames, "ab")
        Picture: 2 embeddings of 2 numbers from step 0 to step 10.
    """
    to_mapping(frames, "frames", "{0: embeddings, 100: embeddings}")
    names = [visible_token(label, 8) for label in to_tokens(labels, "labels")]
    group_of = [str(group) for group in groups] if groups is not None else [""] * len(names)
    if not frames:
        raise ValueError("There are no frames: give them as {0: embeddings, 100: embeddings}.")
    arrays = {int(s): to_finite_array(a, f"frames[{s}]", axes="N C") for s, a in frames.items()}
    check_frames(arrays, names, group_of)
    n_numbers = next(iter(arrays.values())).shape[1]
    points = project_frames(arrays)
    steps, order = list(points), list(dict.fromkeys(group_of))
    known_losses = {s: float(loss) for s, loss in (losses or {}).items() if s in points}
    extent = max(float(abs(a).max()) for a in points.values()) * 1.08 or 1.0
    parts = (points, names, group_of, order, known_losses, extent, n_numbers, title)
    scene, narrow = build_scene(*parts), build_scene(*parts, narrow=True)
    alt = f"{len(names)} embeddings of {n_numbers} numbers"
    alt += f" from step {steps[0]:,} to step {steps[-1]:,}"
    picture = Picture(points, f"{title}: {alt}." if title else f"{alt}.", scene, narrow=narrow)
    payload = {
        "steps": steps,
        "points": [a.round(DIGITS).tolist() for a in points.values()],
        "losses": [round(known_losses[s], DIGITS) if s in known_losses else None for s in steps],
        "labels": names,
        "groups": [order.index(group) for group in group_of],
        "names": [printable(group) for group in order if group],
        "extent": round(extent, DIGITS),
        "axes": axis_names(n_numbers),
        "title": printable(title),
    }
    picture.html = page(picture, payload)
    return picture.draw_on(ax) if ax is not None else picture


def check_frames(arrays: Mapping[int, Array], names: list[str], group_of: list[str]) -> None:
    """Raise ValueError unless each frame has one row of the same length for each label."""
    shapes = {array.shape for array in arrays.values()}
    rows, columns = next(iter(shapes))
    if len(shapes) > 1 or rows != len(names) or len(group_of) != len(names):
        raise ValueError(
            f"There are {len(names)} labels and {len(group_of)} groups, and frames of the shapes "
            f"{sorted(shapes)}: give one row, one label and one group for each token."
        )
    if columns < 2 or rows > MAX_POINTS or len(arrays) > MAX_FRAMES:
        raise ValueError(
            f"{len(arrays)} frames of {rows} rows of {columns} numbers: at most {MAX_FRAMES} "
            f"frames of {MAX_POINTS} rows can be drawn, and a row needs 2 numbers or more."
        )


def project_frames(arrays: Mapping[int, Array]) -> dict[int, Array]:
    """Points on one plane for all steps; two numbers are the plane."""
    last = list(arrays.values())[-1]
    if last.shape[1] == 2:
        return dict(arrays)
    mean = last.mean(0)
    _, _, directions = np.linalg.svd(last - mean, full_matrices=False)
    plane = np.zeros((2, last.shape[1]))
    plane[: len(directions[:2])] = directions[:2]
    for direction in plane:  # the sign is arbitrary; it is fixed by the farthest point
        along = (last - mean) @ direction
        if along[abs(along).argmax()] < 0:
            direction *= -1
    return {step: (array - mean) @ plane.T for step, array in arrays.items()}


def axis_names(n_numbers: int) -> tuple[str, str]:
    """What the horizontal and the vertical axis are."""
    if n_numbers == 2:
        return "first number of the embedding", "second number"
    return f"first principal component of {n_numbers} numbers", "second"


def build_scene(
    points: Mapping[int, Array],
    names: list[str],
    group_of: list[str],
    order: list[str],
    losses: Mapping[int, float],
    extent: float,
    n_numbers: int,
    title: str,
    narrow: bool = False,
) -> Scene:
    """The first and the last step on the same axes: beside each other, or, narrow, stacked."""
    shown = list(dict.fromkeys([next(iter(points)), list(points)[-1]]))
    side = NARROW - 2 * LEFT if narrow else float(SIDE)
    width = NARROW if narrow else 2 * LEFT + SIDE * len(shown) + GAP * (len(shown) - 1)
    scene = heading_scene(title, width, 33)
    x, y = float(LEFT), scene.height + 10 if narrow else 43.0
    for k, group in enumerate(order if order != [""] else []):
        if narrow and x > LEFT and x + 15 + 7.2 * len(group) > NARROW - LEFT:
            x, y = float(LEFT), y + 18
        colour = CATEGORIES[k % len(CATEGORIES)]
        scene.add(Circle(x + 5, y, 5, colour), Text(x + 15, y + 4, group))
        x += 34 + 7.2 * len(group)
    across, up = axis_names(n_numbers)
    caption = f"across: {across}; up: {up}"
    top = y + TOP - 43.0
    scene.height = top + side + 30
    for k, step in enumerate(shown):
        left = LEFT if narrow else LEFT + k * (side + GAP)
        loss = f", loss {losses[step]:.2f}" if step in losses else ""
        scene.add(Text(left, top - 7, f"step {step:,}{loss}", 12.5, weight="600"))
        scene.add(Rect(left, top, side, side, WHITE, LINE))
        middle_x, middle_y, scale = left + side / 2, top + side / 2, side / 2 / extent
        scene.add(Line(((left, middle_y), (left + side, middle_y)), LINE))
        scene.add(Line(((middle_x, top), (middle_x, top + side)), LINE))
        pixels = np.array([middle_x, middle_y]) + points[step] * (scale, -scale)
        for place, label, name, group in zip(pixels, away_from_others(pixels), names, group_of):
            colour = CATEGORIES[order.index(group) % len(CATEGORIES)]
            scene.add(Circle(float(place[0]), float(place[1]), 4, colour))
            text_x, text_y = float(label[0]), float(label[1]) + 4
            scene.add(Text(text_x, text_y, name, 13, INK, "middle", mono=True))
        below = Text(left + side / 2, top + side + 18, caption, 11.5, MUTED, "middle")
        lines = wrapped(below, side) if narrow else [below]
        scene.add(*lines)
        scene.height = lines[-1].y + 12
        top += (side + 58 + lines[-1].y - below.y) if narrow else 0
    return scene


def away_from_others(pixels: Array) -> Array:
    """A place for the label of each point, 11 pixels from it, away from the points around it."""
    apart = pixels[:, None] - pixels  # (N, N, 2)
    squared = (apart**2).sum(-1, keepdims=True) + 1
    force = (apart / squared**1.5).sum(1)
    force[:, 0] += 2e-4  # to the right where nothing is near
    length = np.linalg.norm(force, axis=1, keepdims=True)
    places: Array = pixels + 11 * force / np.maximum(length, 1e-12)
    return places


def page(picture: Picture, payload: dict[str, Any]) -> str:
    """The still in a block that carries the payload, and the script."""
    still = picture_tag(picture, picture.alt)
    text = escape(json.dumps(payload, ensure_ascii=False, separators=(",", ":")))
    return (
        f'<div class="viz-embedding-training" data-film="{text}">{still}</div>'
        f"<script>{script()}</script>"
    )


@cache
def script() -> str:
    """The script with its style sheet and colours."""
    file = Path(__file__)
    return page_script(
        THEME, file.with_suffix(".js"), style=file.with_suffix(".css"), COLOURS=CATEGORIES
    )
