"""The ladder as lines of text, for a terminal: a row for each rung, then what the rows show.

Left out on purpose: colours, so that the lines read the same in a file.
"""

from math import log10

from gptcore.ladder.rungs import Rung

# What stands above the rows of `lines_of`.
TABLE_HEAD = f"{'':24}{'one name':>12}{'times as fast':>15}"
BLOCKS = 6  # of a bar, for ten times the time


def lines_of(rung: Rung) -> list[str]:
    """A row with its bar, and below it what is different from the rung before.

    Example: for rung in climb(["emma"], steps=2): print(lines_of(rung))
    """
    bar = "█" * max(1, round(BLOCKS * log10(max(rung.microseconds, 1.0))))
    row = f"{rung.name:24}{rung.microseconds:>9,.0f} µs{factor(rung.times_the_first):>15}  {bar}"
    return [row, f"    {rung.changed}"]


def factor(times: float) -> str:
    """1590.4 -> 1,590 and 21.53 -> 21.5: three digits where it matters."""
    return f"{times:,.0f}" if times >= 100 else f"{times:.3g}"


def in_words(rungs: list[Rung]) -> list[str]:
    """How to read the bars, where the largest jump is, and whether all learned the same.

    Example: print(in_words([*climb(["emma"], steps=2)]))
    """
    told = [f"Ten times the time is {BLOCKS} blocks."]
    jumps = {above.name: below.microseconds / above.microseconds for below, above in pairs(rungs)}
    if jumps:
        largest = max(jumps, key=lambda name: jumps[name])
        told.append(f"The largest jump leads to {largest}: {factor(jumps[largest])} times.")
    told.append(f"First losses: {' '.join(f'{loss:.4f}' for loss in rungs[0].losses)}")
    return told + [f"{rung.name}: {verdict_on(rung)}" for rung in rungs[1:]]


def pairs(rungs: list[Rung]) -> list[tuple[Rung, Rung]]:
    """Each rung with the one that follows it."""
    return list(zip(rungs, rungs[1:]))


def verdict_on(rung: Rung) -> str:
    if rung.batch > 1:
        same = "is" if rung.parts_at is None else "is NOT"
        return (
            f"its first loss, {rung.losses[0]:.4f}, {same} the mean of {rung.batch:,} single ones."
        )
    if rung.parts_at is None:
        return f"the losses of the first rung, to 4 decimals (compared: {rung.steps})."
    return f"another loss than the first rung's from step {rung.parts_at} on, at 4 decimals."
