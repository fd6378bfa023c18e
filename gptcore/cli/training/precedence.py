"""How chosen settings change those of a preset or a run: some follow from others."""

from typing import Any

from gptcore.checks import as_finite


def with_options(settings: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """Apply chosen settings to others.

    Fewer steps than before also shorten warmup and decay. `lr` is the learning rate, and moves the
    lowest one along.

    Args:
        settings: All fields of `TrainConfig`.
        chosen: Some of them, and perhaps `lr`.

    Returns:
        All fields of `TrainConfig`.

    Raises:
        ValueError: For both `lr` and `learning_rate`, or an `lr` that is not above 0.
    """
    chosen = resolve_lr(settings, chosen)
    now = settings | chosen
    tenth, fifth = now["max_steps"] // 10, now["max_steps"] // 5
    if chosen.get("max_steps", now["max_steps"]) < settings["max_steps"]:
        if "warmup_steps" not in chosen:
            now["warmup_steps"] = min(now["warmup_steps"], tenth)
        if "decay_steps" not in chosen:
            now["decay_steps"] = min(now["decay_steps"], fifth)
    return now


def resolve_lr(settings: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """The chosen settings with `lr` as highest and lowest learning rate, in the old ratio."""
    if "lr" not in chosen:
        return chosen
    if "learning_rate" in chosen:
        raise ValueError(
            f"lr={chosen['lr']!r} and learning_rate={chosen['learning_rate']!r} are the same "
            f"setting. Give one of them: --lr moves min_learning_rate along, --learning_rate "
            f"leaves it."
        )
    lr = as_finite(chosen["lr"], "lr", above=0)
    high, low = settings["learning_rate"], settings["min_learning_rate"]
    lowest = float(f"{lr * low / high:.12g}") if high else low
    others = {name: value for name, value in chosen.items() if name != "lr"}
    return {"learning_rate": lr, "min_learning_rate": lowest, **others}
