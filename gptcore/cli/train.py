"""`gptcore train`: a model learns from text, and can be stopped, killed and gone on with."""

import shlex
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from gptcore.cli.training.options import TrainOptions, given, note, typed_before
from gptcore.model.config import GPTConfig
from gptcore.optional import require_packages
from gptcore.training.config import TrainConfig
from gptcore.training.presets import find_preset
from gptcore.training.saving.run_settings import load_run_settings


@dataclass
class Train(TrainOptions):
    """Train a model, or go on with it: gptcore train PRESET --out_dir DIR [--resume]

    Ctrl-C, SIGTERM, SIGHUP (a closed terminal) and SIGUSR1 (Slurm) finish the step, save, and end
    with exit code 75: the same command with --resume goes on. A second Ctrl-C stops at once. After
    a crash, too, --resume goes on from the last checkpoint that is whole.
    """

    def run(self) -> None:
        preset = find_preset(self.preset)
        self.check_folder()
        before = self.before()
        settings = before["train"] if before else asdict(preset.train)
        config = TrainConfig(**fitted(settings, given(self.settings)))
        sizes = (before["model"] if before else preset.model) | given(self.model)
        GPTConfig(**sizes)  # refuses what no model can have, before anything is loaded
        data = self.data or (Path(before["data"]) if before and before.get("data") else None)
        if data is None and preset.text is None:
            raise ValueError(
                f"The preset {self.preset} learns from shards: --data DIR. Make them with: "
                f"gptcore prepare fineweb:CC-MAIN-2013-20/000_00000 --out DIR"
            )
        require_packages("gptcore train", "torch", "safetensors", "numpy")
        # Only this line needs PyTorch, which takes seconds to load; a misspelt word does not wait.
        import_module("gptcore.cli.training.loop").run(self, preset, config, sizes, data)

    def check_folder(self) -> None:
        """Raises: ValueError for a file where the folder of the run should be."""
        if self.out_dir.exists() and not self.out_dir.is_dir():
            raise ValueError(f"--out_dir {self.out_dir} is a file; name a folder, or a new one.")
        if self.init_from is not None and not self.init_from.exists():
            raise ValueError(
                f"--init_from {self.init_from}: there is nothing of that name. Name the folder of "
                f"a run, such as the --out_dir of another gptcore train."
            )

    def before(self) -> dict[str, Any] | None:
        """What the folder says of the run that it holds, if that is to be resumed.

        Raises: ValueError if it was another preset.
        """
        before = load_run_settings(self.out_dir, note) if self.resume else None
        if before is None:
            return None
        command = typed_before(self.out_dir)
        preset = command.get("preset", self.preset)
        if preset != self.preset:
            raise ValueError(
                f"{self.out_dir} holds a run of the preset {preset}, not of {self.preset}. Resume "
                f"it: gptcore train {preset} --out_dir {shlex.quote(str(self.out_dir))} --resume"
            )
        # The machine may be another one now.
        before["train"]["device"] = "auto"
        return command | before


def fitted(settings: dict[str, Any], typed: dict[str, Any]) -> dict[str, Any]:
    """The settings with what was typed; a run made short has a short warm-up and decay, too."""
    now = settings | typed
    tenth, fifth = now["max_steps"] // 10, now["max_steps"] // 5
    if typed.get("max_steps", now["max_steps"]) < settings["max_steps"]:
        if "warmup_steps" not in typed:
            now["warmup_steps"] = min(now["warmup_steps"], tenth)
        if "decay_steps" not in typed:
            now["decay_steps"] = min(now["decay_steps"], fifth)
    return now
