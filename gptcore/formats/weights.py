"""Weights in safetensors files, which contain numbers and no code.

`model.safetensors` is complete: the tensors, and in its header the sizes as JSON. `config.json`
beside it repeats the sizes for people and programs. Pickles are never loaded, because loading one
runs the code in it.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from gptcore.files import atomic_path, fsync_file

WEIGHTS_NAME, CONFIG_NAME = "model.safetensors", "config.json"
MAX_NAMED = 5  # tensors in one message

StateDict = dict[str, Tensor]


def load_tensors(file: Path) -> tuple[StateDict, dict[str, str]]:
    """Load a safetensors file.

    Args:
        file: Its path.

    Returns:
        The tensors in their dtypes, and the metadata of the header.

    Raises:
        ValueError: If it is a pickle.
        OSError: If the file does not exist or is incomplete.
    """
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}.")
    reject_pickle(file)
    try:
        with safe_open(file, framework="pt") as opened:
            names = opened.keys()
            # Trap: without clone() a tensor is the mapped file; rewriting the file changes it.
            tensors = {name: opened.get_tensor(name).clone() for name in names}
            return tensors, opened.metadata() or {}
    except SafetensorError as error:
        raise OSError(
            f"{file} cannot be read as safetensors ({error}). It has {file.stat().st_size:,} "
            f"bytes; an incomplete copy or download looks like this. Copy or download it again."
        ) from None


def reject_pickle(file: Path) -> None:
    """Raise ValueError for a file that Python would have to unpickle.

    Args:
        file: A file of any kind that exists.

    Raises:
        ValueError: If it looks like a pickle, by its first bytes or its name.
    """
    with file.open("rb") as opened:
        first_bytes = opened.read(9)
    # Safetensors begin with the length of their header, which may look like anything, and then {.
    is_pickle = first_bytes.startswith((b"PK", b"\x80")) and not first_bytes.endswith(b"{")
    if is_pickle or file.suffix in (".bin", ".pt", ".pth", ".pkl", ".ckpt"):
        raise ValueError(
            f"{file} is a pickle. Loading a pickle runs whatever code its author put in, so it is "
            f"not loaded. Use weights as safetensors. If you trust its author, "
            f"transformers makes such a folder from it: "
            f"GPT2LMHeadModel.from_pretrained(OLD).save_pretrained(NEW). "
            f"A checkpoint of nanoGPT: GPT.from_nanogpt(FILE)."
        )


def save_tensors(tensors: StateDict, file: Path, metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file, with the permissions that every new file gets (the umask).

    Trap: the library writes a temporary file that only its owner may read, and renames it.

    Args:
        tensors: What is written; each tensor contiguous.
        file: Is replaced if it exists.
        metadata: Goes into the header.
    """
    file.unlink(missing_ok=True)
    file.touch()
    mode = file.stat().st_mode
    save_file(tensors, file, metadata)
    with suppress(OSError):  # on file systems without permissions
        file.chmod(mode)


def write_model(
    folder: Path, tensors: StateDict, config: Mapping[str, Any], metadata: dict[str, str]
) -> None:
    """Write `model.safetensors` and `config.json`; incomplete files have other names.

    Args:
        folder: Is created if it does not exist.
        tensors: The state dict.
        config: Goes into config.json.
        metadata: Goes into the header of the weights.

    Raises:
        OSError: If the weights cannot be written; existing files are left as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    try:
        with (
            atomic_path(folder / CONFIG_NAME) as new_config,
            atomic_path(folder / WEIGHTS_NAME) as new_weights,
        ):
            # Trap: the order of several entries is random, and changes the SHA-256 of the file.
            save_tensors(contiguous, new_weights, metadata or {"format": "pt"})
            new_config.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
            fsync_file(new_weights)
            (folder / CONFIG_NAME).unlink(missing_ok=True)  # it does not fit the new weights
    except SafetensorError as error:
        raise OSError(
            f"{folder / WEIGHTS_NAME} cannot be written ({error}). Existing files are unchanged."
        ) from None


def check_state_dict(expected: StateDict, found: StateDict, origin: str) -> None:
    """Check names, shapes and dtypes of a state dict.

    Args:
        expected: The state dict of a model of the right sizes.
        found: The one to check.
        origin: Where it is from, for the error.

    Raises:
        ValueError: If tensors are missing, unknown, of another shape, or not floating point.
    """
    both = [name for name in expected if name in found]
    kinds = {
        "missing": [
            f"{name} {tuple(expected[name].shape)}" for name in expected if name not in found
        ],
        "unknown": [name for name in found if name not in expected],
        "wrongly shaped": [
            f"{name} is {tuple(found[name].shape)} and should be {tuple(expected[name].shape)}"
            for name in both
            if found[name].shape != expected[name].shape
        ],
        "not floating point": [
            f"{name} is {found[name].dtype}" for name in both if not found[name].is_floating_point()
        ],
    }
    problems = []
    for kind, names in kinds.items():
        if names:
            more = f", and {len(names) - MAX_NAMED} more" * (len(names) > MAX_NAMED)
            problems.append(f"{kind}: {', '.join(names[:MAX_NAMED])}{more}")
    if problems:
        raise ValueError(
            f"The tensors of {origin} do not fit a GPT of these sizes. {'; '.join(problems)}. "
            f"Are they from another model, or do the sizes belong to another one?"
        )
