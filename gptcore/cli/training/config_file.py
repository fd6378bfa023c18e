"""A file of settings for `gptcore train`: what `--config` reads, and what a run folder keeps.

The keys are the names of the options. Those of the training may be in a table `[train]`, those of
the model in a table `[model]`; both may be on the top level, too.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from gptcore.checks import as_bool, as_finite, as_int, did_you_mean
from gptcore.cli.training.options import ModelFields, TrainFields
from gptcore.files import write_text
from gptcore.model.config import GPTConfig
from gptcore.optional import PackageMissingError, is_installed
from gptcore.training.config import TrainConfig

CONFIG = "config.toml"
YAML = (".yaml", ".yml")
COMMAND_ONLY = ("out_dir", "resume", "config")  # they belong to one start of a run
# Options of the command that are no settings of the training or the model -> their type.
TOP: dict[str, type] = {
    **{"preset": str, "data": str, "init_from": str, "lr": float, "tensorboard": bool},
    **{"sample_every": int, "sample_prompt": str, "wandb": bool, "wandb_project": str},
}
TABLES: dict[str, dict[str, Any]] = {
    "train": {one.name: one.type for one in fields(TrainConfig)},
    "model": {one.name: one.type for one in fields(GPTConfig)},
}
OF_TABLE = {
    "train": {one.name for one in fields(TrainFields)},
    "model": {one.name for one in fields(ModelFields)},
}


@dataclass(frozen=True)
class ConfigFile:
    """The settings that a file has; nothing where there is no file.

    Attributes:
        path: The file.
        top: Options of the command: preset, data, init_from, lr, ...
        train: Fields of `TrainConfig`.
        model: Fields of `GPTConfig`.
        lines: The line of each setting, from 1.
    """

    path: Path | None = None
    top: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Inside, an error that begins with a setting of the file names the file and the line."""
        try:
            yield
        except ValueError as error:
            line = self.lines.get(str(error).partition("=")[0])
            if line is None:
                raise
            raise ValueError(f"{error} ({self.path}, line {line})") from None


def read_config_file(path: Path) -> ConfigFile:
    """Read the settings in a file of TOML or YAML.

    Args:
        path: The file; its ending says which of the two it is.

    Returns:
        The settings, each of its type.

    Raises:
        ValueError: If there is no such file, or something in it is no setting; the message has the
            line and the nearest name.
        PackageMissingError: For YAML without PyYAML.
    """
    text = read_text(path)
    content = parse_yaml(path, text) if path.suffix in YAML else parse_toml(path, text)
    found = ConfigFile(path, lines=line_numbers(text))
    for name, value in content.items():
        if name in TABLES and isinstance(value, dict):
            for inner, inner_value in value.items():
                add_setting(found, inner, inner_value, table=name)
        else:
            add_setting(found, name, value)
    return found


