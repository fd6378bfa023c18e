"""Loss over the steps of training: every step faint, the running mean bold.

`draw_loss` draws what is over; `LossPlot` draws the same picture again and again while it happens.
"""

from collections.abc import Mapping, Sequence

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES
from viz.canvas.picture import Picture
from viz.curves.loss_on_axes import draw_on_axes
from viz.curves.loss_scene import ChartOptions, LossScene
from viz.curves.pins import Pin, check_pins, select_pins
from viz.curves.series import VAL, Series, interpolate, smoothed, to_series, truncate_series


def draw_loss(
    history: Mapping[str, Sequence],
    *,
    title: str = "",
    unit: str = "loss (nats per token)",
    lines: Mapping[str, float] | None = None,
    last_step: float | None = None,
    log_y: bool = False,
    x_label: str = "step",
    reference: Mapping[str, Sequence] | None = None,
    pins: Mapping[float, str] | None = None,
    ax=None,
) -> Picture:
    """One curve for each name of `history`, over the steps.

    `history` maps a name to its losses, one for each step, or to a pair (steps, losses). `lines`
    are levels to compare with: {"knows nothing": 3.296}. `reference` has curves of somebody else,
    dashed; with `last_step` they end there, too. `pins` are texts to hang on the curve at some
    steps: {1200: "what the model wrote"}. `x` is what one step is called. With `ax` matplotlib
    draws the same curves in its own way.
    Raises:  ValueError if there is nothing to draw, if steps and losses differ in number, or if a
        pin has no curve to stand on.
    Example: draw_loss({"train": [3.3, 2.9, 2.7]}, lines={"knows nothing": 3.296}, pins={3: "anna"})
    """
    history = to_mapping(history, "history", "{'train': [3.3, 2.9]}")
    series = {name: to_series(name, curve) for name, curve in history.items()}
    references = to_reference(reference or {}, last_step)
    if not any(steps for steps, _ in series.values()):
        raise ValueError("history has no losses to draw: give it as {'train': [3.3, 2.9, ...]}.")
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
        return draw_on_axes(ax, series, options, select_pins(place_pins(series, pins or {}))[0])
    return picture


def loss_picture(
    series: Mapping[str, Series], options: ChartOptions, pins: Mapping[float, str]
) -> Picture:
    """The drawing of what was checked already."""
    data: dict = {name: values for name, (_, values) in series.items()}
    if options.reference:
        data["reference"] = {name: values for name, (_, values) in options.reference.items()}
    if pins:
        data["pins"] = dict(pins)
    scene = LossScene(series, options, place_pins(series, pins)).scene
    return Picture(
        data, alt_text(series, options.title, options.x_label, options.reference, pins), scene
    )


def to_reference(reference: Mapping[str, Sequence], last: float | None) -> dict[str, Series]:
    """The curves of somebody else, as far as the sheet reaches."""
    series = {name: to_series(name, curve) for name, curve in reference.items()}
    if last is None:
        return series
    return {name: truncate_series(curve, last) for name, curve in series.items()}


def place_pins(series: Mapping[str, Series], pins: Mapping[float, str]) -> list[Pin]:
    """Each text with its point: on "val" as far as that curve goes, else on the first that does."""
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
    """One sentence: where each curve begins and where it has come to; then what it wrote."""
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
    steps, values = series
    span = f"{steps[-1]:,.6g} {x_label}{'s' * (steps[-1] != 1)}"
    return f"{name} from {values[0]:.2g} to {smoothed(name, values)[-1]:.2g} in {span}"
