"""What every drawing function returns: data, a sentence about it, and a self-contained picture.

The sentence (`alt`) is made from the data; screen readers read it out. The picture is inside the
output and needs no network, no kernel and no installation.
"""

import json
import re
from base64 import b64encode
from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viz.canvas import palette
from viz.canvas.labels import printable
from viz.canvas.palette import PAPER
from viz.canvas.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# On a dark page a picture is inverted, and its hues are turned back; 0.9 keeps it off pure black.
# A front end that removes style sheets (JupyterLab, for a notebook that is not trusted) shows the
# paper. The names are those of JupyterLab and VS Code.
ADAPTS = "viz-adapts"  # class of what is inverted: never one inside another
DARK_STYLE = (
    f'<style>[data-jp-theme-light="false"] .{ADAPTS}, .vscode-dark .{ADAPTS} '
    "{filter: invert(0.9) hue-rotate(180deg)}</style>"
)

# What plotly reads from a notebook.
PLOTLY_MIME = "application/vnd.plotly.v1+json"
NO_TEMPLATE = {"data": {"scatter": [{"type": "scatter"}]}}  # plotly calls this template "none"

DIAL = "application/vnd.viz.dial+json"  # MIME type of what a page needs to turn the knobs
PHONE = 520  # pixels; a page that is at most so wide shows the narrow form of a picture

# Below the still of a picture with a script, which hides it.
SCRIPT_NOTE = (
    "<p>A still picture: trust the notebook or run its cell, and it answers to mouse and keys.</p>"
)
THEME = Path(__file__).with_name("theme.js")  # followTheme(figure, changed), for `page_script`


