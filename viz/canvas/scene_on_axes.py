"""The shapes of a `Scene` on matplotlib's Axes, for a figure of your own and for PNG files."""

from io import BytesIO
from typing import Any

from matplotlib import patches
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.path import Path

from viz.canvas.palette import PAPER
from viz.canvas.scene import Circle, Image, Line, Rect, Scene, bezier_points

DPI = 144
MONO = ["monospace", "sans-serif"]  # the second one for letters that the first lacks
POINTS_PER_PIXEL = 0.75  # at the size at which the sheet was laid out


def draw_scene_on(scene: Scene, ax):
    """Fill the Axes with the sheet. Units: one data unit is one pixel of the sheet, y downwards."""
    ax.set(xlim=(0, scene.width), ylim=(scene.height, 0), aspect="equal")
    ax.axis("off")
    figure = ax.get_figure(root=True)
    inches = ax.get_position().width * figure.get_size_inches()[0]
    scale = inches * 72 / (scene.width * POINTS_PER_PIXEL)  # 1 when the sheet has its own size
    for depth, shape in enumerate(scene.shapes):
        draw_shape(shape, ax, scale * POINTS_PER_PIXEL, zorder=2 + depth / 1e4)
    return ax


def draw_shape(shape, ax, points: float, zorder: float) -> None:
    """`points`: how many points a pixel of the sheet takes."""
    if isinstance(shape, Rect):
        look: dict[str, Any] = {
            "facecolor": shape.fill,
            "edgecolor": shape.stroke,
            "linewidth": shape.stroke_width * points,
            "zorder": zorder,
        }
        if not shape.radius:
            ax.add_patch(patches.Rectangle((shape.x, shape.y), shape.width, shape.height, **look))
            return
        r = min(shape.radius, shape.width / 2, shape.height / 2)
        style = f"round,pad=0,rounding_size={r}"
        ax.add_patch(
            patches.FancyBboxPatch(
                (shape.x, shape.y), shape.width, shape.height, boxstyle=style, **look
            )
        )
    elif isinstance(shape, Circle):
        ax.add_patch(
            patches.Circle(
                (shape.x, shape.y),
                shape.radius,
                facecolor=shape.fill,
                edgecolor=shape.stroke,
                linewidth=shape.stroke_width * points,
                zorder=zorder,
            )
        )
    elif isinstance(shape, Line):
        ax.add_patch(
            patches.PathPatch(
                path_patch(shape),
                facecolor="none",
                edgecolor=shape.stroke,
                linewidth=shape.width * points,
                linestyle="--" if shape.dash else "-",
                alpha=shape.opacity,
                capstyle="round",
                zorder=zorder,
            )
        )
    elif isinstance(shape, Image):
        edges = (shape.x, shape.x + shape.width, shape.y + shape.height, shape.y)
        ax.imshow(imread(BytesIO(shape.png)), extent=edges, zorder=zorder)
    else:
        ax.text(
            shape.x,
            shape.y,
            shape.text.replace("$", r"\$"),
            fontsize=shape.size * points,
            color=shape.fill,
            ha={"start": "left", "middle": "center", "end": "right"}[shape.anchor],
            va="baseline",
            weight="bold" if shape.weight in ("600", "700") else "normal",
            family=MONO if shape.mono else "sans-serif",
            zorder=zorder,
        )


def path_patch(line: Line) -> Path:
    if line.curved:
        controls = bezier_points(line.points)
        return Path(controls, [Path.MOVETO] + (len(controls) - 1) * [Path.CURVE4])
    return Path(line.points)


def to_png(scene: Scene) -> bytes:
    """The sheet at its own size, twice as fine for sharp screens."""
    figure = Figure(figsize=(scene.width / 96, scene.height / 96), dpi=DPI, facecolor=PAPER)
    draw_scene_on(scene, figure.add_axes((0, 0, 1, 1)))
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
