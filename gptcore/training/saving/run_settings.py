"""The settings and sizes of the run in a folder: from run.json, or else from a checkpoint.

This needs no PyTorch, so that a misspelt option is reported at once.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gptcore.json_text import read_json_object
from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig

RUN, STATE = "run.json", "state.json"


def load_run_settings(
    out_dir: str | Path, warn: Callable[[str], None] = lambda message: None
) -> dict[str, Any] | None:
    """Read the settings that the run in a folder had.

    Args:
        out_dir: Folder of the run.
        warn: Called with a sentence about damaged files, and what is used instead.

    Returns:
        The fields of `TrainConfig` and `GPTConfig`, under "train" and "model"; None without a run.
    """
    out_dir, damaged = Path(out_dir), ""
    states = [out_dir / "latest" / STATE, *sorted(out_dir.glob(f"step_*/{STATE}"), reverse=True)]
    for file in (out_dir / RUN, *states):
        if not file.exists():
            continue
        try:
            found = read_run_settings(file)
        except (OSError, ValueError) as error:
            damaged = damaged or str(error)
            continue
        if damaged:
            warn(f"{damaged} {file} has the same settings, and is used instead.")
        return found
    if damaged:
        warn(f"{damaged} No checkpoint has the settings either; the preset's are used.")
    return None


def read_run_settings(file: Path) -> dict[str, Any]:
    """Read "train" and "model" of a file; raise OSError or ValueError if they are damaged."""
    content = read_json_object(file)
    try:
        TrainConfig(**content["train"])
        GPTConfig(**content["model"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is damaged: its settings cannot be read ({error!r}).") from None
    return {"train": content["train"], "model": content["model"]}
