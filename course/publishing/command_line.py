"""`docs/command_line.md`: the --help of every command of `gptcore`.

python -m course.publishing.command_line
"""

import os
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from gptcore.cli import COMMANDS, main
from gptcore.files import write_text

PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"
COLUMNS = 96  # of a page of help
INTRODUCTION = """\
# The command line

This page is generated: `python -m course.publishing.command_line` writes it again.

Options can be written with underscores or dashes: `--n_layer 12` is `--n-layer 12`. Results go to
standard output, notes and errors to standard error. `--debug` adds the traceback of an error, and
`gptcore --version` prints the version. Where the command is not installed, `python -m gptcore.cli`
is the same.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | it failed on the way: no network, no disk space, a package that is missing |
| 2 | an argument is wrong, or the file that it names does not exist |
| 75 | `gptcore train` or `gptcore tune` was stopped and saved; `--resume` continues |
| 130 | stopped by Ctrl-C |

`gptcore --tyro-print-completion bash` (or `zsh`, `tcsh`) prints a script for completion by Tab.
"""


def help_of(*arguments: str) -> str:
    """Capture what a command prints for --help, without colours."""
    plain = {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "dumb"}
    output = StringIO()
    with patch.dict(os.environ, plain), redirect_stdout(output), suppress(SystemExit):
        main([*arguments, "--help"])
    return "\n".join(line.rstrip() for line in output.getvalue().strip().splitlines())


def page() -> str:
    """Write the page: an introduction, then the help of each command."""
    sections = [f"## gptcore {name}\n\n```text\n{help_of(name)}\n```\n" for name in COMMANDS]
    return "\n".join([INTRODUCTION, *sections])


if __name__ == "__main__":
    write_text(PAGE, page())
    print(f"{PAGE}: {len(COMMANDS)} commands")
