"""`gptcore doctor`: what this machine has for a training run, and how to get what is missing."""

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
LINE_WIDTH = 96


@dataclass
class Doctor:
    """Check this machine: device, number formats, compiler, memory, disk, data."""

    rate: bool = False
    """also train for 20 steps, at most a minute, and measure tokens per second"""
    preset: str | None = None
    """with --rate: which run; default: fineweb-40m on a GPU, stories-cpu elsewhere"""
    json: bool = False
    """print JSON"""

    def run(self) -> None:
        """Print each finding, then the throughput if it is asked for."""
        if self.preset is not None:
            find_preset(self.preset)  # refuses a misspelt name before anything is measured
        findings, preset, throughput = [], "", None
        for finding in doctor.check_machine():
            findings.append(finding)
            if not self.json:
                print(format_finding(finding), flush=True)
        if self.rate:
            preset, throughput = self.measure()
        if self.json:
            measured = None if throughput is None else {"preset": preset, **asdict(throughput)}
            content = {"findings": [vars(finding) for finding in findings], "rate": measured}
            print(json.dumps(content, indent=2))
        elif throughput is not None:
            print(format_throughput(preset, throughput))

    def measure(self) -> "tuple[str, Throughput]":
        """Measure the throughput of a run; also return the name of its preset."""
        torch = doctor.import_torch()
        if torch is None:
            raise PackageMissingError("--rate", "torch")
        name = self.preset or ("fineweb-40m" if torch.cuda.is_available() else "stories-cpu")
        preset = find_preset(name)
        if sys.stderr.isatty():
            print(f"measuring 20 steps of {name} ...", file=sys.stderr, flush=True)
        # Only this file needs PyTorch, which may not be installed.
        measure = import_module("gptcore.training.throughput").measure_throughput
        return name, measure(preset.config(preset_vocab_size(preset)), preset.train)


def format_finding(finding: Finding) -> str:
    """One finding in a line, and the advice in the lines below."""
    line = f"{MARKS[finding.status]} {finding.name:15}{finding.detail}"
    if not finding.advice:
        return line
    indent = " " * 18
    return (
        line
        + "\n"
        + textwrap.fill(
            finding.advice,
            LINE_WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
    )


def format_throughput(preset: str, throughput: "Throughput") -> str:
    """The throughput, and the command that uses it."""
    mfu = "" if throughput.mfu is None else f", MFU {throughput.mfu:.0%}"
    return (
        f"ok {'throughput':15}{throughput.tokens_per_second:,.0f} tokens/s on "
        f"{throughput.device}{mfu}; {preset}, median of {throughput.steps} steps\n"
        f"{'':18}gptcore budget {preset} --tokens_per_second {throughput.tokens_per_second:.0f}"
    )
