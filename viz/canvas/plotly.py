"""What plotly reads from a notebook: its MIME type, an empty template, numbers for JSON."""

from collections.abc import Sequence

PLOTLY_MIME = "application/vnd.plotly.v1+json"
NO_TEMPLATE = {"data": {"scatter": [{"type": "scatter"}]}}  # plotly calls this template "none"


def round_digits(numbers: Sequence[float | None]) -> list[float | None]:
    """The numbers with three significant digits."""
    return [None if number is None else float(f"{number:.3g}") for number in numbers]
