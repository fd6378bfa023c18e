"""Weights in files: safetensors, which holds numbers and nothing that could run.

One file has everything, `model.safetensors`: the tensors, and in its header the sizes as JSON.
`config.json` beside it repeats them for people and programs. Files appear under their name only
when they are whole.
Left out on purpose: pickles. Opening one runs whatever its author put in.
"""

import json
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from gptcore.files import atomic_path, fsync_file

TENSORS, SIZES = "model.safetensors", "config.json"
MOST_NAMED = 5  # tensors in one message

Tensors = dict[str, Tensor]


def read_tensors(file: Path) -> tuple[Tensors, dict[str, str]]:
    """The tensors of a safetensors file, in the number format they have, and its header's notes.

    Raises: ValueError for a pickle; OSError for a file that is not there, or not whole.
    """
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}.")
    refuse_pickle(file)
    try:
        with safe_open(file, framework="pt") as opened:
            names = opened.keys()
            # Trap: without clone() a tensor is the file itself; whoever rewrites that changes it.
            tensors = {name: opened.get_tensor(name).clone() for name in names}
            return tensors, opened.metadata() or {}
    except SafetensorError as error:
        raise OSError(
            f"{file} cannot be read as safetensors ({error}). It has {file.stat().st_size:,} "
            f"bytes; a copy or download that was cut short looks like this. Bring the file anew."
        ) from None


def refuse_pickle(file: Path) -> None:
    """Raises: ValueError for a file that Python would have to run to read it."""
    with file.open("rb") as opened:
        begin = opened.read(9)
    # Safetensors begin with the length of their header, which may look like anything, and then {.
    looks_so = begin.startswith((b"PK", b"\x80")) and not begin.endswith(b"{")
    if looks_so or file.suffix in (".bin", ".pt", ".pth", ".pkl", ".ckpt"):
        raise ValueError(
            f"{file} is a pickle: opening it can run any program that its author put in, so it is "
            f"not opened here. Ask for the weights as safetensors. If you trust its author, "
            f"transformers makes such a folder from it: "
            f"GPT2LMHeadModel.from_pretrained(OLD).save_pretrained(NEW). "
            f"A checkpoint of nanoGPT: GPT.from_nanogpt(FILE)."
        )


def save_tensors(tensors: Tensors, file: Path, notes: dict[str, str] | None = None) -> None:
    """A safetensors file, with the permissions that every new file gets here (the umask).

    Trap: the library writes a temporary file that only its owner may read, and renames it.
    """
    file.unlink(missing_ok=True)
    file.touch()
    mode = file.stat().st_mode
    save_file(tensors, file, notes)
    with suppress(OSError):  # on disks that know no permissions
        file.chmod(mode)


def write_model(folder: Path, tensors: Tensors, sizes: dict, notes: dict[str, str]) -> None:
    """`model.safetensors` and `config.json` in `folder`; half-written ones bear other names."""
    folder.mkdir(parents=True, exist_ok=True)
    complete = {name: tensor.contiguous() for name, tensor in tensors.items()}
    try:
        with (
            atomic_path(folder / SIZES) as new_sizes,
            atomic_path(folder / TENSORS) as new_tensors,
        ):
            # Trap: the order of several notes is random, and changes the SHA-256 of the file.
            save_tensors(complete, new_tensors, notes or {"format": "pt"})
            new_sizes.write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")
            fsync_file(new_tensors)
            (folder / SIZES).unlink(missing_ok=True)  # never old sizes beside new tensors
    except SafetensorError as error:
        raise OSError(
            f"{folder / TENSORS} cannot be written ({error}); what was there is left."
        ) from None


def check_tensors(expected: Tensors, found: Tensors, origin: str) -> None:
    """Raises: ValueError that names what is missing, left over, misshapen, or not of floats."""
    told = []
    missing = [f"{name} {tuple(expected[name].shape)}" for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    both = [name for name in expected if name in found]
    misshapen = [
        f"{name} is {tuple(found[name].shape)} and should be {tuple(expected[name].shape)}"
        for name in both
        if found[name].shape != expected[name].shape
    ]
    not_floats = [
        f"{name} is {found[name].dtype}" for name in both if not found[name].is_floating_point()
    ]
    problems = {
        **{"missing": missing, "unknown": extra, "wrongly shaped": misshapen},
        "not floating point": not_floats,
    }
    for words, names in problems.items():
        if names:
            more = f", and {len(names) - MOST_NAMED} more" * (len(names) > MOST_NAMED)
            told.append(f"{words}: {', '.join(names[:MOST_NAMED])}{more}")
    if told:
        raise ValueError(
            f"The tensors of {origin} are not those of a GPT of these sizes. {'; '.join(told)}. "
            f"Are they from another model, or do the sizes belong to another one?"
        )
