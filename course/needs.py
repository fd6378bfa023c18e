"""Requirements of cells that not every machine meets.

Such a cell has a tag, and is skipped where the requirement is missing.
"""

from importlib import import_module
from importlib.util import find_spec

from gptcore.corpus import TextUnavailableError, data_folder, is_downloaded, smollm2_path

VOCABULARIES = ("gpt2-vocabulary", "cl100k-vocabulary", "o200k-vocabulary")
SAMPLE_BYTES = 6_073_247  # of the 1,400 documents that the stored outputs are of


def sample_is_here() -> bool:
    """Whether GPTCORE_DATA has that sample; another file would give other outputs."""
    file = data_folder() / "fineweb" / "000_00000.parquet"
    return file.is_file() and file.stat().st_size == SAMPLE_BYTES


def smollm2_is_here() -> bool:
    """Whether GPTCORE_DATA has the GGUF file of SmolLM2."""
    try:
        return smollm2_path().is_file()
    except TextUnavailableError:
        return False


def gpu_is_here() -> bool:
    """Whether PyTorch sees a GPU of NVIDIA's."""
    # Only here: every test begins with importing this file, and PyTorch is slow to load.
    return import_module("torch").cuda.is_available()


# tag -> (whether it is here, the command that brings it)
NEEDS = {
    "needs-names-ssa": (lambda: is_downloaded("names-ssa"), "gptcore fetch names-ssa"),
    "needs-gpt2-vocabulary": (
        lambda: all(is_downloaded(name) for name in VOCABULARIES),
        f"gptcore fetch {' '.join(VOCABULARIES)}",
    ),
    "needs-shakespeare": (lambda: is_downloaded("shakespeare"), "gptcore fetch shakespeare"),
    "needs-smollm2": (smollm2_is_here, "gptcore fetch smollm2 (93 MB)"),
    "needs-fineweb": (
        sample_is_here,
        "gptcore fetch fineweb:CC-MAIN-2013-20/000_00000 (2 GB; the outputs will differ)",
    ),
    "needs-server": (
        lambda: all(find_spec(name) for name in ("starlette", "uvicorn")),
        "pip install starlette uvicorn",
    ),
    "needs-gpu": (
        gpu_is_here,
        "an NVIDIA GPU and a PyTorch that was built for it; gptcore doctor shows what is there",
    ),
}


def missing(tags: list[str]) -> str:
    """Why a cell with these tags cannot run here, and what to do; "" if it can.

    Raises: ValueError for a needs-tag that is not declared here.
    """
    for tag in tags:
        if tag in NEEDS:
            is_here, command = NEEDS[tag]
            if not is_here():
                return f"{tag}: not on this machine. To bring it: {command}"
        elif tag.startswith("needs-"):
            raise ValueError(
                f"The tag {tag!r} is not in course/needs.py; it has {', '.join(NEEDS)}."
            )
    return ""
