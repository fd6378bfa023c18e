"""Files and folders on the command line: `~` is the home folder, and an empty word is an error.

A shell expands `~` only at the beginning of a word, so not in --out_dir=~/run. An empty word, from
a variable that is not set, would mean the current folder.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import tyro

from gptcore.checks import as_path

# What `load_chat_model` takes, as the first word of a command.
ModelSource = Annotated[
    str,
    tyro.conf.Positional,
    tyro.conf.arg(
        metavar="MODEL",
        help="folder of a run of gptcore train, tune or new, or of a Hugging Face model, a GGUF "
        "file, smollm2, or a model that comes with gptcore, such as stories-gpt",
    ),
]


def path_options(command: Callable[..., Any]) -> set[str]:
    """Names of the options of a command that take a file or a folder."""
    hints = get_type_hints(command)
    return {name for name, hint in hints.items() if Path in (hint, *get_args(hint))}


def check_not_empty(command: Callable[..., Any], arguments: list[str]) -> None:
    """Raise ValueError if the value of an option that takes a path is empty."""
    paths = path_options(command)
    for word, following in zip(arguments, [*arguments[1:], "-"]):
        option, equals, value = word.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if option.startswith("--") and name in paths and not (value if equals else following):
            raise ValueError(
                f"{option} is empty: name a file or folder, or . for the current folder. "
                f"Is a shell variable not set?"
            )


def expand_home(command: Any) -> None:
    """Replace `~` in the paths of a parsed command.

    Raises:
        ValueError: For the home folder of an unknown user.
    """
    for name in path_options(type(command)):
        path = getattr(command, name)
        if isinstance(path, Path):
            setattr(command, name, as_path(path, f"--{name}"))
