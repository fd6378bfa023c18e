"""`gptcore train`: a model learns from text, and can be stopped, killed and gone on with."""

import ast
import inspect
import json
from dataclasses import asdict, dataclass, field, fields, make_dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Optional

import tyro

from gptcore.model.config import GPTConfig
from gptcore.optional import require
from gptcore.training.config import TrainConfig
from gptcore.training.presets import PRESETS, find_preset

COMMAND, RUN = "command.json", "run.json"  # what was typed; what the run is (`train` writes it)


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

    Ctrl-C or SIGTERM finish the step, save, and end with exit code 75: the same command with
    --resume goes on. A second Ctrl-C stops at once. After a crash, too, --resume goes on from the
    last checkpoint that is whole.
    """

    preset: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PRESET", help=PRESET_LIST)]
    out_dir: Path
    """folder of the run: log.jsonl, checkpoints, and the tokenizer"""
    data: Path | None = None
    """folder of shards that gptcore prepare made; presets with a text of their own need none"""
    resume: bool = False
    """go on from the newest whole checkpoint, with the settings that the run had; begins if there
    is none"""
    tensorboard: bool = False
    """write the log for TensorBoard, too, into OUT_DIR/tensorboard"""
    settings: Annotated[TrainFields, tyro.conf.arg(name="")] = field(default_factory=TrainFields)  # type: ignore[valid-type]
    """how it is trained"""
    model: Annotated[ModelFields, tyro.conf.arg(name="")] = field(default_factory=ModelFields)  # type: ignore[valid-type]
    """the model"""

    def run(self) -> None:
        preset = find_preset(self.preset)
        before = self.before()
        settings = before["train"] if before else asdict(preset.train)
        config = TrainConfig(**fitted(settings, given(self.settings)))
        sizes = (before["model"] if before else preset.model) | given(self.model)
        GPTConfig(**sizes)  # refuses what no model can have, before anything is loaded
        data = self.data or (Path(before["data"]) if before and before["data"] else None)
        if data is None and preset.text is None:
            raise ValueError(
                f"The preset {self.preset} learns from shards: --data DIR. Make them with: "
                f"gptcore prepare fineweb:CC-MAIN-2013-20/000_00000 --out DIR"
            )
        require("gptcore train", "torch", "safetensors", "numpy")
        # Only this line needs PyTorch, which takes seconds to load; a misspelt word does not wait.
        import_module("gptcore.cli.training").run(self, preset, config, sizes, data)

    def before(self) -> dict[str, Any] | None:
        """What the folder says of the run that it holds, if that is to be resumed.

        Raises: ValueError if it was another preset.
        """
        command, about = self.out_dir / COMMAND, self.out_dir / RUN
        if not self.resume or not command.exists() or not about.exists():
            return None
        before = read_json(command) | read_json(about)
        if before["preset"] != self.preset:
            raise ValueError(
                f"{self.out_dir} holds a run of the preset {before['preset']}, not of "
                f"{self.preset}. Resume it: gptcore train {before['preset']} --out_dir "
                f"{self.out_dir} --resume"
            )
        # The machine may be another one now.
        before["train"]["device"] = "auto"
        return before


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


def read_json(file: Path) -> dict[str, Any]:
    """What a file says. Raises: OSError if it is damaged."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OSError(f"{file} is damaged ({error}). Begin anew in another --out_dir.") from None
