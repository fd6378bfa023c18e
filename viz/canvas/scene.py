"""A drawing as a list of shapes, written out as SVG by the standard library, or drawn on
matplotlib's Axes.

Four shapes are enough for graphs, bars and curves: boxes, discs, lines and words; a fifth, an
image, is for what has a hundred thousand squares. Since the shapes are data, the same drawing
serves a browser without matplotlib, a figure in a paper, and a test. Left out on purpose:
everything that moves. A `Picture` is still; controls draw many.
"""

from base64 import b64encode
from dataclasses import dataclass, field, replace
from html import escape

from viz.canvas.bitmap import size_of
from viz.canvas.labels import printable
from viz.canvas.palette import INK, LINE, MONO, PAPER, SANS


@dataclass(frozen=True)
class Box:
    """Units: pixels, y downwards, (x, y) the upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str = PAPER
    stroke: str = "none"
    stroke_width: float = 1
    radius: float = 0


@dataclass(frozen=True)
class Disc:
    x: float
    y: float
    radius: float
    fill: str = PAPER
    stroke: str = "none"
    stroke_width: float = 1


@dataclass(frozen=True)
class Line:
    """Through all points; with `bend` a smooth curve that leaves and arrives level."""

    points: tuple[tuple[float, float], ...]
    stroke: str = LINE
    width: float = 1
    bend: bool = False
    dash: str = ""
    opacity: float = 1


@dataclass(frozen=True)
class Words:
    x: float
    y: float
    text: str
    size: float = 12
    fill: str = INK
    anchor: str = "start"  # or "middle", "end"
    weight: str = "normal"
    mono: bool = False


@dataclass(frozen=True)
class Image:
    """A PNG, stretched to this size; enlarged ones keep sharp squares."""

    x: float
    y: float
    width: float
    height: float
    png: bytes


Shape = Box | Disc | Line | Words | Image


@dataclass
class Scene:
    """Shapes on a sheet of paper; later ones lie on top."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        self.shapes += shapes

    def to_svg(self, alt: str) -> str:
        """One SVG document with opaque paper; `alt` is read out by a screen reader."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{num(self.width)}" '
            f'height="{num(self.height)}" '
            f'viewBox="0 0 {num(self.width)} {num(self.height)}" role="img" '
            f'aria-label="{escape(printable(alt))}">'
            f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>'
        )
        return head + "".join(map(svg_of, self.shapes)) + "</svg>"


def moved(shape, right: float = 0, down: float = 0):
    """The same shape at another place of the sheet."""
    if isinstance(shape, Line):
        return replace(shape, points=tuple((x + right, y + down) for x, y in shape.points))
    return replace(shape, x=shape.x + right, y=shape.y + down)


def beside(*scenes: Scene, gap: float = 0) -> Scene:
    """One sheet with several next to each other, from left to right."""
    sheet = Scene(-gap, 0)
    for scene in scenes:
        right = sheet.width + gap
        sheet.add(*(moved(shape, right=right) for shape in scene.shapes))
        sheet.width, sheet.height = right + scene.width, max(sheet.height, scene.height)
    return sheet


def below(*scenes: Scene, gap: float = 0) -> Scene:
    """One sheet with several under each other, from top to bottom."""
    sheet = Scene(0, -gap)
    for scene in scenes:
        down = sheet.height + gap
        sheet.add(*(moved(shape, down=down) for shape in scene.shapes))
        sheet.width, sheet.height = max(sheet.width, scene.width), down + scene.height
    return sheet


def num(x: float) -> str:
    """12.0 -> 12, 1/3 -> 0.3: short, and the same on every machine."""
    return f"{round(x, 1):g}"


def curve(points) -> list[tuple[float, float]]:
    """A start, then three control points for each piece of a smooth curve (cubic Bezier) through
    all points.
    """
    inner = [(y2 - y0) / ((x2 - x0) or 1) for (x0, y0), (x2, y2) in zip(points, points[2:])]
    rises = [0.0, *inner, 0.0]
    controls = [points[0]]
    for (x0, y0), (x1, y1), rise0, rise1 in zip(points, points[1:], rises, rises[1:]):
        third = (x1 - x0) * 0.4
        controls += [(x0 + third, y0 + third * rise0), (x1 - third, y1 - third * rise1), (x1, y1)]
    return controls


def path_of(line: Line) -> str:
    """The `d` of an SVG path."""
    if line.bend:
        start, *controls = (f"{num(x)} {num(y)}" for x, y in curve(line.points))
        return f"M{start}C{' '.join(controls)}"
    return "M" + "L".join(f"{num(x)} {num(y)}" for x, y in line.points)


def svg_of(shape: Shape) -> str:
    if isinstance(shape, Box):
        return (
            f'<rect x="{num(shape.x)}" y="{num(shape.y)}" width="{num(shape.width)}" '
            f'height="{num(shape.height)}" '
            f'rx="{num(shape.radius)}" fill="{shape.fill}" stroke="{shape.stroke}" '
            f'stroke-width="{num(shape.stroke_width)}"/>'
        )
    if isinstance(shape, Disc):
        return (
            f'<circle cx="{num(shape.x)}" cy="{num(shape.y)}" r="{num(shape.radius)}" '
            f'fill="{shape.fill}" stroke="{shape.stroke}" '
            f'stroke-width="{num(shape.stroke_width)}"/>'
        )
    if isinstance(shape, Line):
        more = f' stroke-dasharray="{shape.dash}"' if shape.dash else ""
        more += f' opacity="{num(shape.opacity)}"' if shape.opacity < 1 else ""
        return (
            f'<path d="{path_of(shape)}" fill="none" stroke="{shape.stroke}" '
            f'stroke-width="{num(shape.width)}" '
            f'stroke-linecap="round" stroke-linejoin="round"{more}/>'
        )
    if isinstance(shape, Image):
        sharp = ' style="image-rendering: pixelated"' if size_of(shape.png)[0] < shape.width else ""
        return (
            f'<image x="{num(shape.x)}" y="{num(shape.y)}" width="{num(shape.width)}" '
            f'height="{num(shape.height)}" preserveAspectRatio="none"{sharp} '
            f'href="data:image/png;base64,{b64encode(shape.png).decode()}"/>'
        )
    font = MONO if shape.mono else SANS
    return (
        f'<text x="{num(shape.x)}" y="{num(shape.y)}" font-family="{font}" '
        f'font-size="{num(shape.size)}" '
        f'font-weight="{shape.weight}" fill="{shape.fill}" text-anchor="{shape.anchor}" '
        f'xml:space="preserve">{escape(printable(shape.text))}</text>'
    )
