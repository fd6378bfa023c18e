"""Options of `gptcore tune`: the fields of the settings of all kinds of tuning."""

from dataclasses import dataclass, field, fields, make_dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import tyro

from gptcore.cli.training.options import COMMAND_FILE, docs_of_fields, metavar
from gptcore.cli.tuning.presets import KINDS, PRESET_LIST
from gptcore.json_text import read_json_object

# An option of every kind; one that needs several processes; one that tuning always has.
LEFT_OUT = ("device", "fsdp", "document_mask")
# What a resumed run takes from the command that began it, unless it is typed again.
REMEMBERED = (
    *("init_from", "data", "mix", "questions", "reward", "marker", "pairs", "lora"),
    "block_size",
    "mix_rows",
)


def field_kinds() -> dict[str, list[str]]:
    """Each field of the settings -> the kinds of tuning that have it."""
    kinds: dict[str, list[str]] = {}
    for kind, (settings, _) in KINDS.items():
        for one in fields(settings):
            if one.name not in LEFT_OUT:
                kinds.setdefault(one.name, []).append(kind)
    return kinds


def settings_fields(is_shown: Any, name: str) -> type:
    """Make a dataclass of some fields, which are None unless they are typed.

    Args:
        is_shown: Whether a field belongs to it, from the kinds that have the field.
        name: Name of the new dataclass.
    """
    docs = {kind: docs_of_fields(settings) for kind, (settings, _) in KINDS.items()}
    types = {one.name: one.type for settings, _ in KINDS.values() for one in fields(settings)}
    made = []
    for option, kinds in field_kinds().items():
        if is_shown(kinds):
            texts = {kind: " ".join(docs[kind][option].split()) for kind in kinds}
            shortest = min(texts.values(), key=len)
            is_same = all(text.startswith(shortest) for text in texts.values())
            by_kind = "; ".join(f"{kind}: {text}" for kind, text in texts.items())
            text = shortest if is_same and len(kinds) > 1 else by_kind
            argument = tyro.conf.arg(
                help=text,
                metavar=metavar(types[option]),
                help_behavior_hint="(default: the preset's)",
            )
            made.append((option, Annotated[Optional[types[option]], argument], None))  # noqa: UP045 - type | None is not for values
    return make_dataclass(name, made)


SharedFields = settings_fields(lambda kinds: len(kinds) > 1, "SharedFields")
SFTFields = settings_fields(lambda kinds: kinds == ["sft"], "SFTFields")
ReinforceFields = settings_fields(lambda kinds: kinds == ["reinforce"], "ReinforceFields")
DPOFields = settings_fields(lambda kinds: kinds == ["dpo"], "DPOFields")


@dataclass
class TuneOptions:
    """The words after `gptcore tune`."""

    preset: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PRESET", help=PRESET_LIST)]
    out_dir: Path
    """folder of the run: log.jsonl, checkpoints, tokenizer, and the chat format"""
    init_from: str | None = None
    """the model: folder of a run or of a Hugging Face model, a GGUF file, or smollm2, sums-gpt,
    stories-gpt"""
    data: Path | None = None
    """sft: conversations, in each line {"messages": [{"role": "user", "content": ...}, ...]}"""
    mix: Path | None = None
    """sft: folder of shards of pretraining text; some rows of each batch are of it, so that less is
    forgotten, and its validation loss is shown"""
    mix_rows: int | None = None
    """sft: how many rows (default: an eighth of the batch; each weighs more than a row of
    conversations, because all its tokens are graded)"""
    questions: Path | None = None
    """reinforce: in each line {"question": ..., "answer": ...}"""
    reward: str | None = None
    """reinforce: exact (the right number and nothing else), text (the right text), contains (the
    text occurs), format (matches the pattern in "answer"); or FILE.py:FUNCTION"""
    marker: str | None = None
    """reinforce: what follows it is the answer, such as #### in GSM8K"""
    pairs: Path | None = None
    """dpo: in each line {"prompt": ..., "chosen": ..., "rejected": ...}"""
    lora: int | None = None
    """train adapters of this rank and freeze the model; they are saved apart, and merged"""
    block_size: int | None = None
    """the most tokens of a conversation (default: the model's context, at most 512)"""
    sample_every: int | None = None
    """steps between two looks at its answers (default: a quarter of all)"""
    resume: bool = False
    """continue from the newest intact checkpoint, with the settings of the run; without a
    checkpoint, start a new run"""
    device: str = "auto"
    """cpu, cuda, cuda:1, mps; auto: the fastest one available"""
    shared: Annotated[SharedFields, tyro.conf.arg(name="")] = field(default_factory=SharedFields)  # type: ignore[valid-type]  # made at run time
    """settings of all, or of two kinds"""
    sft: Annotated[SFTFields, tyro.conf.arg(name="")] = field(default_factory=SFTFields)  # type: ignore[valid-type]  # made at run time
    """settings of supervised fine-tuning"""
    rl: Annotated[ReinforceFields, tyro.conf.arg(name="")] = field(default_factory=ReinforceFields)  # type: ignore[valid-type]  # made at run time
    """settings of reinforcement learning"""
    dpo: Annotated[DPOFields, tyro.conf.arg(name="")] = field(default_factory=DPOFields)  # type: ignore[valid-type]  # made at run time
    """settings of DPO"""

    def typed(self) -> dict[str, Any]:
        """The settings that were typed."""
        groups = (self.shared, self.sft, self.rl, self.dpo)
        return {n: v for group in groups for n, v in vars(group).items() if v is not None}


def previous_tuning(out_dir: Path) -> dict[str, Any]:
    """The command that began the run in a folder; nothing if there is none.

    Args:
        out_dir: Folder of the run.

    Raises:
        ValueError: If the run is not one of `gptcore tune`.
        OSError: If its file is damaged.
    """
    if not (out_dir / COMMAND_FILE).exists():
        return {}
    content = read_json_object(out_dir / COMMAND_FILE)
    if "tune" not in content:
        raise ValueError(
            f"{out_dir} has a run of gptcore train. Tune it into another folder: --out_dir DIR "
            f"--init_from {out_dir}"
        )
    if not isinstance(content.get("preset"), str):
        raise OSError(
            f"{out_dir / COMMAND_FILE} is damaged: it names no preset. Begin a new run in another "
            f"folder from this one's weights: --init_from {out_dir}"
        )
    return content
