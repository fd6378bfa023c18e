"""Options of `gptcore train`: the fields of `TrainConfig` and of `GPTConfig`."""

import ast
import inspect
import sys
from dataclasses import dataclass, field, fields, make_dataclass
from pathlib import Path
from typing import Annotated, Any, Optional, get_args

import tyro

from gptcore.json_text import read_json_object
from gptcore.model.config import GPTConfig
from gptcore.model.rope_scaling import RopeScaling
from gptcore.training.config import TrainConfig
from gptcore.training.presets import PRESETS

COMMAND_FILE = "command.json"  # what --resume needs of the command that began the run
REMEMBERED = ("preset", "sample_every", "sample_prompt", "wandb_project")  # besides paths


def optional_fields(settings: type, name: str) -> type:
    """Make a dataclass with the same fields, which are None unless they are typed.

    Args:
        settings: A dataclass; the string below a field becomes the help of the option.
        name: Name of the new dataclass.

    Returns:
        The new dataclass.
    """
    docs = docs_of_fields(settings)
    hint = "(default: the preset's)"
    return make_dataclass(
        name,
        [
            (
                f.name,
                Annotated[
                    Optional[f.type],  # noqa: UP045 - type | None is not for values
                    tyro.conf.arg(
                        help=" ".join(docs[f.name].split()),
                        metavar=metavar(f.type),
                        help_behavior_hint=hint,
                    ),
                ],
                None,
            )
            for f in fields(settings)
            if f.type != RopeScaling | None  # several numbers; a run that trains needs none
        ],
    )


def docs_of_fields(settings: type) -> dict[str, str]:
    """The string below each field of a dataclass, those that it inherits included."""
    inherited = [docs_of_fields(base) for base in settings.__bases__ if base is not object]
    docs = {name: doc for one in inherited for name, doc in one.items()}
    tree = ast.parse(inspect.getsource(settings)).body[0]
    assert isinstance(tree, ast.ClassDef)
    return docs | {
        f.target.id: inspect.cleandoc(doc.value.value)
        for f, doc in zip(tree.body, tree.body[1:])
        if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)
        and isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)
        and isinstance(doc.value.value, str)
    }  # fmt: skip


def metavar(kind: Any) -> str:
    """What stands for the value of an option in `--help`, such as INT for `int | None`."""
    name = next(k for k in get_args(kind) or (kind,) if k is not type(None)).__name__
    return "True|False" if name == "bool" else name.upper()


TrainFields = optional_fields(TrainConfig, "TrainFields")
ModelFields = optional_fields(GPTConfig, "ModelFields")
PRESET_LIST = "\n".join(f"{name}: {preset.about}" for name, preset in PRESETS.items())


@dataclass
class TrainOptions:
    """The words after `gptcore train`."""

    out_dir: Path
    """folder of the run: log.jsonl, checkpoints, config.toml, and the tokenizer"""
    preset: Annotated[
        str | None,
        tyro.conf.Positional,
        tyro.conf.arg(
            metavar="PRESET",
            help=PRESET_LIST,
            help_behavior_hint="(may be left out if --config names it, or with --resume)",
        ),
    ] = None
    config: Path | None = None
    """a file of settings, TOML or YAML: a line such as batch_size = 16 for each option; what is
    typed here wins over the file, and the file over the preset. Each run writes one: config.toml"""
    data: Path | None = None
    """folder of shards that gptcore prepare made; not needed for presets with their own text"""
    resume: bool = False
    """continue from the newest intact checkpoint, with the settings of the run; without a
    checkpoint, start a new run"""
    init_from: str | None = None
    """start from the weights of another model, with its sizes and its tokenizer: the folder of a
    run or of a Hugging Face model, a GGUF file, smollm2 (gptcore fetch smollm2), gpt2 (from the
    hub), stories-gpt, ...; only --block_size may be smaller, --vocab_size larger, and --dropout any
    """
    tensorboard: bool = False
    """also write the log for TensorBoard, into OUT_DIR/tensorboard"""
    wandb: bool = False
    """also send the log to Weights & Biases, which --resume continues; WANDB_MODE=offline keeps it
    in OUT_DIR/wandb, without an account"""
    wandb_project: str | None = None
    """with --wandb: project of the run; default: gptcore"""
    sample_every: int | None = None
    """steps between two samples, short texts of the model in the terminal and in log.jsonl; the
    losses are the same with and without; default: none"""
    sample_prompt: str | None = None
    """where samples begin; default: at the start of a text"""
    lr: float | None = None
    """short for --learning_rate, with --min_learning_rate in the same ratio to it as before"""
    settings: Annotated[TrainFields, tyro.conf.arg(name="")] = field(default_factory=TrainFields)  # type: ignore[valid-type]  # made at run time
    """how it is trained"""
    model: Annotated[ModelFields, tyro.conf.arg(name="")] = field(default_factory=ModelFields)  # type: ignore[valid-type]  # made at run time
    """the model"""


def previous_command(out_dir: Path) -> dict[str, Any]:
    """Read what the command that began the run in a folder has left for --resume.

    Args:
        out_dir: Folder of the run.

    Returns:
        Its paths and the options in `REMEMBERED` that it had; nothing if the file is missing or
        damaged.
    """
    if not (out_dir / COMMAND_FILE).exists():
        return {}
    try:
        typed = read_json_object(out_dir / COMMAND_FILE)
    except OSError as error:
        print_note(f"{error} The preset and the paths of this command are used.")
        return {}
    return {name: value for name, value in typed.items() if value is not None}


def print_note(text: str) -> None:
    """Print a note on standard error."""
    print(f"note: {text}", file=sys.stderr)


def typed_options(options: Any) -> dict[str, Any]:
    """The options that were typed: the fields that are not None."""
    return {name: value for name, value in vars(options).items() if value is not None}
