"""`gptcore train`: train a model; a run can be stopped, killed and resumed."""

import shlex
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from gptcore.cli.training.options import (
    TrainOptions,
    previous_command,
    print_note,
    typed_options,
)
from gptcore.model.config import GPTConfig
from gptcore.optional import require_packages
from gptcore.training.config import TrainConfig
from gptcore.training.presets import find_preset
from gptcore.training.saving.run_settings import load_run_settings


@dataclass
class Train(TrainOptions):
    """Train a model, or continue a run: gptcore train PRESET --out_dir DIR [--resume]

    Ctrl-C, SIGTERM, SIGHUP (a closed terminal) and SIGUSR1 (Slurm) finish the step, save a
    checkpoint, and end with exit code 75. The same command with --resume continues. A second Ctrl-C
    stops at once. After a crash, --resume continues from the newest intact checkpoint.
    """

    def run(self) -> None:
        """Check the options without PyTorch, then train."""
        preset = find_preset(self.preset)
        self.check_folder()
        previous = self.previous_run()
        settings = previous["train"] if previous else asdict(preset.train)
        config = TrainConfig(**rescale_schedule(settings, typed_options(self.settings)))
        sizes = (previous["model"] if previous else preset.model) | typed_options(self.model)
        GPTConfig(**sizes)  # refuses invalid sizes before PyTorch is loaded
        data = self.data
        if data is None and previous and previous.get("data"):
            data = Path(previous["data"])
        if data is None and preset.text is None:
            raise ValueError(
                f"The preset {self.preset} needs shards: --data DIR. To make them: "
                f"gptcore prepare fineweb:CC-MAIN-2013-20/000_00000 --out DIR"
            )
        require_packages("gptcore train", "torch", "safetensors", "numpy")
        # Only this file needs PyTorch, which takes seconds to load; errors above come at once.
        import_module("gptcore.cli.training.loop").run(self, preset, config, sizes, data)

    def check_folder(self) -> None:
        """Raise ValueError if --out_dir is a file, or --init_from does not exist."""
        if self.out_dir.exists() and not self.out_dir.is_dir():
            raise ValueError(f"--out_dir {self.out_dir} is a file; name a folder, or a new one.")
        if self.init_from is not None and not self.init_from.exists():
            raise ValueError(
                f"--init_from {self.init_from} does not exist. Name the folder of a run, such as "
                f"the --out_dir of another gptcore train."
            )

    def previous_run(self) -> dict[str, Any] | None:
        """Settings and command of the run that is resumed; None for a new run.

        Raises:
            ValueError: If it has another preset.
        """
        settings = load_run_settings(self.out_dir, print_note) if self.resume else None
        if settings is None:
            return None
        command = previous_command(self.out_dir)
        preset = command.get("preset", self.preset)
        if preset != self.preset:
            raise ValueError(
                f"{self.out_dir} has a run of the preset {preset}, not of {self.preset}. To resume "
                f"it: gptcore train {preset} --out_dir {shlex.quote(str(self.out_dir))} --resume"
            )
        settings["train"]["device"] = "auto"  # this may be another machine
        return command | settings


def rescale_schedule(settings: dict[str, Any], typed: dict[str, Any]) -> dict[str, Any]:
    """Apply the typed options; fewer steps than before also shorten warmup and decay."""
    now = settings | typed
    tenth, fifth = now["max_steps"] // 10, now["max_steps"] // 5
    if typed.get("max_steps", now["max_steps"]) < settings["max_steps"]:
        if "warmup_steps" not in typed:
            now["warmup_steps"] = min(now["warmup_steps"], tenth)
        if "decay_steps" not in typed:
            now["decay_steps"] = min(now["decay_steps"], fifth)
    return now
