"""Loss over the steps of training: every step faint, the running mean bold.

`draw_loss` draws a run that is over. `LossPlot` draws the same picture during training.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES
from viz.canvas.picture import Picture
from viz.curves.loss_on_axes import draw_on_axes
from viz.curves.loss_scene import ChartOptions, LossScene, narrow_loss_scene
from viz.curves.pins import Pin, check_pins, select_pins
from viz.curves.series import (
    VAL,
    CurveLike,
    Series,
    interpolate,
    smoothed,
    to_series,
    truncate_series,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_loss(
    history: Mapping[str, CurveLike],
    *,
    title: str = "",
    unit: str = "loss (nats per token)",
    lines: Mapping[str, float] | None = None,
    last_step: float | None = None,
    log_y: bool = False,
    x_label: str = "step",
    reference: Mapping[str, CurveLike] | None = None,
    pins: Mapping[float, str] | None = None,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw curves of loss over the steps of training.

    A curve with more than 30 steps is drawn faint, with its running mean in bold, unless its name
    is "val". A loss that is not finite leaves a gap.

    Args:
        history: Curves by name: losses, shape (n,), of the steps 1 to n, or a tuple
            (steps, losses).
        title: Title of the chart.
        unit: Label of the y axis.
        lines: Horizontal lines to compare with, such as {"knows nothing": 3.296}.
        last_step: The x axis reaches at least to this step; reference curves end there.
        log_y: Whether the y axis is logarithmic.
        x_label: What one step is called.
        reference: Dashed curves of another run, in the form of `history`.
        pins: Texts to pin to a curve, step -> text, such as samples of the model.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The chart; `.data` has the losses by name.

    Raises:
        ValueError: If there is nothing to draw, if there is not one loss for each step, or if a pin
            is not on a curve.

    Example:
        >>> picture = draw_loss({"train": [3.3, 2.9, 2.7]}, lines={"knows nothing": 3.296})
        >>> picture.alt
        'Loss: train from 3.3 to 2.7 in 3 steps.'
    """
    history = to_mapping(history, "history", "{'train': [3.3, 2.9]}")
    series = {name: to_series(name, curve) for name, curve in history.items()}
    references = to_reference(reference or {}, last_step)
    options = ChartOptions(
        title=title,
        unit=unit,
        x_label=x_label,
        last_step=last_step,
        log_y=log_y,
        lines=lines or {},
        reference=references,
    )
    picture = loss_picture(series, options, pins or {})
    if ax is not None:
        shown, _ = select_pins(place_pins(series, pins or {}))
        axes = draw_on_axes(ax, series, options, shown)
        return axes  # type: ignore[return-value]  # as documented
    return picture


def loss_picture(
    series: Mapping[str, Series],
    options: ChartOptions,
    pins: Mapping[float, str],
    *,
    for_phones: bool = True,
) -> Picture:
    """Draw curves that have been checked.

    Args:
        series: The curves.
        options: Everything else on the chart.
        pins: Step -> text.
        for_phones: Whether the picture has a narrow form, which takes as long to draw again.

    Raises:
        ValueError: If there is nothing to draw.
    """
    if not any(steps for steps, _ in series.values()):
        raise ValueError("history has no losses to draw: give it as {'train': [3.3, 2.9, ...]}.")
    data: dict[str, Any] = {name: values for name, (_, values) in series.items()}
    if options.reference:
        data["reference"] = {name: values for name, (_, values) in options.reference.items()}
    if pins:
        data["pins"] = dict(pins)
    placed = place_pins(series, pins)
    alt = alt_text(series, options.title, options.x_label, options.reference, pins)
    narrow = narrow_loss_scene(series, options, placed).scene if for_phones else None
    return Picture(data, alt, LossScene(series, options, placed).scene, narrow=narrow)


def to_reference(reference: Mapping[str, CurveLike], last: float | None) -> dict[str, Series]:
    """Read reference curves and truncate them at the step `last`."""
    series = {name: to_series(name, curve) for name, curve in reference.items()}
    if last is None:
        return series
    return {name: truncate_series(curve, last) for name, curve in series.items()}


def place_pins(series: Mapping[str, Series], pins: Mapping[float, str]) -> list[Pin]:
    """Find the point of each text, on "val" if that curve has such a step."""
    if not pins:
        return []
    ranked = sorted(series.items(), key=lambda item: item[0] != VAL)
    extents = [(steps[0], steps[-1]) for _, (steps, _) in ranked if steps]
    check_pins(pins, min(first for first, _ in extents), max(last for _, last in extents))
    colours = dict(zip(series, CATEGORIES * len(series)))
    out = []
    for step, text in sorted(pins.items()):
        covering = [(n, s) for n, s in ranked if s[0] and s[0][0] <= step <= s[0][-1]]
        name, curve = (covering or [(n, s) for n, s in ranked if s[0]])[0]
        out.append(Pin(step, interpolate(name, curve, step), text, colours[name]))
    return out


def alt_text(
    series: Mapping[str, Series],
    title: str,
    x_label: str = "step",
    reference: Mapping[str, Series] | None = None,
    pins: Mapping[float, str] | None = None,
) -> str:
    """One sentence: the first and the last value of each curve, and the pinned texts."""
    parts = [curve_summary(name, curve, x_label) for name, curve in series.items() if curve[0]]
    references = [
        curve_summary(name, curve, x_label) for name, curve in (reference or {}).items() if curve[0]
    ]
    sentence = f"{title or 'Loss'}: {', '.join(parts)}"
    sentence += f"; to compare with: {', '.join(references)}." if references else "."
    written = [
        f"at {x_label} {step:,g} {truncate(text, 60)!r}"
        for step, text in sorted((pins or {}).items())
    ]
    return sentence + (f" Written {'; '.join(written)}." if written else "")


def curve_summary(name: str, series: Series, x_label: str) -> str:
    """The first and the last value of one curve, in words."""
    steps, values = series
    span = f"{steps[-1]:,.6g} {x_label}{'s' * (steps[-1] != 1)}"
    return f"{name} from {values[0]:.2g} to {smoothed(name, values)[-1]:.2g} in {span}"
