"""Attention as a piece of HTML: the still, the weights as pixels, and the script that reads them.

The script stands in files of its own, `attention_*.js`. It is the same for every picture, so that
a saved output changes only where the picture does. Where scripts are dead, the still is seen.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from viz.attention.attention_squares import Place
from viz.attention.attention_stack import Stack
from viz.canvas import palette
from viz.canvas.bitmap import to_png
from viz.canvas.labels import visible_token
from viz.canvas.palette import INK, WHITE, blend
from viz.canvas.picture import Picture, image_tag
from viz.canvas.scene import Image

FEW, MANY = 100, 255  # steps of a weight: two digits, as the squares have them; a whole byte
LONGEST = 24  # letters of one token
HOVERED = ("numbers", "hover")  # files attention_*.js, in the order in which they need each other
OPENED = ("numbers", "model", "paint", "grid")
COLOURS = ("PAPER", "WHITE", "INK", "MUTED", "LINE", "FAINT", "BLUE", "ORANGE", "SANS", "MONO")
KEPT_IN_ADDRESSES = " /:;,=+@()'!*?&$[]{}^|~`\\"  # data:image/svg+xml needs only < > # % " escaped


def to_pixels(weights: np.ndarray, steps: int) -> bytes:
    """The squares of layers x heads as one image: pixel k is the weight k / steps.

    The colours grow with the root of the weight, so that small ones are seen.
    Shapes: (L, H, T, T) -> an image of L x T rows and H x T columns.
    """
    L, H, T, _ = weights.shape
    pixels = np.rint(weights * steps).clip(0, steps).astype(np.uint8)
    rows = pixels.transpose(0, 2, 1, 3).reshape(L * T, H * T)  # (L, T, H, T): heads side by side
    colours = [blend(WHITE, INK, (k / steps) ** 0.5) for k in range(steps + 1)]
    return to_png([row.tobytes() for row in rows], colours)


def address_of(weights: np.ndarray, steps: int) -> str:
    return f"data:image/png;base64,{b64encode(to_pixels(weights, steps)).decode()}"


def hovered(
    picture: Picture,
    heads: Mapping[str, np.ndarray],
    labels: list[str],
    start: int,
    places: list[Place],
    causal: bool,
) -> str:
    """The still, and frames that follow the mouse."""
    scene = picture.scene
    assert scene is not None, "squares are made of shapes"
    told = {
        "tokens": [visible_token(label, LONGEST) for label in labels],
        "start": start,
        "names": list(heads),
        "causal": causal,
        "steps": FEW,
        "size": [round(scene.width, 1), round(scene.height, 1)],
        "places": [[round(number, 1) for number in place] for place in places],
        "weights": address_of(np.stack(list(heads.values()))[None], FEW),
    }
    still = image_tag("svg+xml", picture.to_svg().encode(), picture.alt, scene.width)
    return figure("viz-squares", still, told, script(HOVERED))


def opened(
    picture: Picture,
    stacks: Mapping[str, Stack],
    labels: list[str],
    start: int,
    view: str,
    title: str,
    causal: bool,
) -> str:
    """The still, and what opens it: the weights of each model as an image, in the still if it has
    one.
    """
    scene = picture.scene
    assert scene is not None, "lines and mosaics are made of shapes"
    models = [
        {"name": name, "layers": stack.layers, "heads": stack.heads}
        for name, stack in stacks.items()
    ]
    told = {
        "tokens": [visible_token(label, LONGEST) for label in labels],
        "start": start,
        "title": title,
        "note": picture.data["left_out"],
        "view": view,
        "causal": causal,
        "steps": MANY,
        "models": models,
    }
    if not any(isinstance(shape, Image) for shape in scene.shapes):
        told["images"] = [address_of(stack.weights, MANY) for stack in stacks.values()]
    # The weights are base64 within the still; the still itself is not, or they would be it twice.
    address = "data:image/svg+xml," + quote(picture.to_svg(), safe=KEPT_IN_ADDRESSES)
    still = (
        f'<img src="{escape(address)}" alt="{escape(picture.alt)}" '
        f'width="{round(scene.width)}" style="max-width: 100%; height: auto">'
    )
    return figure("viz-attention", still, told, script(OPENED))


def figure(name: str, still: str, told: dict, code: str) -> str:
    words = escape(json.dumps(told, ensure_ascii=False))
    return f'<div class="{name}" data-attention="{words}">{still}</div><script>{code}</script>'


@cache
def script(files: tuple[str, ...]) -> str:
    """The files as one script with the palette's colours, without indentation and comments."""
    colours = ", ".join(f"{name} = {json.dumps(getattr(palette, name))}" for name in COLOURS)
    folder = Path(__file__).parent
    written = "".join((folder / f"attention_{name}.js").read_text("utf-8") for name in files)
    code = re.sub(r"^\s*(//.*)?\n?", "", written, flags=re.MULTILINE)
    return f"(() => {{\nconst {colours};\n{code}}})();"