class Picture:
    """A still picture, made of shapes or of HTML.

    Attributes:
        data: What was drawn.
        alt: One sentence about it.
        scene: The shapes, if it is made of shapes.

    Example:
        >>> draw_probabilities([0.25, 0.75], ["heads", "tails"]).save("coin.svg").name
        'coin.svg'
    """

    def __init__(
        self,
        data: Any,
        alt: str,
        scene: Scene | None = None,
        *,
        html: str | None = None,
        narrow: Scene | None = None,
        extra_mime: dict[str, Any] | None = None,
    ):
        """Make a picture of `scene`, of `html`, or of both.

        Args:
            data: What was drawn.
            alt: One sentence about it.
            scene: The picture as shapes.
            html: The picture as a piece of HTML; with `scene` it is what a notebook shows.
            narrow: The same for a phone, at most 360 pixels wide; unused if `scene` fits, too.
            extra_mime: MIME type -> content, for front ends that can show more.
        """
        self.data, self.alt = data, printable(alt)
        self.extra_mime = extra_mime or {}
        fits = scene is not None and narrow is not None and scene.width <= narrow.width
        self.scene, self.narrow, self.html = scene, None if fits else narrow, html

    def to_svg(self) -> str:
        """Write the picture as SVG.

        Returns:
            One SVG document.

        Raises:
            ValueError: If it is made of HTML.
        """
        if self.scene is None:
            raise ValueError(f"{self!r} is a page, so it cannot be SVG. Save it as .html.")
        return self.scene.to_svg(self.alt)

    def draw_on(self, ax: "Axes") -> Any:
        """Draw the shapes on Axes of matplotlib, for your own figure.

        Args:
            ax: Where it is drawn.

        Returns:
            The Axes. Its type is Any, so that `draw_...` can return it in place of a picture.
        """
        from viz.canvas.scene_on_axes import draw_scene_on  # noqa: PLC0415 - loads matplotlib

        assert self.scene is not None, "only pictures made of shapes are drawn on Axes"
        return draw_scene_on(self.scene, ax)

    def to_png(self) -> bytes:
        """Write the picture as PNG, which needs matplotlib.

        Returns:
            The PNG file.

        Raises:
            ValueError: If it is made of HTML.
        """
        if self.scene is None:
            raise ValueError(f"{self!r} is a page, so it cannot be PNG. Save it as .html.")
        from viz.canvas.scene_on_axes import to_png  # noqa: PLC0415 - loads matplotlib

        return to_png(self.scene)

    def to_html(self) -> str:
        """A self-contained piece of HTML, for a page, a mail or an output."""
        if self.html is not None:
            return self.html
        return picture_tag(self, self.alt, ADAPTS) + DARK_STYLE

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file.

        Args:
            path: A name that ends in .svg, .png or .html.

        Returns:
            The path.

        Raises:
            ValueError: If the picture cannot be written in that format.
        """
        path = Path(path).expanduser()
        if path.suffix == ".svg":
            content = self.to_svg().encode()
        elif path.suffix == ".png":
            content = self.to_png()
        elif path.suffix == ".html":
            content = html_page(self).encode()
        else:
            suffixes = ".svg, .png or .html" if self.scene else ".html"
            raise ValueError(
                f"A picture cannot be saved as {path.name!r}: end the name with {suffixes}."
            )
        path.write_bytes(content)
        return path

    def __repr__(self) -> str:
        return f"Picture: {self.alt}"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return {**self.extra_mime, "text/plain": repr(self), "text/html": self.to_html()}


def image_tag(svg: str, alt: str, width: float, css_class: str = "") -> str:
    """An `<img>` that contains its picture, which also works where scripts are removed."""
    start = f'<img class="{css_class}"' if css_class else "<img"
    return (
        f'{start} src="{data_url(svg)}" '
        f'alt="{escape(alt)}" width="{round(width)}" style="max-width: 100%; height: auto">'
    )


def picture_tag(picture: Picture, alt: str, css_class: str = "") -> str:
    """The wide form of a picture of shapes, and on a phone the narrow one, if there is one."""
    svg = picture.to_svg()
    assert picture.scene is not None, "to_svg refuses a picture of HTML"
    image = image_tag(svg, alt, picture.scene.width, css_class)
    if picture.narrow is None:
        return image
    # Where <picture> is not allowed, the image in it remains.
    return f"<picture>{source_tag(picture.narrow.to_svg(alt))}{image}</picture>"


def source_tag(svg: str) -> str:
    """A `<source>` that replaces the image of its `<picture>` on a phone."""
    return f'<source media="(max-width: {PHONE}px)" srcset="{data_url(svg)}">'


def data_url(svg: str) -> str:
    """An SVG document as an address that needs no network."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def round_digits(numbers: Sequence[float | None]) -> list[float | None]:
    """The numbers with three significant digits, for the JSON of plotly."""
    return [None if number is None else float(f"{number:.3g}") for number in numbers]


def page_script(*scripts: Path, style: Path | None = None, **constants: Any) -> str:
    """Write scripts as one, which sees `constants`; without indentation and comments.

    Args:
        scripts: Files of JavaScript, in their order.
        style: A style sheet, which the scripts see as STYLE. Names of the palette in it, such as
            INK, are replaced by their colours.
        constants: What the scripts see under these names.

    Returns:
        The script, without the tag around it.
    """
    if style is not None:
        sheet = re.sub(r"\s*/\*.*?\*/|^\s+", "", style.read_text("utf-8"), flags=re.MULTILINE)
        colour = lambda name: str(getattr(palette, name[0]))  # noqa: E731 - one use
        constants = {"STYLE": re.sub(r"\b[A-Z_]{3,}\b", colour, sheet), **constants}
    seen = ", ".join(f"{name} = {json.dumps(value)}" for name, value in constants.items())
    source = "".join(script.read_text("utf-8") for script in scripts)
    code = re.sub(r"^\s*(//.*)?\n?", "", source, flags=re.MULTILINE)
    return f"(() => {{\nconst {seen};\n{code}}})();"


def html_page(picture: Picture) -> str:
    """An HTML page that contains one picture."""
    return (
        f'<!doctype html><html lang="en"><meta '
        f'charset="utf-8"><title>{escape(picture.alt[:80])}</title>'
        f'<body style="margin: 2em; background: {PAPER}">{picture.to_html()}</body></html>'
    )
