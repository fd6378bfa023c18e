"""What every drawing function gives back: data, a sentence, and a picture that survives.

The sentence (`alt`) is made from the data, so it is true; it stands beside the picture for those
who cannot see it. The picture itself is inside the output: no network, no kernel, nothing to
install to look at it.
"""

from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from viz.canvas.labels import printable
from viz.canvas.palette import PAPER
from viz.canvas.scene import Scene


class Picture:
    """A still picture and what it says.

    `.data` is what was drawn, `.alt` one sentence about it; `save("x.svg")`, `"x.png"` or
    `"x.html"`.
    Example: draw_probabilities([0.25, 0.75], ["heads", "tails"]).save("coin.svg")
    """

    def __init__(
        self,
        data: Any,
        alt: str,
        scene: Scene | None = None,
        *,
        png: bytes | None = None,
        size: tuple[int, int] | None = None,
        html: str | None = None,
        extra_mime: dict[str, Any] | None = None,
    ):
        self.data, self.alt = data, printable(alt)
        self.extra_mime = extra_mime or {}
        self.scene, self.png, self.size, self.html = scene, png, size, html

    def to_svg(self) -> str:
        """The picture as one SVG document. Raises ValueError if it is made of pixels or of HTML."""
        if self.scene is None:
            raise ValueError(
                f"{self!r} is not made of shapes, so it cannot be SVG. Save it as "
                f"{self.suffixes()}."
            )
        return self.scene.to_svg(self.alt)

    def draw_on(self, ax):
        """Draw the shapes on matplotlib's Axes, for a figure of your own; gives the Axes back."""
        from viz.canvas.scene_on_axes import draw_scene_on  # noqa: PLC0415 - loads matplotlib

        assert self.scene is not None, "only pictures made of shapes are drawn on Axes"
        return draw_scene_on(self.scene, ax)

    def to_png(self) -> bytes:
        """The picture as PNG bytes; for one made of shapes this needs matplotlib."""
        if self.scene is not None:
            from viz.canvas.scene_on_axes import to_png  # noqa: PLC0415 - loads matplotlib

            return to_png(self.scene)
        if self.png is None:
            raise ValueError(
                f"{self!r} is a page, so it cannot be PNG. Save it as {self.suffixes()}."
            )
        return self.png

    def to_html(self) -> str:
        """A piece of HTML with everything inside: for a page, a mail, an output."""
        if self.html is not None:
            return self.html
        if self.scene is not None:
            return image_tag("svg+xml", self.to_svg().encode(), self.alt, self.scene.width)
        return image_tag("png", self.to_png(), self.alt, self.size[0] if self.size else None)

    def suffixes(self) -> str:
        return ".svg, .png or .html" if self.scene else ".png or .html" if self.png else ".html"

    def save(self, path: str | Path) -> Path:
        """Write the picture; the ending of the name says how.

        Raises: ValueError for an ending that it cannot have.
        """
        path = Path(path).expanduser()
        if path.suffix == ".svg":
            content = self.to_svg().encode()
        elif path.suffix == ".png":
            content = self.to_png()
        elif path.suffix == ".html":
            content = html_page(self).encode()
        else:
            raise ValueError(
                f"A picture cannot be saved as {path.name!r}: end the name with {self.suffixes()}."
            )
        path.write_bytes(content)
        return path

    def __repr__(self) -> str:
        return f"Picture: {self.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        bundle = {**self.extra_mime, "text/plain": repr(self), "text/html": self.to_html()}
        if self.png is not None:
            bundle["image/png"] = b64encode(self.png).decode()
        return bundle


def image_tag(kind: str, content: bytes, alt: str, width: float | None = None) -> str:
    """An `<img>` that carries its picture inside: it survives where scripts are removed."""
    size = f' width="{round(width)}"' if width else ""
    return (
        f'<img src="data:image/{kind};base64,{b64encode(content).decode()}" '
        f'alt="{escape(alt)}"{size} style="max-width: 100%; height: auto">'
    )


def picture_of_figure(data, alt: str, figure) -> Picture:
    """A `Picture` of a matplotlib figure, as PNG on its own opaque paper."""
    buffer = BytesIO()
    figure.savefig(
        buffer, format="png", facecolor=figure.get_facecolor(), metadata={"Software": None}
    )
    width, height = figure.get_size_inches()
    return Picture(data, alt, png=buffer.getvalue(), size=(round(width * 96), round(height * 96)))


def html_page(picture: Picture) -> str:
    """A whole HTML page around one picture."""
    return (
        f'<!doctype html><html lang="en"><meta '
        f'charset="utf-8"><title>{escape(picture.alt[:80])}</title>'
        f'<body style="margin: 2em; background: {PAPER}">{picture.to_html()}</body></html>'
    )
