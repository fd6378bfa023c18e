"""The command `gptcore`: the package from a terminal.

Each command is a dataclass in a file of its own: its fields are the options, and the strings below
them are the help. Results go to standard output. Notes and errors go to standard error, in a few
lines; the exit code is 2 for a wrong argument and 1 for any other failure. `--debug` adds the
traceback.
"""

import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any

import tyro

from gptcore import __version__
from gptcore.checks import did_you_mean
from gptcore.cli.chat import Chat
from gptcore.cli.console import fill_closed_descriptors, message_of, usable_streams
from gptcore.cli.cost.budget import BudgetCommand
from gptcore.cli.doctor import Doctor
from gptcore.cli.evaluation.eval import Eval
from gptcore.cli.export.export import Export
from gptcore.cli.fetch import Fetch
from gptcore.cli.ladder import Ladder
from gptcore.cli.microgpt import Microgpt
from gptcore.cli.names_file import read_names
from gptcore.cli.own_gpt.new import New
from gptcore.cli.paths import check_not_empty, expand_home
from gptcore.cli.plotting.plot import Plot
from gptcore.cli.prepare import Prepare
from gptcore.cli.sample import Sample
from gptcore.cli.serve import Serve
from gptcore.cli.train import Train
from gptcore.cli.tune import Tune
from gptcore.optional import PackageMissingError, is_installed

__all__ = ["COMMANDS", "entry", "main", "read_names"]

INTERRUPTED = 130  # what a shell reports after Ctrl-C

DESCRIPTION = (
    "A GPT from one number up: the commands of the course. Each has its own --help. "
    "--debug shows tracebacks, --version shows the version."
)
PACKAGES = {  # what a command imports; the error names all that are missing
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
    "new": New,
    "tune": Tune,
    "chat": Chat,
    "sample": Sample,
    "plot": Plot,
    "serve": Serve,
    "export": Export,
    "eval": Eval,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words of the command line after `gptcore`; None for those of this process.

    Returns:
        The exit code.
    """
    with usable_streams():
        return run(list(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one command where standard output and error can be written to."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    if arguments == ["--version"]:
        print(f"gptcore {__version__}")
        return 0
    try:
        check_command(arguments)
        read_command(arguments).run()
    except KeyboardInterrupt as stopped:
        print(with_notes("\nstopped; no file is incomplete.", stopped), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `gptcore microgpt | head` closes the pipe early
        sys.stderr.close()
        return 0
    except Exception as error:
        if debug:
            raise
        if isinstance(error, ModuleNotFoundError):
            error = with_install_advice(error, *arguments[:1])
        wrong_argument = isinstance(error, ValueError)
        prefix = (
            ""
            if wrong_argument or isinstance(error, OSError | PackageMissingError)
            else f"{type(error).__name__}, which should not happen (--debug shows where): "
        )
        print(with_notes(f"gptcore: {prefix}{message_of(error)}", error), file=sys.stderr)
        return 2 if wrong_argument else 1
    return 0


def with_notes(text: str, error: BaseException) -> str:
    """Append the notes of an error, such as where a run was saved."""
    return "\n".join([text, *getattr(error, "__notes__", [])])


def read_command(arguments: list[str]) -> Any:
    """Parse a command and its options; --help prints and exits.

    Each command has a parser of its own, so that the error for a misspelt option lists the options
    of this command.
    """
    config = (tyro.conf.FlagCreatePairsOff,)
    if arguments and arguments[0] in COMMANDS:
        name, *options = arguments
        command = COMMANDS[name]
        check_not_empty(command, options)
        parsed = tyro.cli(command, prog=f"gptcore {name}", args=options, config=config)
        expand_home(parsed)
        return parsed
    return tyro.extras.subcommand_cli_from_dict(
        COMMANDS,
        prog="gptcore",
        description=DESCRIPTION,
        args=arguments or ["--help"],
        config=config,
    )


def check_command(arguments: list[str]) -> None:
    """Raise ValueError for an unknown command; the message has the nearest one."""
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        raise ValueError(
            f"There is no command {arguments[0]!r}.{did_you_mean(arguments[0], COMMANDS)} "
            f"The commands are: {', '.join(COMMANDS)}. More: gptcore --help"
        )


def with_install_advice(error: ModuleNotFoundError, command: str = "") -> ModuleNotFoundError:
    """Return an error that names the packages to install; a file of ours is never one of them."""
    package = (error.name or "gptcore").split(".")[0]
    if package == "gptcore" or isinstance(error, PackageMissingError):
        return error
    missing = (name for name in PACKAGES.get(command, ()) if not is_installed(name))
    others = (name for name in missing if name != package)
    return PackageMissingError(f"gptcore {command}", package, *others)


def entry() -> None:
    """Entry point of the installed command `gptcore`."""
    fill_closed_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a console shows ? for a letter that it lacks
            stream.reconfigure(errors="replace")
    sys.exit(main())
