"""What lesson 15 shows of speculative decoding and quantization, measured on one processor.

    python -m benchmarks.record_serving     about two minutes

Writes `course/recorded/serving.json`, which the lesson reads. Times are processor seconds of one
thread; compare them within this file only.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import torch
from torch import nn

from benchmarks.recording import processor
from course.experiments.serving.stories import loss_of, stories, stories_gpt, table_of_counts
from gptcore.files import write_json
from gptcore.quantization import quantize, quantize_int4, quantize_int8, weight_bytes
from gptcore.quantization.kernels import find_kernel
from gptcore.quantization.layers import QuantizedLinear
from gptcore.sampling import generate_cached
from gptcore.serving import SpeculativeStep, generate_speculative

OUT = Path(__file__).parents[1] / "course" / "recorded" / "serving.json"
ORDERS, LENGTHS = (1, 3, 6), (1, 2, 4, 8)  # letters of the table; proposed tokens
TEXTS, NEW, ROUNDS = 12, 80, 3
ROWS = (1, 4, 16, 64, 256)
SHAPES = [(2304, 768), (768, 768), (3072, 768), (768, 3072)] * 12  # all blocks of GPT-2, 124M


def seconds_of(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def acceptance() -> Iterator[dict[str, Any]]:
    """Tables of counts as drafts of the stories GPT, at temperature 1, for several lengths."""
    model, _ = stories_gpt()
    prompts = [story[:16] for story in stories(held_out=True)[:TEXTS]]

    def plain() -> None:
        for seed, prompt in enumerate(prompts):
            list(generate_cached(model, prompt, NEW, seed=seed))

    def with_draft(order: int, length: int) -> list[SpeculativeStep]:
        draft, steps = table_of_counts(order), list[SpeculativeStep]()
        for seed, prompt in enumerate(prompts):
            options = {"num_speculative_tokens": length, "seed": seed}
            steps += generate_speculative(model, draft, prompt, NEW, **options)
        return steps

    for order, length in product(ORDERS, LENGTHS):
        run = partial(with_draft, order, length)
        steps = run()  # the table keeps the rows that it has computed once
        accepted = sum(step.num_accepted for step in steps)
        yield {
            "order": order,
            "length": length,
            "tokens_per_call": round(TEXTS * NEW / len(steps), 2),
            "accepted_of_tested": round(accepted / sum(step.num_tested for step in steps), 3),
            "times_faster": round(
                median(seconds_of(plain) / seconds_of(run) for _ in range(ROUNDS)), 2
            ),
        }


def quantization() -> Iterator[dict[str, Any]]:
    """Loss and bytes of the stories GPT; speed of all matrices in the blocks of GPT-2 (124M)."""
    model, _ = stories_gpt()
    plain = loss_of(model, count=90)
    matrices = [torch.randn(shape) / 30 for shape in SHAPES]
    with torch.no_grad():
        layers: dict[str, list[Any]] = {"float32": [linear_of(matrix) for matrix in matrices]}
        for bits, round_off in ((8, quantize_int8), (4, quantize_int4)):
            kernel = find_kernel(None, bits)
            layers[f"int{bits}"] = [
                QuantizedLinear(round_off(matrix), None, kernel) for matrix in matrices
            ]
        times = {rows: speeds(layers, rows) for rows in ROWS}
    for name in layers:
        own = model if name == "float32" else quantize(model, int(name[3:]))
        yield {
            "format": name,
            "added_loss": round(loss_of(own, count=90) - plain, 4),
            "bytes_of_stories_gpt": weight_bytes(own),
            "milliseconds": {rows: round(1000 * times[rows][name], 1) for rows in ROWS},
        }


def linear_of(matrix: torch.Tensor) -> nn.Linear:
    layer = nn.Linear(matrix.shape[1], matrix.shape[0], bias=False)
    layer.weight.copy_(matrix)
    return layer


def speeds(layers: dict[str, list[Any]], rows: int) -> dict[str, float]:
    """Processor seconds of one pass through all layers; the median of turns."""
    taken: dict[str, list[float]] = {name: [] for name in layers}
    inputs = {size: torch.randn(rows, size) for size in (768, 3072)}

    def run(stack: list[Any]) -> None:
        for layer in stack:
            layer(inputs[layer.in_features])

    for _ in range(2 * ROUNDS + 1):
        for name, stack in layers.items():
            taken[name].append(seconds_of(partial(run, stack)))
    return {name: median(each) for name, each in taken.items()}


def main() -> None:
    torch.set_num_threads(1)
    found = {
        "date": date.today().isoformat(),
        "processor": processor(),
        "torch": torch.__version__,
        "acceptance": list(acceptance()),
        "quantization": list(quantization()),
    }
    write_json(OUT, found)


if __name__ == "__main__":
    main()
