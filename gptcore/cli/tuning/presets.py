"""Presets of `gptcore tune`: a kind of tuning with settings, and perhaps with data of ours.

A preset lists only what differs from the defaults of `TrainConfig`, `ReinforceConfig` and
`DPOConfig`. Source: the settings of the sums are those of lesson 14.
"""

from dataclasses import dataclass, field
from typing import Any

from gptcore.training.config import TrainConfig
from gptcore.tuning.preferences.dpo_config import DPOConfig
from gptcore.tuning.reinforcement.reinforce_config import ReinforceConfig

Config = TrainConfig | ReinforceConfig | DPOConfig
# Kind of tuning -> its settings, and the option that names its file of examples.
KINDS: dict[str, tuple[type[Any], str]] = {
    "sft": (TrainConfig, "data"),
    "reinforce": (ReinforceConfig, "questions"),
    "dpo": (DPOConfig, "pairs"),
}
SMALL_SFT = {"batch_size": 32, "min_learning_rate": 0.0, "warmup_steps": 10, "eval_every": 50}

SUMS_SFT = {"schedule": "wsd", "batch_size": 18}  # 2 of the 18 rows are pretraining text


@dataclass(frozen=True)
class TunePreset:
    """A kind of tuning with settings.

    Attributes:
        about: One line for the command line.
        kind: sft, reinforce or dpo.
        settings: What differs from the defaults of the settings.
        init_from: The model, if it is always the same.
        makes_data: Whether it makes its own examples: questions of two-digit sums.
        reward: The reward, if the questions are ours.
    """

    about: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    init_from: str | None = None
    makes_data: bool = False
    reward: str | None = None

    def config(self, typed: dict[str, Any]) -> Config:
        """The settings of a run.

        Args:
            typed: The fields that were typed.
        """
        now = self.settings | typed
        if "warmup_steps" not in typed and "max_steps" in now:  # a short run has a short warmup
            default = KINDS[self.kind][0]().warmup_steps
            now["warmup_steps"] = min(now.get("warmup_steps", default), now["max_steps"] // 10)
        if "decay_steps" not in typed and self.settings.get("schedule") == "wsd":
            now["decay_steps"] = now["max_steps"] - now["warmup_steps"]  # straight down to the end
        config: Config = KINDS[self.kind][0](**now)
        return config


PRESETS: dict[str, TunePreset] = {
    "sft": TunePreset(
        "supervised fine-tuning: learn to answer from conversations, --data FILE",
        "sft",
        {"max_steps": 200, "learning_rate": 3e-4, **SMALL_SFT, "batch_size": 16},
    ),
    "reinforce": TunePreset(
        "reinforcement learning: questions and a reward, --questions FILE --reward NAME",
        "reinforce",
    ),
    "dpo": TunePreset("learn from pairs of answers, --pairs FILE", "dpo"),
    "sums-sft": TunePreset(
        "sums-gpt learns to answer sums and to give names; no file",
        "sft",
        {"max_steps": 200, "learning_rate": 3e-3, "optimizer": "muon", **SMALL_SFT, **SUMS_SFT},
        init_from="sums-gpt",
        makes_data=True,
    ),
    "sums-rl": TunePreset(
        "then it learns to carry from rewards: --init_from the run of sums-sft; no file",
        "reinforce",
        {"questions_per_step": 32, "max_new_tokens": 8},
        makes_data=True,
        reward="exact",
    ),
    "sums-dpo": TunePreset(
        "or from pairs of its own answers: --init_from the run of sums-sft; no file",
        "dpo",
        {"sft_weight": 0.3},  # at 3e-4, the rate of lesson 14, more names are forgotten
        makes_data=True,
    ),
}
PRESET_LIST = "\n".join(f"{name}: {preset.about}" for name, preset in PRESETS.items())
