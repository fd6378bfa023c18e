"""The shapes of a `Scene` on Axes of matplotlib, for your own figures and for PNG files."""

from io import BytesIO
from typing import Any

from matplotlib import patches
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.path import Path

from viz.canvas.palette import PAPER
from viz.canvas.scene import Circle, Image, Line, Rect, Scene, Shape, bezier_points

DPI = 144
MONO = ["monospace", "sans-serif"]  # the second one for letters that the first lacks
POINTS_PER_PIXEL = 0.75  # at the size at which the scene was laid out


def draw_scene_on(scene: Scene, ax: Axes) -> Axes:
    """Fill the Axes with the scene; one data unit is one pixel of it, y goes down.

    Args:
        scene: What is drawn.
        ax: Where it is drawn.

    Returns:
        The Axes.
    """
    ax.set(xlim=(0, scene.width), ylim=(scene.height, 0), aspect="equal")
    ax.axis("off")
    figure = ax.get_figure(root=True)
    assert figure is not None, "Axes belong to a figure"
    inches = ax.get_position().width * figure.get_size_inches()[0]
    scale = inches * 72 / (scene.width * POINTS_PER_PIXEL)  # 1 at the scene's own size
    for depth, shape in enumerate(scene.shapes):
        draw_shape(shape, ax, scale * POINTS_PER_PIXEL, zorder=2 + depth / 1e4)
    return ax


def draw_shape(shape: Shape, ax: Axes, points: float, zorder: float) -> None:
    """Draw one shape; a pixel of the scene is `points` points."""
    if isinstance(shape, (Rect, Circle)):
        style: dict[str, Any] = {
            "facecolor": shape.fill,
            "edgecolor": shape.stroke,
            "linewidth": shape.stroke_width * points,
            "zorder": zorder,
        }
    if isinstance(shape, Rect):
        corner, width, height = (shape.x, shape.y), shape.width, shape.height
        if not shape.radius:
            ax.add_patch(patches.Rectangle(corner, width, height, **style))
            return
        box = f"round,pad=0,rounding_size={min(shape.radius, width / 2, height / 2)}"
        ax.add_patch(patches.FancyBboxPatch(corner, width, height, boxstyle=box, **style))
    elif isinstance(shape, Circle):
        ax.add_patch(patches.Circle((shape.x, shape.y), shape.radius, **style))
    elif isinstance(shape, Line):
        ax.add_patch(
            patches.PathPatch(
                to_path(shape),
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
        extent = (shape.x, shape.x + shape.width, shape.y + shape.height, shape.y)
        ax.imshow(imread(BytesIO(shape.png)), extent=extent, zorder=zorder)
    else:
        ax.text(
            shape.x,
            shape.y,
            shape.text.replace("$", r"\$"),
            fontsize=shape.size * points,
            color=shape.fill,
            ha={"start": "left", "middle": "center", "end": "right"}[shape.anchor],
            va="baseline",
            rotation=90 if shape.upright else 0,
            rotation_mode="anchor",
            weight="bold" if shape.weight in ("600", "700") else "normal",
            family=MONO if shape.mono else "sans-serif",
            zorder=zorder,
        )


def to_path(line: Line) -> Path:
    """The line as a path of matplotlib."""
    if line.curved:
        controls = bezier_points(line.points)
        return Path(controls, [Path.MOVETO, *[Path.CURVE4] * (len(controls) - 1)])
    return Path(line.points)


def to_png(scene: Scene) -> bytes:
    """The scene at its own size as PNG, with 1.5 pixels for one of the scene."""
    figure = Figure(figsize=(scene.width / 96, scene.height / 96), dpi=DPI, facecolor=PAPER)
    draw_scene_on(scene, figure.add_axes((0, 0, 1, 1)))
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
