"""The function that --reward names: one of ours, or one in a file of the user."""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from gptcore.checks import check_choice
from gptcore.tuning.reinforcement.rewards import (
    Reward,
    contains_text,
    exact_number,
    exact_text,
    matches_format,
)

REWARDS: dict[str, Callable[..., float]] = {
    "exact": exact_number,
    "text": exact_text,
    "contains": contains_text,
    "format": matches_format,
}


def find_reward(name: str | None, marker: str | None = None) -> Reward:
    """The reward of that name.

    Args:
        name: exact, text, contains, format; or FILE.py:FUNCTION.
        marker: If given, only what follows its last occurrence in an answer is rewarded.

    Raises:
        ValueError: If there is none.
    """
    file, colon, function = str(name).rpartition(":")
    if str(name).endswith(".py") or (colon and not file.endswith(".py")):
        raise ValueError(f"--reward {name} names no function of a file: --reward FILE.py:FUNCTION")
    if colon and file.endswith(".py"):
        reward = load_function(Path(file).expanduser(), function)
    else:
        check_choice(name, "reward", REWARDS)
        reward = REWARDS[str(name)]
    if not marker:
        return reward

    def after_marker(answer: str | None, key: Any) -> float:
        has_marker = answer is not None and marker in answer
        return reward(answer.rpartition(marker)[2].strip() if has_marker else None, key)  # type: ignore[union-attr]  # has_marker says that it is a text

    after_marker.__name__ = getattr(reward, "__name__", "reward")
    return after_marker


def load_function(file: Path, name: str) -> Reward:
    """A function of a Python file, which is run for it.

    Args:
        file: The file.
        name: Of the function.

    Raises:
        ValueError: If the file fails, or has no such function.
    """
    if not file.is_file():
        raise ValueError(f"--reward: there is no file {file}.")
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"--reward: {file} fails: {type(error).__name__}: {error}") from error
    found = getattr(module, name, None)
    if not callable(found):
        raise ValueError(
            f"--reward: {file} has no function {name!r}. Define it: def {name}(answer, key): ..."
        )
    reward: Reward = found
    return reward
