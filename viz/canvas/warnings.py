"""What a control shows when no picture exists for its knobs: a warning above the last picture.

The last picture stays, pale, so that the page does not jump and the reader sees what the warning
is about.
"""

from html import escape

from viz.canvas.palette import INK, ORANGE, PAPER
from viz.canvas.picture import Picture


def with_warning(warning: str, last: Picture) -> Picture:
    """The warning in a frame, and below it the last picture, hidden from screen readers."""
    html = (
        f'<div role="alert" style="max-width: 720px; box-sizing: border-box; padding: 8px 14px; '
        f"margin-bottom: 6px; line-height: 1.4; border-left: 4px solid {ORANGE}; "
        f'background-color: {PAPER}; color: {INK}">{escape(warning)}</div>'
        f'<div aria-hidden="true" style="opacity: 0.35">{last.to_html()}</div>'
    )
    return Picture(None, warning, html=html)
