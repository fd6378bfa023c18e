"""Attention as a piece of HTML: the still, the weights as pixels, and the script that reads them.

The script is in `attention_*.js`. It is the same for every picture, so that a saved output changes
only where the picture does. Where scripts do not run, the still is seen.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from viz.attention.attention_squares import HeadCorner
from viz.attention.attention_weights import AttentionWeights
from viz.canvas import palette
from viz.canvas.bitmap import to_png
from viz.canvas.labels import visible_token
from viz.canvas.palette import INK, MASKED, WHITE, blend
from viz.canvas.picture import (
    ADAPTS,
    DARK_STYLE,
    PHONE,
    SCRIPT_NOTE,
    Picture,
    page_script,
    picture_tag,
    source_tag,
)
from viz.canvas.scene import Image

COARSE, FINE = 100, 254  # levels of a weight: two digits, as the squares show them; almost a byte
MAX_TOKEN_LENGTH = 24  # characters
HOVER_SCRIPTS = ("numbers", "hover")  # files attention_*.js, each after those that it needs
INTERACTIVE_SCRIPTS = ("numbers", "model", "paint", "grid")
COLOURS = [
    "PAPER",
    "WHITE",
    "INK",
    "MUTED",
    "LINE",
    "FAINT",
    "BLUE",
    "ORANGE",
    "MASKED",
    "SANS",
    "MONO",
]
URI_SAFE = " /:;,=+@()'!*?&$[]{}^|~`\\"  # data:image/svg+xml needs only < > # % " escaped


def to_pixels(weights: NDArray[np.float64], levels: int, causal: bool) -> bytes:
    """Draw layers x heads of squares as one PNG; pixel k is the weight k / levels.

    The last colour, levels + 1, is for masked pixels.

    The darkness grows with the square root of the weight, so that small ones are seen.

    Args:
        weights: Shape (L, H, T, T).
        levels: How many steps a weight from 0 to 1 has.
        causal: Whether keys after the query are masked.

    Returns:
        A PNG of L x T rows and H x T columns.
    """
    L, H, T, _ = weights.shape
    pixels = np.rint(weights * levels).clip(0, levels).astype(np.uint8)
    if causal:
        pixels[..., np.triu(np.ones((T, T), bool), 1)] = levels + 1
    rows = pixels.transpose(0, 2, 1, 3).reshape(L * T, H * T)  # (L, T, H, T): heads side by side
    colours = [blend(WHITE, INK, (k / levels) ** 0.5) for k in range(levels + 1)]
    return to_png([row.tobytes() for row in rows], [*colours, MASKED])


def data_uri(weights: NDArray[np.float64], levels: int, causal: bool) -> str:
    """The PNG of the weights as an address that contains it."""
    return f"data:image/png;base64,{b64encode(to_pixels(weights, levels, causal)).decode()}"


def hover_html(
    picture: Picture,
    heads: Mapping[str, NDArray[np.float64]],
    labels: list[str],
    start: int,
    places: tuple[list[HeadCorner], list[HeadCorner]],
    causal: bool,
) -> str:
    """The still of a few heads, with frames that follow the mouse; `places` of its two forms."""
    payload = {
        "tokens": [visible_token(label, MAX_TOKEN_LENGTH) for label in labels],
        "start": start,
        "names": list(heads),
        "causal": causal,
        "steps": COARSE,
        "forms": [
            {
                "size": size,
                "places": [[round(number, 1) for number in corner] for corner in corners],
            }
            for size, corners in zip(sizes_of(picture), places)
        ],
        "weights": data_uri(np.stack(list(heads.values()))[None], COARSE, causal),
    }
    still = picture_tag(picture, picture.alt)
    return html_figure("viz-squares", still, payload, script(HOVER_SCRIPTS))


def sizes_of(picture: Picture) -> list[list[float]]:
    """Width and height of the wide form and of the narrow one, which may be the same."""
    forms = (picture.scene, picture.narrow or picture.scene)
    return [[round(form.width, 1), round(form.height, 1)] for form in forms if form is not None]


def interactive_html(
    picture: Picture,
    models: Mapping[str, AttentionWeights],
    labels: list[str],
    start: int,
    view: str,
    title: str,
    causal: bool,
    **more: Any,
) -> str:
    """The still of many heads, with the data that the script needs to enlarge one of them.

    `more` may have `at`, the layer, head and query that are open first, and `lines`, a line of text
    for each head of each layer. Then the still need not contain the weights.
    """
    scene = picture.scene
    assert scene is not None, "lines and mosaics are made of shapes"
    payload: dict[str, Any] = {
        "tokens": [visible_token(label, MAX_TOKEN_LENGTH) for label in labels],
        "start": start,
        "title": title,
        "note": picture.data.get("left_out", ""),
        "view": view,
        "causal": causal,
        "steps": FINE,
        "models": [
            {"name": name, "layers": model.layers, "heads": model.heads}
            for name, model in models.items()
        ],
    }
    payload |= more
    if "at" in more or not any(isinstance(shape, Image) for shape in scene.shapes):
        payload["images"] = [data_uri(model.weights, FINE, causal) for model in models.values()]
    # The weights are base64 within the still; as base64 of base64 they would be a third larger.
    uri = "data:image/svg+xml," + quote(picture.to_svg(), safe=URI_SAFE)
    still = (
        f'<img src="{escape(uri)}" alt="{escape(picture.alt)}" '
        f'width="{round(scene.width)}" style="max-width: 100%; height: auto">'
    )
    if picture.narrow:
        still = f"<picture>{source_tag(picture.narrow.to_svg(picture.alt))}{still}</picture>"
    return html_figure("viz-attention", still, payload, script(INTERACTIVE_SCRIPTS))


def html_figure(css_class: str, still: str, payload: dict[str, Any], code: str) -> str:
    """The still in a block that carries the payload, and the script."""
    text = escape(json.dumps(payload, ensure_ascii=False))
    return (
        f'<div class="{css_class} {ADAPTS}" data-attention="{text}">{still}{SCRIPT_NOTE}</div>'
        f"{DARK_STYLE}<script>{code}</script>"
    )


@cache
def script(files: tuple[str, ...]) -> str:
    """The files as one script with the palette's colours."""
    scripts = [Path(__file__).with_name(f"attention_{name}.js") for name in files]
    colours = {name: getattr(palette, name) for name in COLOURS}
    return page_script(*scripts, **colours, PHONE=PHONE)
