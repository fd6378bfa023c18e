"""The folder of `gptcore new`: it must be empty, or have the run that is resumed."""

import hashlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from gptcore.cli.own_gpt.options import NewOptions
from gptcore.files import write_json
from gptcore.json_text import read_json_object
from gptcore.own_gpt import Recipe, TextLines

SETTINGS = "new.json"


@dataclass(frozen=True)
class Settings:
    """What a run was begun with.

    Attributes:
        source: Name of the file of text.
        sha256: Of its lines.
        name: Of the model.
        recipe: How it is made.
    """

    source: str
    sha256: str
    name: str
    recipe: Recipe

    @classmethod
    def of(cls, command: NewOptions, text: TextLines, recipe: Recipe) -> Self:
        """The settings of a new run.

        Args:
            command: The options.
            text: What is in the file.
            recipe: How the model is made.
        """
        name = command.title or command.out_dir.resolve().name
        return cls(Path(command.file).name, fingerprint(text), name, recipe)


def fingerprint(text: TextLines) -> str:
    """SHA-256 of the lines, which a resume must be given again."""
    return hashlib.sha256("\n".join(text.lines).encode()).hexdigest()


def check_folder(out: Path) -> None:
    """Check that nothing can be overwritten.

    Args:
        out: The folder; it need not exist.

    Raises:
        ValueError: If there is something in it.
    """
    if (out / SETTINGS).exists():
        raise ValueError(
            f"{out} contains another run. Continue it: --resume; or give another --out_dir."
        )
    inside = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if inside:
        raise ValueError(
            f"{out} is not empty: it has {', '.join(inside[:3])}{' ...' * (len(inside) > 3)}. Give "
            f"a new folder, so that no file of yours is replaced: --out_dir {out / 'gpt'}"
        )


def save_settings(out: Path, settings: Settings) -> None:
    """Write the settings, for --resume.

    Args:
        out: The folder.
        settings: Of the run.
    """
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / SETTINGS, asdict(settings))


def load_settings(command: NewOptions, text: TextLines) -> Settings | None:
    """The settings of the run that is resumed; None if there is none.

    Args:
        command: The options.
        text: What is in the file now.

    Raises:
        ValueError: If the text or a typed setting is another one.
    """
    file = command.out_dir / SETTINGS
    if not file.exists():
        return None
    settings = read_settings(file)
    if settings.sha256 != fingerprint(text):
        raise ValueError(
            f"The run in {command.out_dir} began with another text: {settings.source} had other "
            f"lines then. Resume it with that text, or give another --out_dir."
        )
    began = asdict(settings.recipe)
    typed = command.changes()
    if command.seed != NewOptions.seed:
        typed["seed"] = command.seed
    for name, value in typed.items():
        if began[name] != value:
            raise ValueError(
                f"The run in {command.out_dir} began with {name}={began[name]!r}, and --{name} is "
                f"{value!r}. Resume it without --{name}, or give another --out_dir."
            )
    return settings


def read_settings(file: Path) -> Settings:
    """The settings of a file; OSError if another program wrote it or a part is missing."""
    content = read_json_object(file)
    try:
        return Settings(**{**content, "recipe": read_recipe(content["recipe"])})
    except (KeyError, TypeError, AttributeError, ValueError):
        raise OSError(
            f"{file} is damaged: it has not the settings of a run. Without it the run cannot be "
            f"continued; begin again in another folder: --out_dir {file.parent}-2"
        ) from None


def read_results(file: Path) -> dict[str, Any]:
    """The results of a finished run; OSError if they are damaged, and what to do about it."""
    advice = "Remove it; the same command with --resume measures the model again."
    try:
        content = read_json_object(file)
    except OSError as error:
        raise OSError(f"{error} {advice}") from None
    missing = {"held_out_loss", "table", "share", "longest_copies", "samples"} - content.keys()
    if missing:
        raise OSError(f"{file} is damaged: it lacks {', '.join(sorted(missing))}. {advice}")
    return content


def read_recipe(content: dict[str, Any]) -> Recipe:
    """A recipe as JSON has it."""
    known = {field.name for field in fields(Recipe)}
    values = {name: value for name, value in content.items() if name in known}
    return Recipe(**{**values, "warnings": tuple(values.get("warnings", ()))})
