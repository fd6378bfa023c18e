"""The curves of a loss as matplotlib draws them, on Axes of a figure of your own."""

from collections.abc import Mapping, Sequence

from viz.canvas.palette import CATEGORIES, INK, MUTED
from viz.canvas.ticks import log_ticks
from viz.curves.loss_scene import Sheet
from viz.curves.pins import Pin, pin_on_axes
from viz.curves.series import FEW, Series, is_noisy, running_mean

STYLES = ("--", ":", "-.")  # of others' curves


def draw_on_axes(ax, series: Mapping[str, Series], sheet: Sheet, pins: Sequence[Pin]):
    """Every step faint, the mean bold; somebody else's curves dashed; gives the Axes back."""
    for n, (name, (steps, values)) in enumerate(series.items()):
        colour = CATEGORIES[n % len(CATEGORIES)]
        noisy = sheet.smooth and is_noisy(name, values)
        if noisy:
            ax.plot(steps, values, color=colour, alpha=0.3, linewidth=1)
        ax.plot(steps, running_mean(values) if noisy else values, color=colour, label=name)
    for n, (name, (steps, values)) in enumerate(sheet.reference.items()):
        look = STYLES[n % len(STYLES)], "." if len(values) <= FEW else ""
        ax.plot(steps, values, color=MUTED, linestyle=look[0], marker=look[1], label=name)
    for name, level in sheet.lines.items():
        ax.axhline(level, color=MUTED, linestyle="--", linewidth=1)
        ax.annotate(
            f"{name} {level:.3g}",
            (1, level),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            color=INK,
        )
    ax.set(xlabel=sheet.x, ylabel=sheet.unit, yscale="log" if sheet.log_y else "linear")
    ax.set_xscale("log" if sheet.log_x else "linear")
    if sheet.log_y:
        marks = log_ticks(*ax.get_ylim())
        ax.set_yticks(marks, [f"{mark:.3g}" for mark in marks])
        ax.minorticks_off()
    if sheet.x_marks:
        ax.set_xticks(list(sheet.x_marks), list(sheet.x_marks.values()))
    ax.set_title(sheet.title, pad=pin_on_axes(ax, pins))
    ax.legend(frameon=False)
    return ax
