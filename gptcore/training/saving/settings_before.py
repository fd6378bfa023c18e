"""The settings and sizes of the run in a folder: from run.json, or else from a checkpoint.

Without PyTorch, so that a misspelt option is told at once.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gptcore.json_text import read_json_object
from gptcore.model.config import GPTConfig
from gptcore.training.config import TrainConfig

RUN, STATE = "run.json", "state.json"


def settings_before(
    out_dir: str | Path, told: Callable[[str], None] = lambda text: None
) -> dict[str, Any] | None:
    """The fields of `TrainConfig` and of `GPTConfig`, as "train" and "model"; None without a run.

    `told` hears of files that are damaged, and which one is used instead.
    Example: steps = [*train(model, batches, config, out_dir="out")]
             settings_before("out")["train"]["max_steps"] -> 3
    """
    out_dir, damaged = Path(out_dir), ""
    states = [out_dir / "latest" / STATE, *sorted(out_dir.glob(f"step_*/{STATE}"), reverse=True)]
    for file in (out_dir / RUN, *states):
        if not file.exists():
            continue
        try:
            found = settings_in(file)
        except (OSError, ValueError) as error:
            damaged = damaged or str(error)
            continue
        if damaged:
            told(f"{damaged} {file} has the same settings, and is used instead.")
        return found
    if damaged:
        told(f"{damaged} No checkpoint says the settings either; those of the preset are taken.")
    return None


def settings_in(file: Path) -> dict[str, Any]:
    """Raises: OSError, ValueError if they are not there, or no run can have them."""
    content = read_json_object(file)
    try:
        TrainConfig(**content["train"])
        GPTConfig(**content["model"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is damaged: its settings cannot be read ({error!r}).") from None
    return {"train": content["train"], "model": content["model"]}
