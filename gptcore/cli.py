"""The command `gptcore`: the same words as the package, for those who would rather type than
program.

Each command is a dataclass: its fields are the options, the comments beside them the help. A
command prints results on standard output; what it has to say about itself goes to standard error,
in a few lines, with exit code 2 for what was asked wrongly and 1 for what went wrong on the way.
`--debug` adds the traceback.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import tyro

from gptcore import ladder
from gptcore.corpus import all_texts, fetch, find_text, load_documents
from gptcore.scalar import MicroConfig, MicroGPT, fused, plain

INTERRUPTED = 130  # what a shell reports after Ctrl-C


@dataclass
class Microgpt:
    """Train a GPT on names in plain Python, one number at a time, and let it invent some."""

    names: Path | None = None
    """text file with one name a line; without it, the names that come with gptcore"""
    steps: int = 1000
    """updates of the weights, one name each; 1 or more"""
    samples: int = 20
    """how many names to invent afterwards; 0 for none"""
    temperature: float = 0.5
    """0 always takes the likeliest letter, 1 draws as learned, more is bolder"""
    plain: bool = False
    """one node for each arithmetic operation, as published: same numbers, twenty times slower"""
    seed: int = 42
    """of the shuffle, the first weights and the samples"""
    n_layer: int = 1
    """blocks, one on top of the other"""
    n_head: int = 4
    """attention heads; must divide n_embd"""
    n_embd: int = 16
    """numbers that describe one letter"""
    block_size: int = 16
    """most letters that it looks back on"""

    def run(self) -> None:
        if self.samples < 0:
            raise ValueError(f"--samples {self.samples}: the number of samples must be 0 or more.")
        if not 0 <= self.temperature < float("inf"):
            raise ValueError(
                f"--temperature {self.temperature}: must be 0 (always the likeliest letter) or "
                f"above; 0.5 is careful."
            )
        config = MicroConfig(self.n_embd, self.n_head, self.n_layer, self.block_size)
        documents = read_names(self.names)
        gpt = MicroGPT(documents, config, seed=self.seed, ops=plain if self.plain else fused)
        steps = gpt.train(self.steps)
        for notice in notices(documents, config.block_size):
            print(notice, file=sys.stderr)
        print(
            f"num docs: {len(documents)}\nvocab size: {gpt.vocab_size}\nnum params: "
            f"{len(gpt.parameters)}",
            flush=True,
        )
        for step in steps:
            print(f"step {step.step:4d} / {self.steps} | loss {step.loss:.4f}", flush=True)
        for i in range(self.samples):
            print(f"sample {i + 1:2d}: {gpt.sample(1, self.temperature)[0]}", flush=True)


def read_names(path: Path | None) -> list[str]:
    """The stripped, non-empty lines of a text file; the shipped names without one."""
    if path is None:
        return load_documents("names")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        there = (
            [p.name for p in path.parent.iterdir() if p.is_file()] if path.parent.is_dir() else []
        )
        near = get_close_matches(path.name, there, 1, 0.5)
        hint = (
            f"Did you mean {path.parent / near[0]}?"
            if near
            else "Leave --names out to use the names that come with gptcore."
        )
        raise ValueError(f"--names {path}: there is no such file. {hint}") from None
    except IsADirectoryError:
        raise ValueError(
            f"--names {path} is a folder. Name a text file in it, with one name a line."
        ) from None
    except OSError as error:
        raise ValueError(f"--names {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"--names {path} is not text: byte {error.object[error.start]:#04x} at position "
            f"{error.start} is not UTF-8. "
            f"Give a text file with one name a line."
        ) from None
    if "\0" in text:
        raise ValueError(
            f"--names {path} is not text: it has a zero byte at position {text.index(chr(0))}. "
            f"Give a text file with one name a line."
        )
    documents = [line.strip() for line in text.split("\n") if line.strip()]
    if not documents:
        raise ValueError(
            f"--names {path} has no names in it: it needs at least one line that is not empty."
        )
    return documents


def notices(documents: list[str], block_size: int) -> list[str]:
    """What is allowed and may still surprise."""
    told = []
    if len(set(documents)) == 1:
        told.append(
            f"note: there is one name only, {documents[0]!r:.40}; the model can learn nothing "
            f"but to repeat it."
        )
    long = [document for document in documents if len(document) > block_size]
    if long:
        told.append(
            f"note: {len(long)} of {len(documents)} names are longer than "
            f"block_size={block_size} ({long[0]!r:.40} has {len(long[0])} letters); "
            f"of those only the first {block_size} letters are learned. --block_size "
            f"{max(map(len, long))} would take them all."
        )
    return told


@dataclass
class Fetch:
    """Bring texts that lessons or runs need into the folder GPTCORE_DATA, ahead of time."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """which texts; see the list that `gptcore fetch` prints"""
    all: bool = False
    """every text that there is"""
    again: bool = False
    """also where the text is here already, or is damaged"""

    def run(self) -> None:
        known = list(all_texts())
        names = known if self.all else list(self.names)
        if not names:
            raise ValueError(f"Say which texts to fetch, or --all. There are: {', '.join(known)}.")
        for name in names:
            find_text(name)  # a misspelt name is told before anything is brought
        failed = []
        for name in names:  # one that cannot be brought must not keep the others away
            try:
                (text,) = fetch([name], again=self.again)
                print(
                    f"{text.name:12} {text.state:13} {text.bytes:>10,} bytes  {text.path}",
                    flush=True,
                )
            except OSError as error:
                failed.append(str(error))
        if failed:
            raise OSError("\n".join(failed))


@dataclass
class Ladder:
    """Train the same small model in ever faster ways, and say how long one name takes in each."""

    names: Path | None = None
    """text file with one name a line; without it, the names that come with gptcore"""
    steps: int = 10
    """names that every rung learns from; the first rung takes about a fifth of a second for each"""
    json: bool = False
    """the same as JSON, once all rungs are climbed"""

    def run(self) -> None:
        documents = read_names(self.names)
        try:
            climbing, ways = ladder.climb(documents, self.steps), ladder.WAYS
        except ModuleNotFoundError as missing:
            raise OSError(
                f"gptcore ladder needs {missing.name}, which is not installed. "
                f"Bring it with: pip install 'gptcore[course]'"
            ) from None
        rungs = []
        if not self.json:
            print(ladder.TABLE_HEAD, flush=True)
        for way in ways:
            say_meanwhile(f"measuring {way.name} ...")
            rung = next(climbing)
            say_meanwhile("")
            rungs.append(rung)
            if not self.json:
                print(*ladder.lines_of(rung), sep="\n", flush=True)
        if self.json:
            print(json.dumps([asdict(rung) for rung in rungs], indent=2))
        else:
            print("", *ladder.in_words(rungs), sep="\n", flush=True)


def say_meanwhile(text: str) -> None:
    """One passing line on standard error, if that is a terminal; the next one takes its place."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


