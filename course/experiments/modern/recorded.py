"""The recorded runs of lesson 13, `data/modern_switches.json`: written by `make record`."""

from collections.abc import Iterator, Mapping
from math import sqrt
from statistics import mean, variance
from typing import Any

import torch

from course.experiments.modern.switches import CURVE_STEPS, Letters
from course.experiments.recordings import recording
from viz import draw_loss
from viz.canvas.picture import Picture

FILE = "modern_switches.json"
WIDTH, GPT2 = "by width", "GPT-2's initial weights"  # tables
AS_LONG = "rope, as long as muon"  # AdamW with the seconds of Muon
# Switches whose effect is so large that no seed can hide it.
LARGE = ("learned positions", "no positions", "muon", "modern + muon")
HIGH_RATES = ("learning rate 0.064", "learning rate 0.128")
HARDLY = 0.02  # fraction of the letters
Losses = dict[str, list[float]]


def runs_of(table: str, switch: str) -> list[dict[str, Any]]:
    """The runs of one switch, by seed."""
    found = [r for r in recording(FILE)["runs"] if r["table"] == table and r["switch"] == switch]
    return sorted(found, key=lambda run: run["seed"])


def recorded_losses(table: str = WIDTH, *switches: str) -> Losses:
    """The losses of each switch, by seed.

    Args:
        table: by width, GPT-2's initial weights, learning rate 0.064, or learning rate 0.128.
        *switches: Which; none: all but the run that is as long as Muon's.
    """
    named = dict.fromkeys(run["switch"] for run in recording(FILE)["runs"] if run["table"] == table)
    wanted = switches or [name for name in named if name != AS_LONG]
    return {name: [run["loss"] for run in runs_of(table, name)] for name in wanted}


def tables() -> dict[str, Losses]:
    """The same switches with GPT-2's initial weights, and with initial weights by width."""
    gpt2 = recorded_losses(GPT2)
    return {GPT2: gpt2, "initial weights by width": recorded_losses(WIDTH, *gpt2)}


def rate_report() -> Iterator[str]:
    """For each high learning rate: mean losses with and without QK-norm, and who wins how often."""
    for table in HIGH_RATES:
        losses = recorded_losses(table, "rope", "qk-norm")
        pairs = list(zip(*losses.values()))
        wins = sum(normed < plain for plain, normed in pairs)
        means = ", ".join(f"{name} {mean(values):.2f}" for name, values in losses.items())
        yield f"{table}: {means}; qk-norm is lower with {wins} of {len(pairs)} seeds"


def lengths() -> list[dict[str, Any]]:
    """The rows of the table of lengths: positions, variant, T, loss, loss_after_64."""
    rows: list[dict[str, Any]] = recording(FILE)["lengths"]
    return rows


def draw_plateau(text: Letters) -> Picture:
    """Training with GPT-2's initial weights: learned positions, and RoPE, means over seeds.

    Args:
        text: The letters, for the loss of a table of pairs.
    """
    history = {}
    for name in ("learned positions", "rope"):
        curves = [run["curve"] for run in runs_of(GPT2, name)]
        middle = [mean(losses) for losses in zip(*curves)]
        steps = [CURVE_STEPS * (i + 1) for i in range(len(middle))]
        history[name] = (steps, [round(loss, 2) for loss in middle])
    return draw_loss(
        history,
        title=f"Training loss, mean of {len(runs_of(GPT2, 'rope'))} seeds",
        unit="loss (nats per letter)",
        lines={"table of pairs": round(pair_loss(text), 2)},
    )


def pair_loss(text: Letters) -> float:
    """The loss of a table of pairs on the validation letters, in nats per letter.

    Args:
        text: The letters.
    """
    V = text.tokenizer.vocab_size
    pairs = text.train[:-1] * V + text.train[1:]
    counts = torch.bincount(pairs, minlength=V * V).view(V, V) + 0.1
    log_probs = (counts / counts.sum(1, keepdim=True)).log()
    return -log_probs[text.val[:-1], text.val[1:]].mean().item()


def noise_report() -> Iterator[str]:
    """Whether the same seed cancels the noise, and how often one seed has the wrong sign."""
    losses = {name: values for name, values in recorded_losses().items() if name not in LARGE}
    same, other = spreads(losses)
    yield f"standard deviation of a difference, same seed:       {same:.3f}"
    yield f"standard deviation of a difference, different seeds: {other:.3f}"
    for name, count in sorted(wrong_signs(losses).items(), key=lambda pair: -pair[1]):
        if count:
            yield f"{name:22} wrong sign with {count} of {len(losses[name])} seeds"


def wrong_signs(losses: Mapping[str, list[float]], baseline: str = "rope") -> dict[str, int]:
    """For each switch, how many seeds alone give another sign than the mean of all seeds.

    Args:
        losses: Losses by seed of each switch.
        baseline: What they are compared with, seed by seed.
    """
    found = {}
    for name, values in losses.items():
        differences = [own - plain for own, plain in zip(values, losses[baseline])]
        overall = mean(differences)
        if name != baseline:
            found[name] = sum(difference * overall < 0 for difference in differences)
    return found


def spreads(losses: Mapping[str, list[float]], baseline: str = "rope") -> tuple[float, float]:
    """Mean standard deviation of a difference to the baseline, and that of unrelated runs.

    Args:
        losses: Losses by seed of each switch.
        baseline: What they are compared with: with the same seed, then with another one.

    Returns:
        Root mean squares over the switches.
    """
    plain, paired, unrelated = losses[baseline], [], []
    for name, values in losses.items():
        if name != baseline:
            paired.append(variance(own - other for own, other in zip(values, plain)))
            unrelated.append(variance(values) + variance(plain))
    return sqrt(mean(paired)), sqrt(mean(unrelated))


def expert_report() -> Iterator[str]:
    """Loss of both ways to train experts, and in how many layers some expert is hardly used."""
    for switch in ("4 experts", "4 experts + balancing"):
        runs = runs_of(WIDTH, switch)
        layers = [load for run in runs for load in run["load"]]
        idle = sum(min(load) < HARDLY for load in layers)
        losses = [run["loss"] for run in runs]
        yield (
            f"{switch:20} loss {mean(losses):.2f} (one seed {min(losses):.2f} to {max(losses):.2f})"
            f", layers with an expert that gets under 2 %: {idle} of {len(layers)}"
        )
