"""`gptcore doctor`: what this machine has for a run, and what to do about what it lacks."""

import json
import sys
import textwrap
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from gptcore.optional import PackageMissingError
from gptcore.training.cost.budget import preset_vocab_size
from gptcore.training.hardware import doctor
from gptcore.training.hardware.doctor import Finding
from gptcore.training.presets import find_preset

if TYPE_CHECKING:
    from gptcore.training.throughput import Throughput

MARKS = {"ok": "ok", "warning": "--", "error": "!!"}
WIDTH = 96


@dataclass
class Doctor:
    """Look at this machine: device, number formats, compiler, memory, disk, data at hand."""

    rate: bool = False
    """also train for 20 steps, or a minute at most, and say how many tokens a second that makes"""
    preset: str | None = None
    """with --rate: which run; unless said, fineweb-40m on a GPU, stories-cpu elsewhere"""
    json: bool = False
    """the same as JSON"""

    def run(self) -> None:
        if self.preset is not None:
            find_preset(self.preset)  # a misspelt name is told before anything is measured
        found, rate, preset = [], None, ""
        for finding in doctor.findings():
            found.append(finding)
            if not self.json:
                print(in_words(finding), flush=True)
        if self.rate:
            preset, rate = self.measured()
        if self.json:
            measured = None if rate is None else {"preset": preset, **asdict(rate)}
            print(json.dumps({"findings": doctor.as_json(found), "rate": measured}, indent=2))
        elif rate is not None:
            print(rate_in_words(preset, rate))

    def measured(self) -> "tuple[str, Throughput]":
        """A run's rate, and which run's."""
        torch = doctor.pytorch()
        if torch is None:
            raise PackageMissingError("--rate", "torch")
        name = self.preset or ("fineweb-40m" if torch.cuda.is_available() else "stories-cpu")
        preset = find_preset(name)
        if sys.stderr.isatty():
            print(f"measuring 20 steps of {name} ...", file=sys.stderr, flush=True)
        # Only these lines need PyTorch, which may not be installed.
        rate = import_module("gptcore.training.throughput")
        return name, rate.measure_throughput(preset.config(preset_vocab_size(preset)), preset.train)


def in_words(finding: Finding) -> str:
    """One finding in a line, and what to do about it in those below."""
    told = f"{MARKS[finding.status]} {finding.name:15}{finding.detail}"
    if not finding.advice:
        return told
    indent = " " * 18
    return (
        told
        + "\n"
        + textwrap.fill(
            finding.advice,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
    )


def rate_in_words(preset: str, rate: "Throughput") -> str:
    """The rate, and what it is good for."""
    share = "" if rate.mfu is None else f", {rate.mfu:.0%} of its peak"
    return (
        f"ok {'rate':15}{rate.tokens_per_second:,.0f} tokens/s on {rate.device}{share}; {preset}, "
        f"median of {rate.steps} steps\n"
        f"{'':18}gptcore budget {preset} --tokens_per_second {rate.tokens_per_second:.0f}"
    )