DESCRIPTION = (
    "A GPT from one number up: the commands of the course. Each has a --help of its "
    "own; --debug shows tracebacks."
)
COMMANDS: dict[str, Callable[..., Any]] = {
    "microgpt": Microgpt,
    "ladder": Ladder,
    "fetch": Fetch,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        check_command(arguments)
        tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="gptcore",
            description=DESCRIPTION,
            args=arguments or ["--help"],
            config=(tyro.conf.FlagCreatePairsOff,),
        ).run()
    except KeyboardInterrupt:
        print("\nstopped; nothing was left half-written.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `gptcore microgpt | head` has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if debug:
            raise
        asked_wrongly = isinstance(error, ValueError)
        unforeseen = (
            ""
            if asked_wrongly or isinstance(error, OSError)
            else f"{type(error).__name__}, which should not happen (--debug shows where): "
        )
        print(f"gptcore: {unforeseen}{error}", file=sys.stderr)
        return 2 if asked_wrongly else 1
    return 0


def check_command(arguments: list[str]) -> None:
    """Raises: ValueError with the nearest command, for one that there is not."""
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        near = get_close_matches(arguments[0], COMMANDS, 1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"there is no command {arguments[0]!r}.{guess} The commands are: "
            f"{', '.join(COMMANDS)}. More: gptcore --help"
        )


def entry() -> None:
    """What the installed command `gptcore` calls."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a console that cannot show a letter shows a ?
            stream.reconfigure(errors="replace")
    sys.exit(main())


if __name__ == "__main__":
    entry()
