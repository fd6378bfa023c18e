"""`gptcore train`: a model learns from text, and can be stopped, killed and gone on with."""

import ast
import inspect
import shlex
import sys
from dataclasses import asdict, dataclass, field, fields, make_dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Optional

import tyro

from gptcore.json_text import read_json_object
from gptcore.model.config import GPTConfig
from gptcore.optional import require
from gptcore.training.config import TrainConfig
from gptcore.training.presets import PRESETS, find_preset
from gptcore.training.settings_before import settings_before

COMMAND = "command.json"  # what was typed


def optional_fields(settings: type, name: str) -> type:
    """A dataclass with the same fields, each None unless it is given; help from the docstrings."""
    tree = ast.parse(inspect.getsource(settings)).body[0]
    assert isinstance(tree, ast.ClassDef)
    docs = {
        f.target.id: inspect.cleandoc(doc.value.value)
        for f, doc in zip(tree.body, tree.body[1:])
        if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)
        and isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)
        and isinstance(doc.value.value, str)
    }  # fmt: skip
    hint = "(default: the preset's)"
    return make_dataclass(
        name,
        [
            (
                f.name,
                Annotated[
                    Optional[f.type],  # noqa: UP045, type | None is not for values
                    tyro.conf.arg(
                        help=" ".join(docs[f.name].split()),
                        metavar="True|False" if f.type is bool else f.type.__name__.upper(),  # type: ignore[union-attr]
                        help_behavior_hint=hint,
                    ),
                ],
                None,
            )
            for f in fields(settings)
        ],
    )


TrainFields = optional_fields(TrainConfig, "TrainFields")
ModelFields = optional_fields(GPTConfig, "ModelFields")
PRESET_LIST = "\n".join(f"{name}: {preset.about}" for name, preset in PRESETS.items())


@dataclass
class Train:
    """Train a model, or go on with it: gptcore train PRESET --out_dir DIR [--resume]

    Ctrl-C, SIGTERM, SIGHUP (a closed terminal) and SIGUSR1 (Slurm) finish the step, save, and end
    with exit code 75: the same command with --resume goes on. A second Ctrl-C stops at once. After
    a crash, too, --resume goes on from the last checkpoint that is whole.
    """

    preset: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PRESET", help=PRESET_LIST)]
    out_dir: Path
    """folder of the run: log.jsonl, checkpoints, and the tokenizer"""
    data: Path | None = None
    """folder of shards that gptcore prepare made; presets with a text of their own need none"""
    resume: bool = False
    """go on from the newest whole checkpoint, with the settings that the run had; begins if there
    is none"""
    init_from: Path | None = None
    """begin with the weights of another run, or of a Hugging Face folder; its sizes are taken over,
    and its optimizer's files are not needed"""
    tensorboard: bool = False
    """write the log for TensorBoard, too, into OUT_DIR/tensorboard"""
    settings: Annotated[TrainFields, tyro.conf.arg(name="")] = field(default_factory=TrainFields)  # type: ignore[valid-type]
    """how it is trained"""
    model: Annotated[ModelFields, tyro.conf.arg(name="")] = field(default_factory=ModelFields)  # type: ignore[valid-type]
    """the model"""

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
        require("gptcore train", "torch", "safetensors", "numpy")
        # Only this line needs PyTorch, which takes seconds to load; a misspelt word does not wait.
        import_module("gptcore.cli.training").run(self, preset, config, sizes, data)

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
        before = settings_before(self.out_dir, note) if self.resume else None
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


def typed_before(out_dir: Path) -> dict[str, Any]:
    """The preset and the data that the run in a folder began with, as far as is known."""
    if not (out_dir / COMMAND).exists():
        return {}
    try:
        typed = read_json_object(out_dir / COMMAND)
    except OSError as error:
        note(f"{error} It says only the preset and --data, which are taken as typed now.")
        return {}
    return {name: value for name, value in typed.items() if isinstance(value, str)}


def note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


def given(fields_: Any) -> dict[str, Any]:
    """The options that were typed."""
    return {name: value for name, value in asdict(fields_).items() if value is not None}


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
