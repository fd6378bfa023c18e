"""What keeps people out of what our cells have put out; JupyterLab's own page is not looked at.

axe-core, the common checker of accessibility, reads the page. It does not see into a picture, so
the words in ours are held against the paper under them here.
"""

import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from viz.canvas.palette import MIN_CONTRAST, PAPER, contrast

OURS = {"include": [[".jp-OutputArea-output"]]}
SERIOUS = ("serious", "critical")
ADDRESSES = "() => [...document.querySelectorAll('.jp-OutputArea-output img')].map(i => i.src)"
SVG = "data:image/svg+xml;base64,"
THINNEST = 4  # pixels; a line of a grid is not what words stand on


def barriers(page: Page) -> list[str]:
    """One line for each thing found."""
    found = Axe().run(page, OURS).response["violations"]
    return [
        f"{finding['id']}: {finding['help']}: {place['html'][:200]}"
        for finding in found
        if finding["impact"] in SERIOUS
        for place in finding["nodes"]
    ]


def faint_words(page: Page) -> list[str]:
    """The words in our pictures that weak eyes cannot read, with their colour and the one below."""
    drawn = [a.removeprefix(SVG) for a in page.evaluate(ADDRESSES) if a.startswith(SVG)]
    return [
        f"{words!r}: {ink} on {paper}"
        for svg in drawn
        for words, ink, paper in words_on_paper(ET.fromstring(b64decode(svg)))
        if contrast(ink, paper) < MIN_CONTRAST
    ]


def words_on_paper(picture: ET.Element) -> Iterator[tuple[str, str, str]]:
    """(words, their colour, the colour of the last thing drawn under where they begin)."""
    papers: list[tuple[float, float, float, float, str]] = []
    for shape in picture.iter():
        kind, fill = shape.tag.rpartition("}")[2], shape.get("fill", "none")
        if shape.get("width") == "100%":
            continue  # the sheet itself
        if kind in ("rect", "circle") and re.fullmatch("#[0-9a-f]{6}", fill):
            left, top, width, height = box_of(shape)
            if min(width, height) >= THINNEST:
                papers.append((left, top, left + width, top + height, fill))
        elif kind == "text":
            x, y = float(shape.get("x", 0)), float(shape.get("y", 0))
            size = float(shape.get("font-size", 12))
            x += {"start": 0.3, "end": -0.3}.get(shape.get("text-anchor", "start"), 0) * size
            y -= 0.3 * size  # from the line on which letters stand to their middle
            under = [p[4] for p in papers if p[0] <= x <= p[2] and p[1] <= y <= p[3]]
            yield "".join(shape.itertext()), fill, under[-1] if under else PAPER


def box_of(shape: ET.Element) -> tuple[float, float, float, float]:
    """Left, top, width and height of a box or a disc."""
    if radius := float(shape.get("r", 0)):
        x, y = float(shape.get("cx", 0)), float(shape.get("cy", 0))
        return x - radius, y - radius, 2 * radius, 2 * radius
    x, y, width, height = (float(shape.get(name, 0)) for name in ("x", "y", "width", "height"))
    return x, y, width, height
