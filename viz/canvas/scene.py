"""A drawing as a list of shapes, written as SVG by the standard library, or drawn by matplotlib.

Rectangles, circles, lines and text are enough for graphs, bars and curves; an image is for what has
a hundred thousand squares. Lengths are in pixels, y goes down. Since shapes are data, one drawing
serves a browser without matplotlib, a figure in a paper, and a test.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape

from viz.canvas.bitmap import png_size
from viz.canvas.labels import printable
from viz.canvas.palette import INK, LINE, MONO, PAPER, SANS

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    """A rectangle; (x, y) is its upper left corner, `radius` rounds the corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str = PAPER
    stroke: str = "none"
    stroke_width: float = 1
    radius: float = 0


@dataclass(frozen=True)
class Circle:
    """A circle; (x, y) is its centre."""

    x: float
    y: float
    radius: float
    fill: str = PAPER
    stroke: str = "none"
    stroke_width: float = 1


@dataclass(frozen=True)
class Line:
    """A line through all points; with `curved` a smooth one that starts and ends horizontally."""

    points: tuple[Point, ...]
    stroke: str = LINE
    width: float = 1
    curved: bool = False
    dash: str = ""
    opacity: float = 1


@dataclass(frozen=True)
class Text:
    """One line of text; (x, y) is on its baseline, at the side that `anchor` names.

    With `upright` it is turned around that point, to read from bottom to top.
    """

    x: float
    y: float
    text: str
    size: float = 12
    fill: str = INK
    anchor: str = "start"  # or "middle", "end"
    weight: str = "normal"
    mono: bool = False
    upright: bool = False


@dataclass(frozen=True)
class Image:
    """A PNG, stretched to this size; an enlarged one keeps sharp pixels."""

    x: float
    y: float
    width: float
    height: float
    png: bytes


# What holds in SVG without the attribute; the root of a scene has the fonts.
DEFAULTS = {
    "rx": "0",
    "stroke": "none",
    "stroke_width": "1",
    "font_family": SANS,
    "font_weight": "normal",
    "text_anchor": "start",
}

Shape = Rect | Circle | Line | Text | Image


