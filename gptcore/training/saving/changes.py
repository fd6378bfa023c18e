"""What differs when a run is resumed: reported, kept in its history, or refused.

Model sizes, batch size and data cannot change at all (`run.py`).
"""

import shlex
from pathlib import Path
from typing import Any

# Settings that do not change what a finished run has computed, or that continue it.
HARMLESS = {"max_steps", "max_minutes", "keep_checkpoints", "device", "dtype", "compile", "fsdp"}
HARMLESS |= {"activation_checkpointing", "loss_chunk"}
DERIVED = {"warmup_steps", "decay_steps"}  # these follow from max_steps

Changes = dict[str, list[Any]]  # name -> the old value and the new one


def differences(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    """Compare the states of a run before and after a resume.

    Args:
        before: The old state; settings are under "train".
        now: The new one. What only one of the two has is not compared.

    Returns:
        Name -> the old and the new value.
    """
    old, new = ({**state.get("train", {}), **state} for state in (before, now))
    old["device"], new["device"] = before.get("device"), now.get("device")  # not "auto"
    names = [name for name in new if name in old and name != "train"]
    return {
        name: [old[name], new[name]]
        for name in names
        if old[name] != new[name] and None not in (old[name], new[name])
    }


def format_changes(changed: Changes) -> str:
    """Write changes as "name old -> new", separated by commas.

    Args:
        changed: What `differences` found.

    Returns:
        One line of text.
    """
    return ", ".join(f"{name} {old} -> {new}" for name, (old, new) in changed.items())


def check_finished_settings(state: dict[str, Any], settings: dict[str, Any], folder: Path) -> None:
    """Check that a finished run is not asked for with other settings.

    Args:
        state: The state of its last checkpoint.
        settings: What is asked for now.
        folder: The folder of the checkpoint, for the message.

    Raises:
        ValueError: If the run is finished, and a setting that matters is another one now.
    """
    before, done = state["train"], state["step"]
    if done < max(before["max_steps"], settings.get("max_steps", 0)) or state.get("unlogged"):
        return
    before = before | state["model"]
    allowed = HARMLESS | (DERIVED if settings.get("max_steps") != before["max_steps"] else set())
    other = {
        name: [before[name], value]
        for name, value in settings.items()
        if name in before and name not in allowed and before[name] != value
    }
    if other:
        where = shlex.quote(str(folder.parent))
        advice = (
            f"train for more steps: --resume --max_steps {2 * done}; or start from its weights: "
            f"--out_dir NEW --init_from {where}"
        )
        if other.keys() & state["model"].keys():  # a model keeps its sizes
            advice = "train another model: --out_dir NEW"
        raise ValueError(
            f"The run in {folder.parent} is finished, with {done:,} steps, and these settings are "
            f"different now: {format_changes(other)}. Leave them out; or {advice}"
        )
