"""The folder of SmolLM2 on the Hugging Face Hub: config, weights in 16 bits, tokenizer.

Each file is resumed where an earlier run stopped, compared with the hash that the Hub knows, and
gets its name when it is complete. All are of one revision, which `download.json` keeps.
"""

import shutil
from pathlib import Path
from typing import Any

from gptcore.corpus.downloads.download import FetchedText
from gptcore.corpus.downloads.hub import describe_difference, download, fetch_metadata
from gptcore.corpus.downloads.smollm2 import FETCH, NAME, hub_folder
from gptcore.files import lock_folder, read_json, write_json
from gptcore.manifest import DATA_ENV_VAR, TextDamagedError, TextUnavailableError

REPOSITORY = "HuggingFaceTB/SmolLM2-135M-Instruct"
FILES = (  # the weights come last: a folder that has them is complete
    *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
    *("special_tokens_map.json", "model.safetensors"),
)
OPTIONAL = ("generation_config.json", "special_tokens_map.json")  # newer folders may lack them
PLAN_NAME = "download.json"


def fetch_folder(again: bool = False) -> FetchedText:
    """Make sure that the folder is on this machine, complete and verified.

    Args:
        again: Whether to download and replace files that are here already.

    Returns:
        The folder, with the sum of the sizes.

    Raises:
        OSError: If the Hub cannot be reached, or the folder cannot be written.
        TextDamagedError: If a file differs from what the Hub said, and `again` is false.
    """
    folder = hub_folder()
    plan_file = folder / PLAN_NAME
    plan = read_json(plan_file) if plan_file.exists() and not again else None
    if plan and all((folder / known["filename"]).exists() for known in plan):
        check_hashes(folder, plan)
        return FetchedText(NAME, folder, total_bytes(plan), "already here")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock_folder(folder, "downloading SmolLM2", DATA_ENV_VAR):
            if plan is None:
                plan = ask_hub()
                for part in folder.glob("*.part"):  # it may be of another revision
                    part.unlink()
                write_json(plan_file, plan)
            check_free_space(folder, plan)
            for known in plan:
                path = folder / known["filename"]
                if again or not path.exists():
                    download(known["filename"], known, path)
    except PermissionError as error:
        raise TextUnavailableError(
            f"SmolLM2-135M-Instruct cannot be stored in {folder} ({error.strerror}). Set "
            f"{DATA_ENV_VAR} to a folder that can be written, then: {FETCH['hub']}"
        ) from None
    return FetchedText(NAME, folder, total_bytes(plan), "downloaded")


def ask_hub() -> list[dict[str, Any]]:
    """What the Hub knows about each file, all of the newest revision."""
    plan: list[dict[str, Any]] = []
    revision = None
    for filename in FILES:
        remote = {"repo_id": REPOSITORY, "filename": filename, "repo_type": "model"}
        try:
            known = fetch_metadata(f"{REPOSITORY}/{filename}", remote, revision)
        except ValueError:  # it has no such file
            if filename in OPTIONAL:
                continue
            raise TextUnavailableError(
                f"The hub has no {filename} of {REPOSITORY}. The 4-bit file: {FETCH['wheel']}"
            ) from None
        revision = known["revision"]
        plan.append(known)
    return plan


def total_bytes(plan: list[dict[str, Any]]) -> int:
    """The size of all files together."""
    return sum(known["bytes"] for known in plan)


def check_hashes(folder: Path, plan: list[dict[str, Any]]) -> None:
    """Raise TextDamagedError if a file is not the one that the Hub described."""
    for known in plan:
        path = folder / known["filename"]
        if difference := describe_difference(path, known):
            raise TextDamagedError(
                f"The file {path} is damaged, or is another file: it has {difference}.\n"
                f"It is unchanged. Download the folder again: {FETCH['hub']} --again"
            )


def check_free_space(folder: Path, plan: list[dict[str, Any]]) -> None:
    """Raise TextUnavailableError if the disk has no room for what is missing."""
    missing = [known for known in plan if not (folder / known["filename"]).exists()]
    free, needed = shutil.disk_usage(folder).free, total_bytes(missing)
    if free < needed:
        raise TextUnavailableError(
            f"The disk of {folder} has {free / 1e6:,.0f} MB free, and the download needs "
            f"{needed / 1e6:,.0f} MB. Free some, or set {DATA_ENV_VAR} to a folder on a larger "
            f"disk, then: {FETCH['hub']}"
        )
