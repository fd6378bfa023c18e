"""`gptcore train`: train a model; a run can be stopped, killed and resumed."""

import shlex
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from gptcore.checks import as_int, as_path
from gptcore.cli.training.config_file import ConfigFile, read_config_file
from gptcore.cli.training.options import (
    REMEMBERED,
    ModelFields,
    TrainFields,
    TrainOptions,
    previous_command,
    print_note,
    typed_options,
)
from gptcore.cli.training.precedence import with_options
from gptcore.model.config import GPTConfig
from gptcore.optional import require_packages
from gptcore.training.config import TrainConfig
from gptcore.training.presets import PRESETS, Preset, find_preset
from gptcore.training.saving.run_settings import load_run_settings


@dataclass
class Train(TrainOptions):
    """Train a model, or continue a run: gptcore train PRESET --out_dir DIR [--resume]

    A setting is taken from the command line, else from --config FILE, else from the preset; with
    --resume from the run instead of the preset. The run writes all of them into DIR/config.toml.

    Ctrl-C, SIGTERM, SIGHUP (a closed terminal) and SIGUSR1 (Slurm) finish the step, save a
    checkpoint, and end with exit code 75. The same command with --resume continues. A second Ctrl-C
    stops at once. After a crash, --resume continues from the newest intact checkpoint.
    """

    def run(self) -> None:
        """Check the options without PyTorch, then train."""
        file = ConfigFile() if self.config is None else read_config_file(self.config)
        command = self.with_file(file)
        command.check_folder()
        previous = command.previous_run()
        for name in REMEMBERED:
            if getattr(command, name) is None:
                setattr(command, name, (previous or {}).get(name))
        preset = command.find_preset()
        with file.blamed():
            as_int(command.sample_every or 0, "sample_every", 0)
            config = command.train_config(file, previous, preset)
            sizes = previous["model"] if previous else preset.model
            sizes = sizes | typed_options(command.model)
            if command.init_from is None:
                GPTConfig(**sizes)  # refuses invalid sizes before PyTorch is loaded
        data = command.data
        if data is None and previous and previous.get("data"):
            data = Path(previous["data"])
        if data is None and preset.text is None:
            raise ValueError(
                f"The preset {command.preset} needs shards: --data DIR. To make them: "
                f"gptcore prepare fineweb:CC-MAIN-2013-20/000_00000 --out DIR"
            )
        command.note_unused()
        require_packages("gptcore train", "torch", "safetensors", "numpy")
        for name in ("tensorboard", "wandb"):
            if getattr(command, name):
                require_packages(f"--{name}", name)
        # Only this file needs PyTorch, which takes seconds to load; errors above come at once.
        import_module("gptcore.cli.training.loop").run(command, preset, config, sizes, data)

    def note_unused(self) -> None:
        """Say which options have no effect, because the one that they belong to is missing."""
        for name, needs in (("sample_prompt", "sample_every"), ("wandb_project", "wandb")):
            if getattr(self, name) is not None and not getattr(self, needs):
                print_note(f"--{name} has no effect without --{needs}.")

    def with_file(self, file: ConfigFile) -> "Train":
        """The command with the options of a file, except those that were typed.

        Args:
            file: The settings in --config; those of the training are applied later.
        """
        top: dict[str, Any] = {
            name: as_path(value, name) if name == "data" else value
            for name, value in file.top.items()
            if name != "lr" and (getattr(self, name) is None or getattr(self, name) is False)
        }
        return replace(self, **top, model=ModelFields(**file.model | typed_options(self.model)))

    def train_config(
        self, file: ConfigFile, previous: dict[str, Any] | None, preset: Preset
    ) -> TrainConfig:
        """The settings of the training; afterwards `settings` has all that the user chose.

        Args:
            file: The settings in --config.
            previous: The run that is resumed, or None.
            preset: The preset.

        Raises:
            ValueError: If a value is impossible.
        """
        typed = typed_options(self.settings) | ({} if self.lr is None else {"lr": self.lr})
        in_file = file.train | ({"lr": file.top["lr"]} if "lr" in file.top else {})
        settings = previous["train"] if previous else asdict(preset.train)
        for chosen in (in_file, typed):
            settings = with_options(settings, chosen)
        config = TrainConfig(**settings)
        names = {*in_file, *typed}
        if "lr" in names:
            names = names - {"lr"} | {"learning_rate", "min_learning_rate"}
        self.settings = TrainFields(**{name: getattr(config, name) for name in names})
        return config

    def find_preset(self) -> Preset:
        """The preset; ValueError if there is none of that name, or none is named."""
        if self.preset is None:
            raise ValueError(
                f"Name a preset: gptcore train PRESET --out_dir {shlex.quote(str(self.out_dir))}; "
                f"or name it in the file of --config. There are: {', '.join(PRESETS)}."
            )
        return find_preset(self.preset)

    def check_folder(self) -> None:
        """Raise ValueError if --out_dir is a file."""
        if self.out_dir.exists() and not self.out_dir.is_dir():
            raise ValueError(f"--out_dir {self.out_dir} is a file; name a folder, or a new one.")

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
        if self.preset not in (None, preset):
            raise ValueError(
                f"{self.out_dir} has a run of the preset {preset}, not of {self.preset}. To resume "
                f"it: gptcore train {preset} --out_dir {shlex.quote(str(self.out_dir))} --resume"
            )
        settings["train"]["device"] = "auto"  # this may be another machine
        return command | settings
