"""What lesson 14 prints and draws of the recorded runs: means over seeds, rounded."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean
from typing import Any

from course.experiments.tuning.recorded import runs

Run = Mapping[str, Any]


def select(table: str, **wanted: object) -> list[Run]:
    """The runs of a table whose fields have the wanted values.

    Args:
        table: Name of the table.
        **wanted: Fields and their values.
    """
    return [run for run in runs(table) if all(run[name] == value for name, value in wanted.items())]


def values_of(table: str, field: str) -> list[Any]:
    """The different values of a field, in their order in the file."""
    return list(dict.fromkeys(run[field] for run in runs(table)))


def average(chosen: Sequence[Run], *path: str) -> float:
    """The mean of a field over runs; several names lead into a field of fields."""
    numbers = []
    for run in chosen:
        value: Any = run
        for name in path:
            value = value[name]
        numbers.append(value)
    return mean(numbers)


def seeds_line(table: str) -> str:
    """How many seeds the means of a table are of."""
    counts: dict[str, int] = {}
    for run in runs(table):
        counts[run["variant"]] = counts.get(run["variant"], 0) + 1
    few, many = min(counts.values()), max(counts.values())
    return f"(means of {few} seeds)" if few == many else f"(means of {few} to {many} seeds)"


def size_report() -> Iterator[str]:
    """What SFT on few and on many conversations gives."""
    yield "conversations   stops   sums without carry   carries right   carries forgotten"
    for count in values_of("sizes", "conversations"):
        chosen = select("sizes", conversations=count)
        ended, plain, carry, forgot = (
            average(chosen, name) for name in ("ended", "plain", "carry", "forgot")
        )
        yield f"{count:13,}  {ended:6.0%}  {plain:19.0%}  {carry:14.0%}  {forgot:18.0%}"
    yield seeds_line("sizes")


def forgetting_report() -> Iterator[str]:
    """Skill and loss on documents, with and without pretraining text in each batch."""
    yield "learning rate   mix   sums without carry   text (nats)"
    yield f"base model {average(runs('forgetting'), 'text_before'):41.2f}"
    for rate in values_of("forgetting", "learning_rate"):
        for mix in (False, True):
            chosen = select("forgetting", learning_rate=rate, mix=mix)
            plain, text = average(chosen, "plain"), average(chosen, "text")
            yield f"{rate:13g}   {'yes' if mix else 'no':3}  {plain:19.0%}  {text:12.2f}"
    yield seeds_line("forgetting")


def pass_at_k_curves() -> dict[str, list[dict[int, float]]]:
    """pass@k before and after reinforcement, for each seed."""
    return {
        name: [{int(k): p for k, p in run[f"pass_{name}"].items()} for run in runs("main")]
        for name in ("before", "after")
    }


def start_report() -> Iterator[str]:
    """From which share of right answers reinforcement can start."""
    yield "after SFT with               carries right: before   after   pass@64: before   after"
    line = "{:27}  {:21.1%}  {:6.0%}  {:16.0%}  {:6.0%}"
    for start in values_of("starts", "start"):
        chosen = select("starts", start=start)
        if "changed" in chosen[0]:
            changed = sum(run["changed"] for run in chosen)
            yield f"{start}: all groups agree; a weight changed in {changed} of {len(chosen)} runs"
            continue
        names = ("carry_before", "carry_after", "pass64_before", "pass64_after")
        yield line.format(start, *(average(chosen, name) for name in names))
    ours = runs("main")
    numbers = [average(ours, when, "carry") for when in ("before", "after")]
    numbers += [average(ours, f"pass_{when}", "64") for when in ("before", "after")]
    yield line.format("40% of writers right (ours)", *numbers)
    yield seeds_line("starts")


def hacking_report() -> Iterator[str]:
    """Reward and truth of the flawed reward, and of the right one."""
    yield "reward     KL weight   mean reward   only the right number   two numbers"
    first = runs("hacking")
    numbers = [average(first, "before", name) for name in ("reward", "truth", "hedged")]
    yield "before                {:12.2f}  {:22.0%}  {:12.0%}".format(*numbers)
    for reward in values_of("hacking", "reward"):
        for weight in values_of("hacking", "kl_weight"):
            chosen = select("hacking", reward=reward, kl_weight=weight)
            if chosen:
                numbers = [average(chosen, "after", n) for n in ("reward", "truth", "hedged")]
                yield "{:9}  {:9g}  {:12.2f}  {:22.0%}  {:12.0%}".format(reward, weight, *numbers)
    yield seeds_line("hacking")


def dial_runs() -> dict[tuple[str, float], list[dict[str, list[float]]]]:
    """The curves of each reward and KL weight, a list over seeds."""
    found: dict[tuple[str, float], list[dict[str, list[float]]]] = {}
    for run in runs("dial"):
        found.setdefault((run["reward"], run["kl_weight"]), []).append(run["curve"])
    return found


def names_report() -> Iterator[str]:
    """For each KL weight: right names, and different ones of 64."""
    yield "KL weight   right    different of 64"
    for weight in values_of("names", "kl_weight"):
        chosen = select("names", kl_weight=weight)
        name = "before" if weight is None else f"{weight:g}"
        yield f"{name:9}  {average(chosen, 'right'):6.1%}  {average(chosen, 'distinct'):17.0f}"
    yield seeds_line("names")


def rate_report() -> Iterator[str]:
    """What the learning rate of reinforcement does."""
    yield "learning rate   reward at the end   groups that agree   carries right"
    for rate in values_of("rates", "learning_rate"):
        chosen = select("rates", learning_rate=rate)
        numbers = [average(chosen, name) for name in ("reward", "agreement", "carry")]
        yield "{:13g}  {:18.2f}  {:18.0%}  {:14.0%}".format(rate, *numbers)
    yield seeds_line("rates")


def dpo_report() -> Iterator[str]:
    """Pairs ordered right, log-probability of the chosen answers, and what is answered."""
    yield "             pairs     log p of chosen   log p of rejected   right:  right:"
    yield "SFT weight   in order   before   after    before   after      carry   no carry"
    for weight in values_of("dpo", "sft_weight"):
        chosen = select("dpo", sft_weight=weight)
        names = ["preference_accuracy", "chosen_before", "chosen_after"]
        names += ["rejected_before", "rejected_after", "carry", "plain"]
        numbers = [average(chosen, name) for name in names]
        line = "{:10g}  {:9.0%}  {:7.1f}  {:6.1f}  {:8.1f}  {:6.1f}  {:9.0%}  {:9.0%}"
        yield line.format(weight, *numbers)
    yield seeds_line("dpo")


def main_report() -> Iterator[str]:
    """Right carries before and after reinforcement, sampled and at temperature 0."""
    chosen = runs("main")
    yield "carries right     before   after"
    for name, prefix in (("temperature 1", ""), ("temperature 0", "greedy_")):
        before, after = (
            average(chosen, f"{prefix}{when}", "carry") for when in ("before", "after")
        )
        yield f"{name:15}  {before:7.0%}  {after:6.0%}"
    yield seeds_line("main")
