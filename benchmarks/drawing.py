"""Pictures: how long a graph takes, and what a live curve costs the loop that trains."""

import math
import random
from collections.abc import Iterator
from statistics import median
from time import perf_counter, sleep

from gptcore.scalar import Value
from viz import LossPlot, draw_graph
from viz.curves.live_loss import CellOutput


def tree(leaves: int) -> Value:
    """A graph of about three times as many numbers, some of them used twice."""
    numbers = [Value(i / leaves) for i in range(leaves)]
    while len(numbers) > 1:
        numbers = [a * b + a for a, b in zip(numbers[::2], numbers[1::2])]
    return numbers[0]


def seconds(work) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def share_of_drawing(steps: int = 400, step_seconds: float = 0.010) -> float:
    """Percent of a loop's time that goes into `add`, with every frame made and handed over."""
    rng = random.Random(0)
    plot, frames, spent = LossPlot("bench", last_step=steps), [], 0.0
    cell = CellOutput.__new__(CellOutput)  # a cell's output without a front end behind it
    cell.shell, cell.plot, cell.is_open = None, plot, True
    cell.handle = type(
        "Handle", (), {"update": lambda self, b, raw: frames.append(len(b["text/html"]))}
    )()
    plot.output = cell
    start = perf_counter()
    for step in range(steps):
        end = perf_counter() + step_seconds
        while perf_counter() < end:
            sleep(0)
        loss = 2.3 + math.exp(-step / 100) + rng.gauss(0, 0.2)
        spent += seconds(lambda loss=loss, step=step: plot.add(step, loss=loss))
    assert len(frames) > 5, "nothing was drawn"
    return 100 * spent / (perf_counter() - start)


def figures() -> Iterator[tuple]:
    chain = Value(0.0)
    for _ in range(100_000):
        chain = chain + 1.0
    yield "backward through 100,000 additions", seconds(chain.backward), "s", {}
    result = tree(67)
    draws = [seconds(lambda: draw_graph(result).to_html()) for _ in range(5)]
    nodes = len(draw_graph(result).data["nodes"])
    yield f"draw_graph of {nodes} numbers", median(draws), "s", {"at_most": 0.5}
    share = median(share_of_drawing() for _ in range(3))
    yield "LossPlot in a loop of 10 ms steps", share, "%", {"at_most": 2}
