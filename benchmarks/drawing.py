"""Pictures: the time to draw a graph, and the cost of a live plot in a training loop."""

import math
import random
from collections.abc import Iterator
from statistics import median
from time import perf_counter, sleep

from benchmarks import Measurement, seconds
from gptcore.scalar import Value
from viz import LossPlot, draw_graph
from viz.curves.live_output import CellOutput


def random_graph(leaves: int) -> Value:
    """A graph with about three times as many nodes as leaves; some leaves are used twice."""
    numbers = [Value(i / leaves) for i in range(leaves)]
    while len(numbers) > 1:
        numbers = [a * b + a for a, b in zip(numbers[::2], numbers[1::2])]
    return numbers[0]


def drawing_percent(steps: int = 400, step_seconds: float = 0.010) -> float:
    """Percent of the time of a loop that goes into `LossPlot.add`, drawing included."""
    rng = random.Random(0)
    plot, frames, add_seconds = LossPlot("bench", last_step=steps), [], 0.0
    cell = CellOutput.__new__(CellOutput)  # the output of a cell without a front end
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
        add_seconds += seconds(lambda loss=loss, step=step: plot.add(step, loss=loss))
    assert len(frames) > 5, "nothing was drawn"
    return 100 * add_seconds / (perf_counter() - start)


def measurements() -> Iterator[Measurement]:
    chain = Value(0.0)
    for _ in range(100_000):
        chain = chain + 1.0
    yield "backward through 100,000 additions", seconds(chain.backward), "s", {}
    result = random_graph(67)
    draw_seconds = [seconds(lambda: draw_graph(result).to_html()) for _ in range(5)]
    nodes = len(draw_graph(result).data["nodes"])
    yield f"draw_graph of {nodes} numbers", median(draw_seconds), "s", {"at_most": 0.5}
    percent = median(drawing_percent() for _ in range(3))
    yield "LossPlot in a loop of 10 ms steps", percent, "%", {"at_most": 2}
