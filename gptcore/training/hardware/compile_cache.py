"""Where `torch.compile` keeps what it has compiled, so that the next run begins sooner.

By default PyTorch uses the folder for temporary files, which many machines empty when they start.
"""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

from gptcore.manifest import data_folder

CACHE_ENV_VAR = "TORCHINDUCTOR_CACHE_DIR"  # PyTorch's own setting
NAME = "torch_compile"


def compile_cache_folder() -> Path:
    """The folder: TORCHINDUCTOR_CACHE_DIR if somebody has set it, else one in GPTCORE_DATA.

    Example:
        >>> compile_cache_folder().is_absolute()
        True
    """
    return chosen_folder() or data_folder() / NAME


def chosen_folder() -> Path | None:
    """The folder of TORCHINDUCTOR_CACHE_DIR; None if it is not set.

    Trap: PyTorch sets it to its own default as soon as an optimizer is made.
    """
    chosen = Path(os.environ.get(CACHE_ENV_VAR) or Path())
    is_default = chosen.name.startswith("torchinductor_") and chosen.parent == Path(gettempdir())
    return None if chosen == Path() or is_default else chosen.absolute()


def keep_compile_cache() -> None:
    """Tell PyTorch of this process, and of those that it starts, to use the folder.

    Where it cannot be written, PyTorch uses its own.
    """
    if chosen_folder() is not None:
        return
    folder = compile_cache_folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if folder.is_dir() and os.access(folder, os.W_OK):
        os.environ[CACHE_ENV_VAR] = str(folder)


def cache_bytes(folder: Path) -> int:
    """The size of all files in a folder; 0 if there is none.

    Args:
        folder: The folder.
    """
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # another process may remove it
            total += file.stat().st_size if file.is_file() else 0
    return total
