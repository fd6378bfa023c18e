"""What can be typed after `gptcore train`: fields of the preset's settings and of its model."""

import ast
import inspect
import sys
from dataclasses import asdict, dataclass, field, fields, make_dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import tyro

from gptcore.json_text import read_json_object
from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig
from gptcore.training.presets import PRESETS

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
class TrainOptions:
    """What was typed."""

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