@dataclass
class Scene:
    """Shapes on a sheet; later ones are on top of earlier ones.

    Attributes:
        width: In pixels.
        height: In pixels.
        shapes: What is drawn.
    """

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Draw shapes on top of the others."""
        self.shapes += shapes

    def to_svg(self, alt: str) -> str:
        """Write one SVG document with an opaque background.

        Args:
            alt: What a screen reader reads out.

        Returns:
            The document.
        """
        width, height = format_coordinate(self.width), format_coordinate(self.height)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(printable(alt))}" '
            f'font-family="{SANS}">'
            f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>'
        )
        return head + "".join(map(shape_to_svg, self.shapes)) + "</svg>"


def translate(shape: Shape, dx: float = 0, dy: float = 0) -> Shape:
    """The same shape, `dx` pixels further to the right and `dy` further down."""
    if isinstance(shape, Line):
        return replace(shape, points=tuple((x + dx, y + dy) for x, y in shape.points))
    return replace(shape, x=shape.x + dx, y=shape.y + dy)


def hstack(*scenes: Scene, gap: float = 0) -> Scene:
    """Put scenes next to each other, from left to right.

    Args:
        *scenes: The scenes; they are not changed.
        gap: Pixels between them.

    Returns:
        One scene with all shapes.
    """
    stacked = Scene(-gap, 0)
    for scene in scenes:
        x = stacked.width + gap
        stacked.add(*(translate(shape, dx=x) for shape in scene.shapes))
        stacked.width, stacked.height = x + scene.width, max(stacked.height, scene.height)
    return stacked


def vstack(*scenes: Scene, gap: float = 0) -> Scene:
    """Put scenes below each other, from top to bottom.

    Args:
        *scenes: The scenes; they are not changed.
        gap: Pixels between them.

    Returns:
        One scene with all shapes.
    """
    stacked = Scene(0, -gap)
    for scene in scenes:
        y = stacked.height + gap
        stacked.add(*(translate(shape, dy=y) for shape in scene.shapes))
        stacked.width, stacked.height = max(stacked.width, scene.width), y + scene.height
    return stacked


def format_coordinate(x: float) -> str:
    """12.0 -> 12, 1/3 -> 0.3: short, and the same on every machine."""
    return f"{round(x, 1):g}"


def bezier_points(points: Sequence[Point]) -> list[Point]:
    """The control points of a smooth curve (cubic Bezier) through all points.

    Args:
        points: At least two.

    Returns:
        The first point, then three for each piece of the curve.
    """
    inner = [(y2 - y0) / ((x2 - x0) or 1) for (x0, y0), (x2, y2) in zip(points, points[2:])]
    gradients = [0.0, *inner, 0.0]
    controls = [points[0]]
    for (x0, y0), (x1, y1), slope0, slope1 in zip(points, points[1:], gradients, gradients[1:]):
        dx = (x1 - x0) * 0.4
        controls += [(x0 + dx, y0 + dx * slope0), (x1 - dx, y1 - dx * slope1), (x1, y1)]
    return controls


def path_data(line: Line) -> str:
    """The `d` of an SVG path."""
    points = bezier_points(line.points) if line.curved else line.points
    pairs = [f"{format_coordinate(x)} {format_coordinate(y)}" for x, y in points]
    if line.curved:
        return f"M{pairs[0]}C{' '.join(pairs[1:])}"
    return "M" + "L".join(pairs)


def attributes(**values: float | str) -> str:
    """SVG attributes: `stroke_width=1.0` is written as `stroke-width="1"`.

    Those that only say what holds without them are left out.
    """
    written = {
        name: x if isinstance(x, str) else format_coordinate(x) for name, x in values.items()
    }
    return " ".join(
        f'{name.replace("_", "-")}="{x}"' for name, x in written.items() if DEFAULTS.get(name) != x
    )


def shape_to_svg(shape: Shape) -> str:
    """One shape as an SVG element."""
    if isinstance(shape, Rect):
        geometry = attributes(
            x=shape.x, y=shape.y, width=shape.width, height=shape.height, rx=shape.radius
        )
        style = attributes(fill=shape.fill, stroke=shape.stroke, stroke_width=shape.stroke_width)
        return f"<rect {geometry} {style}/>"
    if isinstance(shape, Circle):
        geometry = attributes(cx=shape.x, cy=shape.y, r=shape.radius)
        style = attributes(fill=shape.fill, stroke=shape.stroke, stroke_width=shape.stroke_width)
        return f"<circle {geometry} {style}/>"
    if isinstance(shape, Line):
        style = attributes(fill="none", stroke=shape.stroke, stroke_width=shape.width)
        style += ' stroke-linecap="round" stroke-linejoin="round"'
        style += f' stroke-dasharray="{shape.dash}"' if shape.dash else ""
        style += f' opacity="{format_coordinate(shape.opacity)}"' if shape.opacity < 1 else ""
        return f'<path d="{path_data(shape)}" {style}/>'
    if isinstance(shape, Image):
        sharp = png_size(shape.png)[0] < shape.width
        pixelated = ' style="image-rendering: pixelated"' if sharp else ""
        geometry = attributes(x=shape.x, y=shape.y, width=shape.width, height=shape.height)
        return (
            f'<image {geometry} preserveAspectRatio="none"{pixelated} '
            f'href="data:image/png;base64,{b64encode(shape.png).decode()}"/>'
        )
    font = attributes(
        x=shape.x, y=shape.y, font_family=MONO if shape.mono else SANS, font_size=shape.size
    )
    style = attributes(font_weight=shape.weight, fill=shape.fill, text_anchor=shape.anchor)
    if shape.upright:
        place = f"{format_coordinate(shape.x)} {format_coordinate(shape.y)}"
        style += f' transform="rotate(-90 {place})"'
    text = printable(shape.text)
    if text != " ".join(text.split()):  # otherwise spaces at an end and beside others are removed
        style += ' xml:space="preserve"'
    return f"<text {font} {style}>{escape(text)}</text>"
