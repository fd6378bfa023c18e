"""The command `gptcore`: the same words as the package, for those who would rather type than
program.

Each command is a dataclass, in a file of its own: its fields are the options, the comments beside
them the help. A command prints results on standard output; what it has to say about itself goes to
standard error, in a few lines, with exit code 2 for what was asked wrongly and 1 for what went
wrong on the way. `--debug` adds the traceback.
"""

import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any

import tyro

from gptcore import __version__
from gptcore.checks import did_you_mean
from gptcore.cli.budget import BudgetCommand
from gptcore.cli.doctor import Doctor
from gptcore.cli.fetch import Fetch
from gptcore.cli.ladder import Ladder
from gptcore.cli.microgpt import Microgpt
from gptcore.cli.names_file import read_names
from gptcore.cli.paths import check_not_empty, expand_home
from gptcore.cli.prepare import Prepare
from gptcore.cli.sample import Sample
from gptcore.cli.streams import fill_closed_descriptors, usable_streams
from gptcore.cli.train import Train
from gptcore.optional import PackageMissingError, is_installed

__all__ = ["COMMANDS", "entry", "main", "read_names"]

INTERRUPTED = 130  # what a shell reports after Ctrl-C

DESCRIPTION = (
    "A GPT from one number up: the commands of the course. Each has a --help of its "
    "own; --debug shows tracebacks, --version the version."
)
PACKAGES = {  # what a command loads on its way; those that are missing are named together
    "ladder": ("numpy",),
    "prepare": ("numpy", "pyarrow", "regex", "tiktoken"),
    "sample": ("torch", "safetensors", "numpy"),
}
COMMANDS: dict[str, Callable[..., Any]] = {
    "microgpt": Microgpt,
    "ladder": Ladder,
    "doctor": Doctor,
    "fetch": Fetch,
    "budget": BudgetCommand,
    "prepare": Prepare,
    "train": Train,
    "sample": Sample,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    with usable_streams():
        return run(list(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """The same, where there is something to print on."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    if arguments == ["--version"]:
        print(f"gptcore {__version__}")
        return 0
    try:
        check_command(arguments)
        read_command(arguments).run()
    except KeyboardInterrupt as stopped:
        print(with_notes("\nstopped; nothing was left half-written.", stopped), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `gptcore microgpt | head` has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if debug:
            raise
        if isinstance(error, ModuleNotFoundError):
            error = with_cure(error, *arguments[:1])
        asked_wrongly = isinstance(error, ValueError)
        unforeseen = (
            ""
            if asked_wrongly or isinstance(error, OSError | PackageMissingError)
            else f"{type(error).__name__}, which should not happen (--debug shows where): "
        )
        print(with_notes(f"gptcore: {unforeseen}{error}", error), file=sys.stderr)
        return 2 if asked_wrongly else 1
    return 0


def with_notes(told: str, error: BaseException) -> str:
    """A message, and what was noted on the way: where something was saved."""
    return "\n".join([told, *getattr(error, "__notes__", [])])


def read_command(arguments: list[str]) -> Any:
    """The command that was typed, with its options; or the help, which ends the program.

    A command is read by itself, so that a misspelt option is told the options of this command.
    """
    config = (tyro.conf.FlagCreatePairsOff,)
    if arguments and arguments[0] in COMMANDS:
        name, *options = arguments
        command = COMMANDS[name]
        check_not_empty(command, options)
        read = tyro.cli(command, prog=f"gptcore {name}", args=options, config=config)
        expand_home(read)
        return read
    return tyro.extras.subcommand_cli_from_dict(
        COMMANDS,
        prog="gptcore",
        description=DESCRIPTION,
        args=arguments or ["--help"],
        config=config,
    )


def check_command(arguments: list[str]) -> None:
    """Raises: ValueError with the nearest command, for one that there is not."""
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        raise ValueError(
            f"there is no command {arguments[0]!r}.{did_you_mean(arguments[0], COMMANDS)} "
            f"The commands are: {', '.join(COMMANDS)}. More: gptcore --help"
        )


def with_cure(error: ModuleNotFoundError, command: str = "") -> ModuleNotFoundError:
    """The same error with what to install; unchanged if it says so or a file of ours is gone."""
    package = (error.name or "gptcore").split(".")[0]
    if package == "gptcore" or isinstance(error, PackageMissingError):
        return error
    others = (one for one in PACKAGES.get(command, ()) if one != package and not is_installed(one))
    return PackageMissingError(f"gptcore {command}", package, *others)


def entry() -> None:
    """What the installed command `gptcore` calls."""
    fill_closed_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a console that cannot show a letter shows a ?
            stream.reconfigure(errors="replace")
    sys.exit(main())
