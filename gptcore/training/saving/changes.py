"""What is different in a run that is resumed: said, kept as its history, or refused.

Left out on purpose: sizes, rows and data, which a run cannot change at all (`run.py`).
"""

import shlex
from pathlib import Path
from typing import Any

# Settings that do not change what a finished run has computed, or are asked for to go on with it.
HARMLESS = {"max_steps", "max_minutes", "keep_checkpoints", "device", "dtype", "compile", "fsdp"}
HARMLESS |= {"activation_checkpointing", "loss_chunk"}
LENGTHS = {"warmup_steps", "decay_steps"}  # which follow from max_steps

Changes = dict[str, list[Any]]  # name -> the old value and the new one


def differences(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    """What is not as it was; what is known of only one of the two is left out.

    Example: differences({"train": {"fsdp": False}, "torch": "2.9"}, {"train": {"fsdp": True}})
             -> {"fsdp": [False, True]}
    """
    old, new = ({**state.get("train", {}), **state} for state in (before, now))
    old["device"], new["device"] = before.get("device"), now.get("device")  # not "auto"
    names = [name for name in new if name in old and name != "train"]
    return {
        name: [old[name], new[name]]
        for name in names
        if old[name] != new[name] and None not in (old[name], new[name])
    }


def in_words(changed: Changes) -> str:
    """Each change as OLD -> NEW.

    Example: in_words({"keep_checkpoints": [2, 1]}) -> "keep_checkpoints 2 -> 1"
    """
    return ", ".join(f"{name} {old} -> {new}" for name, (old, new) in changed.items())


def check_finished(state: dict[str, Any], settings: dict[str, Any], folder: Path) -> None:
    """Raises: ValueError if a run is finished, and other settings are asked for now."""
    before, done = state["train"], state["step"]
    if done < max(before["max_steps"], settings.get("max_steps", 0)) or state.get("learned"):
        return
    before = before | state["model"]
    allowed = HARMLESS | (LENGTHS if settings.get("max_steps") != before["max_steps"] else set())
    other = {
        name: [before[name], value]
        for name, value in settings.items()
        if name in before and name not in allowed and before[name] != value
    }
    if other:
        raise ValueError(
            f"The run in {folder.parent} is finished, with {done:,} steps, and other settings are "
            f"asked for now: {in_words(other)}. Leave them out; or go on with more steps: --resume "
            f"--max_steps {2 * done}; or begin with its weights: --out_dir NEW --init_from "
            f"{shlex.quote(str(folder.parent))}"
        )
