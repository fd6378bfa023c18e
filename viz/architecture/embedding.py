"""Vectors of many numbers as points on a plane: the first two principal components.

Points that are near each other on the plane may be far apart in the other directions, so the
picture says how much of the variance the plane shows. It uses neither t-SNE nor UMAP, which show
groups even in noise.
Source: Pearson 1901, "On lines and planes of closest fit to systems of points in space".
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viz.canvas.arrays import to_tokens
from viz.canvas.labels import title_width, visible_token
from viz.canvas.pages import NARROW, phone_title_scene, words_scene
from viz.canvas.palette import CATEGORIES, FAINT, INK, MUTED, WHITE
from viz.canvas.picture import PLOTLY_MIME, Picture, round_digits
from viz.canvas.scene import Circle, Line, Rect, Scene, Text, vstack
from viz.canvas.tensors import to_finite_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_POINTS, MAX_LABELS = 2000, 300
WIDTH, HEIGHT, LEFT, TOP = 760, 440, 16, 58
PHONE_HEIGHT = 400
NEAR = "near here may be far apart in the directions that are not shown"
Array = NDArray[np.float64]
Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


def draw_embedding(
    vectors: ArrayLike,
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    title: str = "",
    hover: bool = False,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw each vector as a labelled point on the plane of the first two principal components.

    Args:
        vectors: Rows of finite numbers, shape (N, C).
        labels: N labels. At most 300 are drawn, each where there is room.
        groups: N group names, which decide the colours. None draws all points in one colour.
        title: Title of the picture.
        hover: Add a plotly figure that shows labels on hover and can be enlarged. Where plotly is
            not available the still picture is shown.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the points and the explained variance in `.data`; or `ax`, if given.

    Raises:
        ValueError: If `vectors`, `labels` and `groups` differ in length, or a number is not finite.

    Example:
        >>> draw_embedding([[0, 0, 1], [1, 0, 0], [0, 2, 0]], "abc")
        Picture: 3 vectors of 3 numbers on a plane that shows 100% of their spread.

    Source: Pearson 1901, "On lines and planes of closest fit to systems of points in space".
    """
    array = to_finite_array(vectors, "vectors", axes="N C")
    names = to_tokens(labels, "labels")
    group_of = [str(group) for group in groups] if groups is not None else [""] * len(names)
    if not len(array) == len(names) == len(group_of):
        raise ValueError(
            f"{len(array)} vectors, {len(names)} labels and {len(group_of)} groups: give one of "
            f"each for every vector."
        )
    points, explained = project(array)
    stride = -(-len(array) // MAX_POINTS)
    order = list(dict.fromkeys(group_of))
    sampled = (points[::stride], names[::stride], group_of[::stride])
    scene = build_scene(*sampled, order, explained, title, stride)
    narrow = phone_scene(*sampled, order, explained, title, stride)
    data = {"points": points, "labels": names, "explained_variance_ratio": explained}
    summary = f"{len(names):,} vectors of {array.shape[1]} numbers"
    summary += f" on a plane that shows {sum(explained):.0%} of their spread"
    summary += f"; one in {stride} is drawn" if stride > 1 else ""
    picture = Picture(
        data, f"{title}: {summary}." if title else f"{summary}.", scene, narrow=narrow
    )
    if hover:
        picture.extra_mime = {
            PLOTLY_MIME: plotly_figure(*sampled, order, axis_labels(explained), title)
        }
    return picture.draw_on(ax) if ax is not None else picture


def project(vectors: Array) -> tuple[Array, tuple[float, float]]:
    """Coordinates (N, 2) on two principal components, and the variance that each explains."""
    centered = vectors - vectors.mean(0)
    _, singular_values, directions = np.linalg.svd(centered, full_matrices=False)
    points = np.zeros((len(vectors), 2))
    n_components = min(2, len(singular_values))
    points[:, :n_components] = centered @ directions[:n_components].T
    # The sign of a component is arbitrary; it is fixed by the farthest point, on all machines.
    for k in range(n_components):
        if points[abs(points[:, k]).argmax(), k] < 0:
            points[:, k] *= -1
    variance = singular_values**2 / ((singular_values**2).sum() or 1)
    first, second = (*variance[:2], 0.0)[:2]
    return points, (float(first), float(second))


def build_scene(
    points: Array,
    names: list[str],
    group_of: list[str],
    order: list[str],
    explained: tuple[float, float],
    title: str,
    stride: int,
) -> Scene:
    scene = Scene(max(WIDTH + 2 * LEFT, title_width(title)), TOP + HEIGHT + 46)
    scene.add(Text(16, 25, title, 15, weight="600"))
    x = 16.0
    for group in order if order != [""] else []:
        scene.add(Circle(x + 5, 41, 5, colour_of(group, order)), Text(x + 15, 45, group, 12))
        x += 34 + 7.2 * len(group)
    add_plane(scene, points, names, [colour_of(group, order) for group in group_of], TOP)
    caption = caption_of(explained, stride)
    scene.add(Text(LEFT + WIDTH / 2, TOP + HEIGHT + 20, caption, 12, MUTED, "middle"))
    scene.add(Text(LEFT + WIDTH / 2, TOP + HEIGHT + 36, NEAR, 11, MUTED, "middle"))
    return scene


def phone_scene(
    points: Array,
    names: list[str],
    group_of: list[str],
    order: list[str],
    explained: tuple[float, float],
    title: str,
    stride: int,
) -> Scene:
    """A smaller plane; groups and captions in several lines."""
    scene, x = phone_title_scene(title), 16.0
    for group in order if order != [""] else []:
        if x > 16 and x + 20 + 7.2 * len(group) > NARROW:
            x, scene.height = 16.0, scene.height + 20
        y = scene.height + 6
        scene.add(Circle(x + 5, y, 5, colour_of(group, order)), Text(x + 15, y + 4, group, 12))
        x += 34 + 7.2 * len(group)
    scene.height += 20 if order != [""] else 0
    colours = [colour_of(group, order) for group in group_of]
    size = (NARROW - 2 * LEFT, PHONE_HEIGHT)
    add_plane(scene, points, names, colours, scene.height, *size)
    scene.height += PHONE_HEIGHT + 4
    words = words_scene(caption_of(explained, stride), NARROW)
    return vstack(scene, words, words_scene(NEAR, NARROW))


def add_plane(
    scene: Scene,
    points: Array,
    names: list[str],
    colours: list[str],
    top: float,
    width: float = WIDTH,
    height: float = HEIGHT,
) -> None:
    """The points with their names, in a frame with its upper side at `top`."""
    scene.add(Rect(LEFT, top, width, height, WHITE, FAINT))
    to_pixels = pixel_transform(points, top, width, height)
    origin = to_pixels(np.zeros(2))
    scene.add(Line(((LEFT, origin[1]), (LEFT + width, origin[1])), FAINT))
    scene.add(Line(((origin[0], top), (origin[0], top + height)), FAINT))
    pixels = [to_pixels(point) for point in points]
    scene.add(*(Circle(x, y, 3.4, colour) for (x, y), colour in zip(pixels, colours)))
    scene.add(*place_labels(pixels, [visible_token(name, 14) for name in names]))


def caption_of(explained: tuple[float, float], stride: int) -> str:
    """What the plane shows of the spread."""
    caption = " · ".join(axis_labels(explained))
    return caption + (f" · one point in {stride} is drawn" if stride > 1 else "")


def place_labels(pixels: list[Point], names: list[str]) -> list[Text]:
    """Each name on the first side of its point where there is room, or nowhere."""
    occupied = [(x - 4, y - 4, x + 4, y + 4) for x, y in pixels[:MAX_LABELS]]
    drawn = []
    for (x, y), name in zip(pixels[:MAX_LABELS], names):
        width = 7.4 * len(name)
        sides = (
            (x + 6, y + 4),
            (x - 6 - width, y + 4),
            (x - width / 2, y - 7),
            (x - width / 2, y + 16),
        )
        for left, baseline in sides:
            rectangle = (left, baseline - 9, left + width, baseline + 2)
            if not any(overlap(rectangle, b) for b in occupied):
                occupied.append(rectangle)
                drawn.append(Text(left, baseline, name, 12, INK, mono=True))
                break
    return drawn


def overlap(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def pixel_transform(
    points: Array, top: float = TOP, width: float = WIDTH, height: float = HEIGHT
) -> Callable[[Array], Point]:
    """The function from coordinates on the plane to pixels, with the same scale for both axes."""
    lowest, highest = points.min(0), points.max(0)
    scale = min(
        (width - 120) / max(highest[0] - lowest[0], 1e-9),
        (height - 40) / max(highest[1] - lowest[1], 1e-9),
    )
    center = (lowest + highest) / 2
    return lambda point: (
        float(LEFT + width / 2 - 30 + scale * (point[0] - center[0])),
        float(top + height / 2 - scale * (point[1] - center[1])),
    )


def colour_of(group: str, order: list[str]) -> str:
    return CATEGORIES[order.index(group) % len(CATEGORIES)]


def axis_labels(explained: tuple[float, float]) -> tuple[str, str]:
    return f"across: {explained[0]:.0%} of the spread", f"up: {explained[1]:.0%}"


def plotly_figure(
    points: Array,
    names: list[str],
    group_of: list[str],
    order: list[str],
    axes: tuple[str, str],
    title: str,
) -> dict[str, Any]:
    """The same picture as plotly's JSON. Numbers are rounded to three digits."""
    from plotly.graph_objects import Figure, Scatter  # noqa: PLC0415 - loads slowly

    figure = Figure(layout={"template": "none", "width": WIDTH, "height": HEIGHT + 60})
    for group in order:
        members = [k for k, b in enumerate(group_of) if b == group]
        texts = [visible_token(names[k]) for k in members]
        style: dict[str, Any] = {
            "mode": "markers+text",
            "textposition": "middle right",
            "name": group,
        }
        figure.add_trace(
            Scatter(
                x=round_digits([float(points[k][0]) for k in members]),
                y=round_digits([float(points[k][1]) for k in members]),
                text=[escape(text) for text in texts],
                marker={"color": colour_of(group, order), "size": 7},
                **style,
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
    figure_json: dict[str, Any] = figure.to_plotly_json()
    return figure_json
