"""What a control shows when its knobs stand where nothing can be: advice, above the last picture.

The last picture that was possible stays, pale, so that the page does not jump and the reader sees
what the advice is about.
"""

from html import escape

from viz.canvas.palette import INK, ORANGE, PAPER
from viz.canvas.picture import Picture


def with_warning(advice: str, last: Picture) -> Picture:
    """The advice in a frame, and below it the last picture, pale and no longer read out."""
    html = (
        f'<div role="alert" style="max-width: 720px; box-sizing: border-box; padding: 8px 14px; '
        f"margin-bottom: 6px; line-height: 1.4; border-left: 4px solid {ORANGE}; "
        f'background-color: {PAPER}; color: {INK}">{escape(advice)}</div>'
        f'<div aria-hidden="true" style="opacity: 0.35">{last.to_html()}</div>'
    )
    return Picture(None, advice, html=html)
