"""`gptcore tune`: a model that continues text learns to answer, from examples or from rewards."""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from gptcore.checks import as_int, check_choice
from gptcore.cli.tuning.options import REMEMBERED, TuneOptions, field_kinds, previous_tuning
from gptcore.cli.tuning.presets import KINDS, PRESETS, TunePreset
from gptcore.cli.tuning.reward_function import find_reward
from gptcore.optional import require_packages

FILE_OPTIONS = {option: kind for kind, (_, option) in KINDS.items()}
PATHS = ("data", "mix", "questions", "pairs")
SFT_ONLY, RL_ONLY = ("mix", "mix_rows"), ("reward", "marker")
OF_ONE_KIND = FILE_OPTIONS | dict.fromkeys(SFT_ONLY, "sft") | dict.fromkeys(RL_ONLY, "reinforce")


@dataclass
class Tune(TuneOptions):
    """Teach a model to answer: gptcore tune PRESET --out_dir DIR --init_from MODEL [--resume]

    A model without a chat format gets special tokens for one; a chat model keeps its template.
    gptcore chat DIR talks to the result. Ctrl-C finishes the step, saves a checkpoint, and ends
    with exit code 75. The same command with --resume continues. A second Ctrl-C stops at once.
    """

    def run(self) -> None:
        """Check the options without PyTorch, then tune."""
        check_choice(self.preset, "preset", PRESETS)
        preset = PRESETS[self.preset]
        if self.out_dir.exists() and not self.out_dir.is_dir():
            raise ValueError(f"--out_dir {self.out_dir} is a file; name a folder, or a new one.")
        self.check_ignored(preset)
        command = self.with_previous(previous_tuning(self.out_dir) if self.resume else {})
        command.check_kind(preset)
        settings = command.typed()
        config = preset.config(settings)
        command = replace(
            command,
            init_from=command.init_from or preset.init_from,
            reward=command.reward or preset.reward,
        )
        command.check_examples(preset)
        if preset.kind == "reinforce":
            find_reward(command.reward)
        for name in ("lora", "block_size", "sample_every", "mix_rows"):
            if getattr(command, name) is not None:
                as_int(getattr(command, name), f"--{name}", 1)
        require_packages("gptcore tune", "torch", "safetensors", "numpy")
        # Only this file needs PyTorch, which takes seconds to load; errors above come at once.
        import_module("gptcore.cli.tuning.loop").run(command, preset, config)

    def with_previous(self, previous: dict[str, Any]) -> "Tune":
        """The command with what the run that is resumed was given, unless it is typed again.

        Args:
            previous: The command that began the run; nothing for a new run.

        Raises:
            ValueError: If it has another preset.
        """
        if not previous:
            return self
        if previous["preset"] != self.preset:
            raise ValueError(
                f"{self.out_dir} has a run of the preset {previous['preset']}, not of "
                f"{self.preset}. To resume it: gptcore tune {previous['preset']} --out_dir "
                f"{self.out_dir} --resume"
            )
        known: dict[str, Any] = {
            name: Path(previous[name]) if name in PATHS else previous[name]
            for name in REMEMBERED
            if getattr(self, name) is None and previous.get(name) is not None
        }
        command = replace(self, **known)
        for group in (command.shared, command.sft, command.rl, command.dpo):
            for name in vars(group):
                if getattr(group, name) is None:
                    setattr(group, name, previous.get("settings", {}).get(name))
        return command

    def check_kind(self, preset: TunePreset) -> None:
        """Raise ValueError for an option that another kind of tuning has.

        Args:
            preset: The preset.
        """
        kinds = field_kinds()
        for name in self.typed():
            if preset.kind not in kinds[name]:
                raise wrong_kind_error(name, " and ".join(kinds[name]), self.preset)
        for name, kind in OF_ONE_KIND.items():
            if getattr(self, name) is not None and kind != preset.kind:
                raise wrong_kind_error(name, kind, self.preset)

    def check_ignored(self, preset: TunePreset) -> None:
        """Raise ValueError for a typed option that the run would not read.

        Args:
            preset: The preset.
        """
        for name in PATHS:
            if preset.makes_data and getattr(self, name) is not None:
                raise ValueError(
                    f"The preset {self.preset} makes its own examples, and does not read --{name}. "
                    f"Remove it, or take the preset {preset.kind}."
                )

    def check_examples(self, preset: TunePreset) -> None:
        """Raise ValueError if the model or the examples are not named, or a file is missing.

        Args:
            preset: The preset.
        """
        option = KINDS[preset.kind][1]
        if self.init_from is None and self.resume:
            raise ValueError(
                f"{self.out_dir} has no run to resume. To begin one, name its model: --init_from."
            )
        if self.init_from is None:
            way_out = (
                "the folder of the run of gptcore tune sums-sft"
                if preset.makes_data
                else "a run, a Hugging Face folder, smollm2, stories-gpt"
            )
            raise ValueError(f"The preset {self.preset} needs a model: --init_from {way_out}.")
        if not preset.makes_data and getattr(self, option) is None:
            raise ValueError(f"The preset {self.preset} needs examples: --{option} FILE.jsonl")
        if preset.kind == "reinforce" and self.reward is None:
            raise ValueError(
                f"The preset {self.preset} needs a reward: --reward exact, text, contains, format, "
                f"or FILE.py:FUNCTION."
            )
        if self.mix_rows is not None and self.mix is None and not preset.makes_data:
            raise ValueError("--mix_rows needs a text to mix in: --mix SHARDS.")
        for name in PATHS:
            path = getattr(self, name)
            if path is not None and not preset.makes_data and not path.exists():
                raise ValueError(f"--{name} {path} does not exist.")


def wrong_kind_error(name: str, kinds: str, preset: str) -> ValueError:
    """The error for an option of another kind of tuning."""
    return ValueError(
        f"--{name} is an option of {kinds}; the preset {preset} is of another kind. Remove it."
    )
