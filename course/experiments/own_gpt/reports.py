"""What lesson 16 prints and draws of the recorded runs: means over seeds, rounded."""

from collections.abc import Iterator
from statistics import mean
from typing import Any

from course.experiments.own_gpt.recorded import HELD_OUT, Run, average, runs
from course.experiments.tuning.recorded import runs as tuning_runs

SIZES = ("200", "2000", "27494")


def dial_runs() -> dict[int, list[Run]]:
    """The runs on lists of names by their number of lines, a list over seeds."""
    return {int(size): [with_coincidence(run) for run in of_size(size)] for size in SIZES}


def of_size(size: str) -> list[Run]:
    """The runs on so many names."""
    return runs("sizes", variant=size)


def with_coincidence(run: Run) -> Run:
    """A run with the share of samples that would be in its list without memory."""
    ratio = run["lines"] / HELD_OUT
    return {**run, "coincidence": [min(1.0, ratio * share) for share in run["in_held_out"]]}


def best_place(chosen: list[Run]) -> int:
    """The place of the measurement with the lowest mean held-out loss."""
    count = len(chosen[0]["held_out"])
    return min(range(count), key=lambda place: average(chosen, "held_out", place))


def copies_report() -> Iterator[str]:
    """How many samples are in the training list, and how many coincidence explains, at step 600."""
    yield "lines    in the training list   in 2,000 held-out names"
    for size in SIZES:
        found = (average(of_size(size), name, -1) for name in ("copied", "in_held_out"))
        yield "{:6,}  {:20.1%}  {:23.1%}".format(int(size), *found)


def memory_report() -> Iterator[str]:
    """What coincidence explains of the copies at step 600, and what it does not."""
    yield "lines    in the training list   by coincidence   memorized"
    for size in SIZES:
        chosen = dial_runs()[int(size)]
        copied, chance = (average(chosen, name, -1) for name in ("copied", "coincidence"))
        yield f"{int(size):6,}  {copied:20.1%}  {chance:15.1%}  {max(0, copied - chance):10.1%}"
    yield "(computed before rounding)"


def better_names_report() -> Iterator[str]:
    """What a larger model and what more lines do to the held-out loss of the kept step."""
    yield "lines    parameters   held-out loss   best letter table"
    chosen: list[tuple[str, list[Run]]] = [(size, of_size(size)) for size in SIZES]
    chosen[-1:] = [
        ("27494", runs("shapes", variant="2x32")),
        ("27494", of_size("27494")),
        ("27494", runs("shapes", variant="4x128")),
    ]
    for size, some in chosen:
        loss = average(some, "held_out", best_place(some))
        table = average(runs("tables", variant=size), "held_out")
        yield f"{int(size):6,}  {some[0]['parameters']:10,}  {loss:14.2f}  {table:18.2f}"
    yield "(means of five seeds; of the other sizes three)"


def start_report() -> Iterator[str]:
    """Short lists learned from nothing and from names-gpt: held-out loss of the kept step."""
    yield "lines            from nothing   from names-gpt    gain   names-gpt is better in"
    for name, lines in dict.fromkeys((run["list"], run["lines"]) for run in runs("starts")):
        nothing, names = (
            [run["held_out"] for run in runs("starts", list=name, lines=lines, start=start)]
            for start in ("nothing", "names-gpt")
        )
        wins = sum(own < other for own, other in zip(names, nothing))
        before, after = mean(nothing), mean(names)
        words = f"{lines} {name}"
        yield (
            f"{words:15}  {before:12.2f}  {after:15.2f}  {before - after:6.2f}   "
            f"{wins} of {len(names)} seeds"
        )


def letters_report() -> Iterator[str]:
    """Names, and names whose letters are in another order: held-out loss after 600 steps."""
    names, shuffled = of_size("27494"), runs("letters")
    yield f"names:                           {average(names, 'held_out', -1):.2f} nats per token"
    yield f"letters of each name shuffled:   {average(shuffled, 'held_out', -1):.2f}"
    yield f"how often each letter occurs:    {average(shuffled, 'frequencies'):.2f}"


def certainty_report() -> Iterator[str]:
    """The mean probability of the likeliest answer to sums with a carry, when right and wrong."""
    yield "sums with a carry, temperature 0   right   p if right   p if wrong"
    for name, when in (("after SFT", "before"), ("after reinforcement", "after")):
        found: list[dict[str, Any]] = [run[f"calibration_{when}"] for run in tuning_runs("main")]
        right, sure, wrong = (
            sum(one[key] for one in found) / len(found)
            for key in ("right", "sure_right", "sure_wrong")
        )
        yield f"{name:33}  {right:6.0%}  {sure:10.2f}  {wrong:11.2f}"
    yield "(means of five seeds)"
