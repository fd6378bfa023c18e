"""Vectors of many numbers as points on a plane, seen from where they lie widest apart.

The two directions are the first two principal components. Two points that are near here may be far
apart in all the other directions; how much of the spread the plane shows is said. Left out on
purpose: t-SNE and UMAP, which show groups also where there are none.
Source: Pearson 1901, "On lines and planes of closest fit to systems of points in space".
"""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from viz.canvas.labels import visible_token
from viz.canvas.palette import CATEGORIES, FAINT, INK, MUTED, WHITE
from viz.canvas.picture import Picture
from viz.canvas.plotly import PLOTLY_MIME, round_digits
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.tensors import to_finite_array

MOST_POINTS, MOST_LABELS = 2000, 300
WIDE, TALL, LEFT, TOP = 760, 440, 16, 58
Place = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


def draw_embedding(
    vectors,
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    title: str = "",
    hover: bool = False,
    ax=None,
) -> Picture:
    """Each vector as a point with its label, coloured by its group if there are groups.

    With `hover` the points can be pointed at and enlarged where plotly is known; the still is the
    same picture everywhere else.
    Shapes:  vectors (N, C), labels and groups: N of them.
    Raises:  ValueError if there are not as many labels as vectors, or a number is none.
    Example: draw_embedding([[0, 0, 1], [1, 0, 0], [0, 2, 0]], "abc")
    """
    array = to_finite_array(vectors, "vectors", axes="N C")
    names = [str(label) for label in labels]
    kinds = [str(group) for group in groups] if groups is not None else [""] * len(names)
    if not len(array) == len(names) == len(kinds):
        raise ValueError(
            f"{len(array)} vectors, {len(names)} labels and {len(kinds)} groups: give one of each "
            f"for every vector."
        )
    points, shown = project(array)
    every = -(-len(array) // MOST_POINTS)
    order = list(dict.fromkeys(kinds))
    scene = draw(points[::every], names[::every], kinds[::every], order, shown, title, every)
    data = {"points": points, "labels": names, "shown": shown}
    told = f"{len(names):,} vectors of {array.shape[1]} numbers"
    told += f" on a plane that shows {sum(shown):.0%} of their spread"
    told += f"; one in {every} is drawn" if every > 1 else ""
    picture = Picture(data, f"{title}: {told}." if title else f"{told}.", scene)
    if hover:
        some = (points[::every], names[::every], kinds[::every])
        picture.more = {PLOTLY_MIME: figure_of(*some, order, axes_of(shown), title)}
    return picture.draw_on(ax) if ax is not None else picture


def project(vectors: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Places on the plane, and the share of the spread along each of its two directions.

    Shapes: (N, C) -> (N, 2).
    """
    centred = vectors - vectors.mean(0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(vectors), 2))
    known = min(2, len(sizes))
    points[:, :known] = centred @ directions[:known].T
    # A direction may point either way; the farthest point decides, so that all machines agree.
    for k in range(known):
        if points[abs(points[:, k]).argmax(), k] < 0:
            points[:, k] *= -1
    spread = sizes**2 / ((sizes**2).sum() or 1)
    first, second = (*spread[:2], 0.0)[:2]
    return points, (float(first), float(second))


def draw(points, names, kinds, order: list[str], shown, title: str, every: int) -> Scene:
    scene = Scene(max(WIDE + 2 * LEFT, 9.2 * len(title) + 32), TOP + TALL + 46)
    scene.add(Text(16, 25, title, 15, weight="600"))
    x = 16.0
    for kind in order if order != [""] else []:
        scene.add(Circle(x + 5, 41, 5, colour_of(kind, order)), Text(x + 15, 45, kind, 12))
        x += 34 + 7.2 * len(kind)
    scene.add(Rect(LEFT, TOP, WIDE, TALL, WHITE, FAINT))
    place = placing(points)
    centre = place(np.zeros(2))
    scene.add(Line(((LEFT, centre[1]), (LEFT + WIDE, centre[1])), FAINT))
    scene.add(Line(((centre[0], TOP), (centre[0], TOP + TALL)), FAINT))
    places = [place(point) for point in points]
    for (x, y), kind in zip(places, kinds):
        scene.add(Circle(x, y, 3.4, colour_of(kind, order)))
    scene.add(*words_beside(places, [visible_token(name, 14) for name in names]))
    words = " · ".join(axes_of(shown))
    words += f" · one point in {every} is drawn" if every > 1 else ""
    scene.add(Text(LEFT + WIDE / 2, TOP + TALL + 20, words, 12, MUTED, "middle"))
    words = "near here may be far apart in the directions that are not shown"
    scene.add(Text(LEFT + WIDE / 2, TOP + TALL + 36, words, 11, MUTED, "middle"))
    return scene


def words_beside(places: list[Place], names: list[str]) -> list[Text]:
    """A name beside each point, on the first side where nothing else stands, or nowhere."""
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in places[:MOST_LABELS]]
    words = []
    for (x, y), name in zip(places[:MOST_LABELS], names):
        wide = 7.4 * len(name)
        sides = (
            (x + 6, y + 4),
            (x - 6 - wide, y + 4),
            (x - wide / 2, y - 7),
            (x - wide / 2, y + 16),
        )
        for left, base in sides:
            box = (left, base - 9, left + wide, base + 2)
            if not any(overlap(box, other) for other in taken):
                taken.append(box)
                words.append(Text(left, base, name, 12, INK, mono=True))
                break
    return words


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def placing(points: np.ndarray):
    """From places on the plane to pixels; one scale for both directions."""
    low, high = points.min(0), points.max(0)
    scale = min(
        (WIDE - 120) / max(high[0] - low[0], 1e-9), (TALL - 40) / max(high[1] - low[1], 1e-9)
    )
    middle = (low + high) / 2
    return lambda point: (
        float(LEFT + WIDE / 2 - 30 + scale * (point[0] - middle[0])),
        float(TOP + TALL / 2 - scale * (point[1] - middle[1])),
    )


def colour_of(kind: str, order: list[str]) -> str:
    return CATEGORIES[order.index(kind) % len(CATEGORIES)]


def axes_of(shown: tuple[float, float]) -> tuple[str, str]:
    return f"across: {shown[0]:.0%} of the spread", f"up: {shown[1]:.0%}"


def figure_of(points, names, kinds, order: list[str], axes: tuple[str, str], title: str) -> dict:
    """The same in plotly's JSON: to point at and to enlarge. Numbers have three digits."""
    from plotly.graph_objects import Figure, Scatter  # noqa: PLC0415 - loads slowly

    figure = Figure(layout={"template": "none", "width": WIDE, "height": TALL + 60})
    for kind in order:
        mine = [k for k, other in enumerate(kinds) if other == kind]
        words = [visible_token(names[k]) for k in mine]
        look: dict[str, Any] = {
            "mode": "markers+text",
            "textposition": "middle right",
            "name": kind,
        }
        figure.add_trace(
            Scatter(
                x=round_digits([float(points[k][0]) for k in mine]),
                y=round_digits([float(points[k][1]) for k in mine]),
                text=[escape(word) for word in words],
                marker={"color": colour_of(kind, order), "size": 7},
                **look,
            )
        )
    figure.update_layout(
        showlegend=order != [""],
        title={"text": f"<b>{escape(title)}</b>", "x": 0.02, "font": {"size": 15}},
        xaxis={"title": {"text": axes[0]}},
        yaxis={"title": {"text": axes[1]}, "scaleanchor": "x"},
        margin={"l": 60, "r": 20, "t": 44, "b": 50},
        hovermode="closest",
    )
    return figure.to_plotly_json()
