"""A computed clock: how long requests take in different ways of serving, the same on every machine.

A step costs the reading of the weights, and work for each text and for each token of a prompt. The
three costs are near those of a GPT with 13.9 million parameters on one core of an AMD EPYC, in
processor time (28 November 2026); what the clock says of whole runs is within 15 % of what
`make bench NAMES=serving` measured there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from random import Random
from statistics import median
from typing import Any

READ_MS, TEXT_MS, PROMPT_MS = 7.5, 1.0, 0.5
PROMPTS, OUTPUTS = (8, 16, 32, 64, 96), (8, 8, 16, 16, 32, 128)


@dataclass
class Job:
    """A request on the computed clock; times in seconds.

    Attributes:
        prompt: Tokens of its prompt.
        output: Tokens of its output.
        arrival: When it comes.
        slot: Where it was computed.
        start: When its prefill began.
        first: When it got its first token.
        end: When its reader got the last one.
    """

    prompt: int
    output: int
    arrival: float = 0.0
    slot: int = 0
    start: float = 0.0
    first: float = 0.0
    end: float = 0.0
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.output


def the_requests() -> list[Job]:
    """The 32 requests of the benchmark: 864 new tokens, most texts short, a few long."""
    rng = Random(4)
    prompts = []
    for _ in range(32):
        length = rng.choice(PROMPTS)
        for _ in range(length):
            rng.randrange(8192)  # the benchmark draws the tokens, too
        prompts.append(length)
    return [Job(prompt, rng.choice(OUTPUTS)) for prompt in prompts]


def arriving(rate: float, count: int, seed: int) -> list[Job]:
    """Requests that come by chance, so many a second."""
    rng, now, jobs = Random(seed), 0.0, []
    for _ in range(count):
        now += rng.expovariate(rate)
        jobs.append(Job(rng.choice(PROMPTS), rng.choice(OUTPUTS), now))
    return jobs


def step_seconds(texts: int, prompt: int = 0) -> float:
    """How long one pass of the model takes.

    Args:
        texts: Texts that get a token.
        prompt: Tokens of prompts that are computed in the same pass.

    Example:
        >>> round(step_seconds(16) / step_seconds(1), 1)
        2.8
    """
    return (READ_MS + TEXT_MS * texts + PROMPT_MS * prompt) / 1000


def static_batches(jobs: Sequence[Job], size: int) -> list[Job]:
    """Batches that begin together and end with their longest text; size 1: one by one.

    Shorter prompts are padded. The slot of a text that has ended is free when all have ended.

    Args:
        jobs: In the order of arrival; they are changed.
        size: The most requests in a batch.

    Returns:
        The same requests, with their times.
    """
    now, waiting = 0.0, list(jobs)
    while waiting:
        now = max(now, waiting[0].arrival)
        batch = [job for job in waiting[:size] if job.arrival <= now]
        waiting = waiting[len(batch) :]
        padded, longest = (max(getattr(j, name) for j in batch) for name in ("prompt", "output"))
        for slot, job in enumerate(batch):
            job.slot, job.start = slot, now
        for token in range(1, longest + 1):
            prompt = padded * len(batch) if token == 1 else 0
            now += step_seconds(len(batch), prompt)
            for job in batch:
                if token == 1:
                    job.first = now
                if token == job.output:
                    job.end = now
    return list(jobs)


def continuous(jobs: Sequence[Job], slots: int) -> list[Job]:
    """Requests join and leave between two steps.

    Args:
        jobs: In the order of arrival; they are changed.
        slots: The most requests that run at once.

    Returns:
        The same requests, with their times.
    """
    now, waiting, running, free = 0.0, list(jobs), list[Job](), list(range(slots))
    while waiting or running:
        if not running:
            now = max(now, waiting[0].arrival)
        new = []
        while waiting and free and waiting[0].arrival <= now:
            job = waiting.pop(0)
            job.slot, job.start = free.pop(0), now
            new.append(job)
        running += new
        now += step_seconds(len(running), sum(job.prompt for job in new))
        for job in running:
            job.left -= 1
            job.first = job.first or now
            if not job.left:
                job.end = now
        free = sorted(free + [job.slot for job in running if not job.left])
        running = [job for job in running if job.left]
    return list(jobs)


WAYS: dict[str, Callable[[Sequence[Job], int], list[Job]]] = {
    "one by one": lambda jobs, slots: static_batches(jobs, 1),
    "static batches": static_batches,
    "continuous batching": continuous,
}


def bars(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """What `viz.draw_batch_timeline` draws of served requests."""
    return [
        {"request": i, "slot": job.slot, "start": job.start, "decode": job.first, "end": job.end}
        for i, job in enumerate(jobs)
    ]


def timelines(slots: int = 8) -> dict[str, list[dict[str, Any]]]:
    """The same 32 requests, served in three ways."""
    return {name: bars(way(the_requests(), slots)) for name, way in WAYS.items()}


def tokens_per_second(jobs: Sequence[Job]) -> float:
    """New tokens of all requests, divided by the time until the last one has ended."""
    return sum(job.output for job in jobs) / max(job.end for job in jobs)


RATES, SLOTS, SEEDS, COUNT = (1, 2, 3, 4, 6, 8, 10, 12, 16), (4, 8, 16, 32), range(5), 200


@cache
def dial_runs() -> dict[tuple[float, int], dict[str, dict[str, float]]]:
    """What `viz.BatchingDial` shows: 200 requests that come by chance, the median of five seeds."""
    found: dict[tuple[float, int], dict[str, dict[str, float]]] = {}
    for rate, slots in product(RATES, SLOTS):
        found[rate, slots] = {}
        for name, way in WAYS.items():
            runs = [waiting_times(way(arriving(rate, COUNT, seed), slots)) for seed in SEEDS]
            found[rate, slots][name] = {
                "wait": median(run["whole"] for run in runs),
                "tokens_per_second": median(run["tokens_per_second"] for run in runs),
            }
    return found


def waiting_times(jobs: Sequence[Job]) -> dict[str, float]:
    """What readers notice: median seconds until the first and until the last token, and throughput.

    Args:
        jobs: Requests that were served.
    """
    return {
        "first": median(job.first - job.arrival for job in jobs),
        "whole": median(job.end - job.arrival for job in jobs),
        "tokens_per_second": tokens_per_second(jobs),
    }
