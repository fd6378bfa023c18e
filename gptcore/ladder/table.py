"""The ladder as lines of text for a terminal: a row for each rung, then a summary."""

from math import log10

from gptcore.ladder.ladder import Rung

# The line above the rows of `format_rung`.
TABLE_HEADER = f"{'':24}{'one name':>12}{'times as fast':>15}"
BLOCKS_PER_DECADE = 6  # of a bar, for ten times the time


def format_rung(rung: Rung) -> list[str]:
    """A row with a bar, and below it what is different from the rung before.

    Args:
        rung: As `climb` yields it.

    Returns:
        Two lines.

    Example:
        >>> rung = Rung("arrays", "No nodes.", 100.0, 21.53, (3.3,), 1, None)
        >>> print(*format_rung(rung), sep=chr(10))
        arrays                        100 µs           21.5  ████████████
            No nodes.
    """
    bar = "█" * max(1, round(BLOCKS_PER_DECADE * log10(max(rung.microseconds, 1.0))))
    row = f"{rung.name:24}{rung.microseconds:>9,.0f} µs{format_factor(rung.speedup):>15}  {bar}"
    return [row, f"    {rung.changed}"]


def format_factor(times: float) -> str:
    """1590.4 -> 1,590 and 21.53 -> 21.5: at least three digits."""
    return f"{times:,.0f}" if times >= 100 else f"{times:.3g}"


def format_summary(rungs: list[Rung]) -> list[str]:
    """How to read the bars, where the largest jump is, and whether all rungs learned the same.

    Args:
        rungs: As `climb` yields them, one or more.

    Returns:
        A list of lines.

    Example:
        >>> print(format_summary([*climb(["emma"], steps=2)])[0])
        Ten times the time is 6 blocks.
    """
    lines = [f"Ten times the time is {BLOCKS_PER_DECADE} blocks."]
    jumps = {
        above.name: below.microseconds / above.microseconds
        for below, above in zip(rungs, rungs[1:])
    }
    if jumps:
        largest = max(jumps, key=lambda name: jumps[name])
        lines.append(f"The largest jump leads to {largest}: {format_factor(jumps[largest])} times.")
    lines.append(f"First losses: {' '.join(f'{loss:.4f}' for loss in rungs[0].losses)}")
    return lines + [f"{rung.name}: {format_verdict(rung)}" for rung in rungs[1:]]


def format_verdict(rung: Rung) -> str:
    """Whether the losses of a rung are those of the first one, as a sentence.

    Args:
        rung: Any but the first.
    """
    if rung.batch_size > 1:
        same = "is" if rung.diverges_at is None else "is NOT"
        mean = f"the mean of {rung.batch_size:,} single ones"
        return f"its first loss, {rung.losses[0]:.4f}, {same} {mean}."
    if rung.diverges_at is None:
        return f"the losses of the first rung, to 4 decimals (compared: {rung.steps})."
    return f"another loss than the first rung's from step {rung.diverges_at} on, at 4 decimals."
