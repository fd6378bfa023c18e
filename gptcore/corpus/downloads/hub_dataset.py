"""Any data set of the Hugging Face Hub: its list of parquet files, and the first ones of them.

The list is fetched once and stored in the folder of the data set, with the revision, so that a
later run takes the same files without the network. A data set without parquet files has them in a
branch of the Hub's own, which converts most data sets.
"""

from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

from gptcore.corpus.downloads.dataset_name import DatasetName
from gptcore.corpus.downloads.hub import ensure_file
from gptcore.corpus.downloads.source import Source
from gptcore.files import lock_folder, read_json, write_json
from gptcore.manifest import data_folder

CONVERTED = "refs/convert/parquet"  # the branch into which the Hub converts data sets
TRAIN, OTHER_SPLITS = ("train",), ("test", "val", "dev", "eval")
MOST_FOLDERS_SHOWN = 8


def ensure_files(name: DatasetName, again: bool = False) -> list[Source]:
    """The files of a data set on this machine, downloaded or resumed if necessary.

    Args:
        name: The data set, and which files of it.
        again: Whether to list and download again what is already here.

    Returns:
        One source for each file.

    Raises:
        ValueError: If the Hub has no such data set or folder, or several folders and none named.
        OSError: If the Hub cannot be reached; partial files are kept.
    """
    listing = fetch_listing(name, again)
    folder = dataset_folder(name)
    sources = []
    for filename in choose_files(name, listing["files"]):
        remote = {"repo_id": name.repository, "filename": filename}
        file_name = f"{name.repository}:{filename}"
        path = folder / filename
        sources.append(ensure_file(file_name, path, remote, listing["revision"], again))
    return sources


def dataset_folder(name: DatasetName) -> Path:
    """Where the files of a data set are kept."""
    return data_folder() / "hub" / name.repository


def fetch_listing(name: DatasetName, again: bool = False) -> dict[str, Any]:
    """The revision of a data set and its parquet files, from the Hub or from an earlier run.

    Raises:
        ValueError: If the Hub has no such data set, or no parquet files of it; or if an earlier
            run used another revision.
        OSError: If the Hub cannot be reached.
    """
    folder = dataset_folder(name)
    file = folder / "listing.json"
    if file.exists() and not again:
        known: dict[str, Any] = read_json(file)
        if name.revision and name.revision not in (known["revision"], known["wanted"]):
            raise ValueError(
                f"The folder {folder} has revision {known['revision']} of {name.repository}, not "
                f"{name.revision}. Remove the folder to download the other."
            )
        return known
    revision, files = ask_hub(name, name.revision or None)
    if not files and not name.revision:
        revision, files = ask_hub(name, CONVERTED)
    if not files:
        raise ValueError(
            f"The data set {name.repository} has no parquet files on the Hub, so gptcore cannot "
            "read it from there. Download its files, and name their folder."
        )
    listing = {"revision": revision, "wanted": name.revision or "main", "files": files}
    folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(folder):
        write_json(file, listing)
    return listing


def ask_hub(name: DatasetName, revision: str | None) -> tuple[str, list[str]]:
    """The commit of a revision, and the names of its parquet files; none for no such branch."""
    try:
        info = HfApi(constants.ENDPOINT).dataset_info(name.repository, revision=revision)
    except RevisionNotFoundError:
        if revision == CONVERTED:
            return "", []
        raise ValueError(f"The data set {name.repository} has no revision {revision!r}.") from None
    except RepositoryNotFoundError:  # also one that needs a login
        raise ValueError(
            f"There is no file or folder {name.repository!r} here, and the Hub has no public data "
            "set of this name. If it needs a login, set HF_TOKEN."
        ) from None
    except Exception as error:  # of different network libraries
        raise OSError(
            f"There is no file or folder {name.repository!r} here. It may be a data set of the "
            f"Hub, but {constants.ENDPOINT} did not send its list of files "
            f"({type(error).__name__}: {str(error)[:200]}). Try again later."
        ) from None
    files = sorted(sibling.rfilename for sibling in info.siblings or [])
    return info.sha or "", [file for file in files if file.endswith(".parquet")]


def choose_files(name: DatasetName, files: list[str]) -> list[str]:
    """The first files of the named part, for training if the names say so.

    Raises:
        ValueError: If there is no such part, or there are several folders and none is named.
    """
    if name.part in files:
        return [name.part]
    if name.part:
        chosen = [file for file in files if f"/{file}".find(f"/{name.part}/") >= 0]
    else:
        chosen = files
    chosen = without_other_splits(chosen)
    folders = list(dict.fromkeys(subset_of(file) for file in chosen))
    if not name.part and len(folders) > 1:
        # Trap: the first of many folders is often a rare language.
        folders = [folder for folder in folders if folder in ("", "data", "default")] or folders
        chosen = [file for file in chosen if subset_of(file) == folders[0]]
    if not chosen or (not name.part and len(folders) > 1):
        shown = list(dict.fromkeys(subset_of(file) for file in files if subset_of(file)))
        more = f", and {len(shown) - MOST_FOLDERS_SHOWN} more" * (len(shown) > MOST_FOLDERS_SHOWN)
        problem = f"has no folder {name.part!r}" if not chosen else f"has {len(shown)} folders"
        example = f"{name.repository}:{shown[0]}" if shown else name.repository
        raise ValueError(
            f"The data set {name.repository} {problem}. Name one, such as {example}. There are: "
            f"{', '.join(shown[:MOST_FOLDERS_SHOWN]) or 'none'}{more}"
        )
    return chosen[: name.files]


def subset_of(file: str) -> str:
    """The folder of a file, without one that only says the split: `en/train/0.parquet` -> `en`."""
    folders = file.split("/")[:-1]
    while folders and folders[-1].startswith((*TRAIN, *OTHER_SPLITS, "partial-")):
        folders.pop()
    return "/".join(folders)


def without_other_splits(files: list[str]) -> list[str]:
    """The files for training, if names say which; else all that are not for testing."""
    train = [file for file in files if has_split(file, TRAIN)]
    return train or [file for file in files if not has_split(file, OTHER_SPLITS)] or files


def has_split(file: str, splits: tuple[str, ...]) -> bool:
    """Whether the name of the file, or of its last folder, begins with one of the splits."""
    return any(part.removeprefix("partial-").startswith(splits) for part in file.split("/")[-2:])
