"""A control on a page: its still, and the data with which a script makes knobs of it.

`viz/dials/dial.js` makes the knobs, and `NAME_dial.js` beside the control the numbers and picture.
"""

import json
import re
from collections.abc import Iterable

from viz.canvas.picture import DIAL

STILL_NOTE = re.compile(r"<p>A still picture: [^<]*</p>")
NARROW_FORM = re.compile(r"<source [^>]*>")  # a phone without scripts shows the wide form


def dial_box(data: dict) -> str:
    """The still of a control, and the data with which its script replaces it by knobs."""
    still = NARROW_FORM.sub("", STILL_NOTE.sub("", data["text/html"]))
    content = json.dumps(data[DIAL], separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<div class="output dial" data-dial="{data[DIAL]["dial"]}">'
        f'<div class="dial-still picture">{still}</div>'
        f"<noscript><p>A still picture: to turn its knobs, allow scripts.</p></noscript>"
        f'<script type="application/json">{content}</script></div>'
    )


def dial_scripts(outputs: Iterable[dict], folder: str = "../_static") -> str:
    """The tags of the scripts of these dials, each once, and before them what all dials share.

    Args:
        outputs: Outputs of cells, with or without a dial.
        folder: Where a page finds the scripts.
    """
    names = {output["data"][DIAL]["dial"] for output in outputs if DIAL in output.get("data", {})}
    files = ["dial.js", *(f"{name}_dial.js" for name in sorted(names))] if names else []
    return "".join(f'<script defer src="{folder}/{file}"></script>' for file in files)
