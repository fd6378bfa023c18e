"""The loss chart drawn by matplotlib, for a figure of your own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.palette import CATEGORIES, INK, MUTED
from viz.canvas.ticks import log_ticks
from viz.curves.loss_scene import ChartOptions
from viz.curves.pins import Pin, draw_pins_on_axes
from viz.curves.series import MAX_UNSMOOTHED, Series, is_noisy, running_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES = ("--", ":", "-.")  # of reference curves


def draw_on_axes(
    ax: "Axes", series: Mapping[str, Series], options: ChartOptions, pins: Sequence[Pin]
) -> "Axes":
    """Draw every step faint, the running mean bold, and reference curves dashed; return `ax`."""
    for n, (name, (steps, values)) in enumerate(series.items()):
        colour = CATEGORIES[n % len(CATEGORIES)]
        noisy = options.smooth and is_noisy(name, values)
        if noisy:
            ax.plot(steps, values, color=colour, alpha=0.3, linewidth=1)
        ax.plot(steps, running_mean(values) if noisy else values, color=colour, label=name)
    for n, (name, (steps, values)) in enumerate(options.reference.items()):
        style = STYLES[n % len(STYLES)], "." if len(values) <= MAX_UNSMOOTHED else ""
        ax.plot(steps, values, color=MUTED, linestyle=style[0], marker=style[1], label=name)
    for name, level in options.lines.items():
        ax.axhline(level, color=MUTED, linestyle="--", linewidth=1)
        ax.annotate(
            f"{name} {level:.3g}",
            (1, level),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            color=INK,
        )
    ax.set(xlabel=options.x_label, ylabel=options.unit, yscale="log" if options.log_y else "linear")
    ax.set_xscale("log" if options.log_x else "linear")
    if options.log_y:
        ticks = log_ticks(*ax.get_ylim())
        ax.set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
        ax.minorticks_off()
    if options.x_ticks:
        ax.set_xticks(list(options.x_ticks), list(options.x_ticks.values()))
    ax.set_title(options.title, pad=draw_pins_on_axes(ax, pins))
    ax.legend(frameon=False)
    return ax