def read_text(path: Path) -> str:
    """The text of the file; ValueError if it cannot be one of settings."""
    if path.is_dir():
        inside = path / CONFIG
        hint = f" Did you mean {inside}?" if inside.is_file() else " Name a file of settings."
        raise ValueError(f"--config {path} is a folder.{hint}")
    if not path.is_file():
        raise ValueError(
            f"--config {path} does not exist. Each run keeps its settings in its folder, in "
            f"{CONFIG}; such a file can be changed and used again."
        )
    if path.suffix not in (".toml", *YAML):
        raise ValueError(f"--config {path} must end with .toml, .yaml or .yml.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"--config {path} is not a text in UTF-8 ({error}).") from None


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """The content of a TOML file; ValueError with the place of a mistake."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(
            f"{path} is not TOML: {error}. A setting is a line such as learning_rate = 3e-4 or "
            f'schedule = "wsd".'
        ) from None


def parse_yaml(path: Path, text: str) -> dict[str, Any]:
    """The content of a YAML file; ValueError with the place of a mistake."""
    if not is_installed("yaml"):
        raise PackageMissingError(f"--config {path}", "PyYAML")
    yaml: Any = import_module("yaml")  # optional: TOML needs no package
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f", line {mark.line + 1}"
        problem = getattr(error, "problem", error)
        raise ValueError(f"{path}{place} is not YAML: {problem}.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ValueError(f"{path} has no settings: a setting is a line such as batch_size: 16.")
    return content


def line_numbers(text: str) -> dict[str, int]:
    """The first line of each key of TOML or YAML, from 1."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if key := re.match(r"\s*\[?[\"']?([A-Za-z_][\w-]*)[\"']?\s*[]=:]", line):
            found.setdefault(key[1], number)
    return found


def add_setting(found: ConfigFile, name: Any, value: Any, table: str | None = None) -> None:
    """Check one setting, and put it where it belongs.

    Raises:
        ValueError: If there is no such setting, it is in the wrong table, or has another type.
    """
    line = found.lines.get(str(name))
    where = f"{found.path}" + ("" if line is None else f", line {line}")
    home = next((table for table, names in OF_TABLE.items() if name in names), None)
    if name in COMMAND_ONLY:
        raise ValueError(f"{where}: {name} is for the command line: gptcore train --{name} ...")
    if home is None and name not in TOP:
        known = [*TOP, *OF_TABLE["train"], *OF_TABLE["model"]]
        if isinstance(value, dict):
            known = [*TABLES]
        raise ValueError(
            f"{where}: there is no setting {name!r}.{did_you_mean(name, known)} "
            f"gptcore train --help lists all."
        )
    if table is not None and home != table:
        place = f"into the table [{home}]" if home else "above all tables"
        raise ValueError(f"{where}: {name} is not in the table [{table}]. Put it {place}.")
    settings = found.top if home is None else getattr(found, home)
    if name in settings:
        raise ValueError(f"{where}: {name} is there twice. Remove one.")
    if value is None:  # null of YAML: as if the line was not there
        return
    try:
        settings[name] = as_type(value, name, TOP[name] if home is None else TABLES[home][name])
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def as_type(value: Any, name: str, kind: Any) -> Any:
    """Check that a value is of the type of a field, such as `int | None`."""
    kind = next(k for k in get_args(kind) or (kind,) if k is not type(None))
    if kind is int:
        return as_int(value, name)
    if kind is float:
        # Trap: PyYAML reads 3e-4 as text, because YAML 1.1 wants 3.0e-4.
        is_number = isinstance(value, str) and re.fullmatch(r"[+-]?[\d.]+e[+-]?\d+", value, re.I)
        return as_finite(float(value) if is_number else value, name)
    if kind is bool:
        return as_bool(value, name)
    if not isinstance(value, str):
        raise ValueError(f"{name}={value!r:.60} must be a text in quotation marks.")
    return value


def write_config_file(
    folder: Path, top: Mapping[str, Any], train: Mapping[str, Any], model: Mapping[str, Any]
) -> None:
    """Write the settings of a run as a file for --config.

    Args:
        folder: Folder of the run.
        top: Options of the command; None is left out.
        train: The fields of `TrainConfig`.
        model: The fields of `GPTConfig`.
    """
    lines = ["# The settings of this run. For another run with them:"]
    lines += [f"# gptcore train --config {CONFIG} --out_dir NEW", *toml_lines(top)]
    for name, settings in (("train", train), ("model", model)):
        lines += ["", f"[{name}]", *toml_lines(settings)]
    write_text(folder / CONFIG, "\n".join([*lines, ""]))


def toml_lines(settings: Mapping[str, Any]) -> list[str]:
    """A line of TOML for each setting that is not None and is no table."""
    return [
        f"{name} = {toml_value(value)}"
        for name, value in settings.items()
        if value is not None and not isinstance(value, Mapping)
    ]


def toml_value(value: str | float | bool) -> str:
    """A value as TOML writes it."""
    if isinstance(value, str):
        # The escapes of JSON are those of TOML, except for one character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
