"""FineWeb's files, brought from the Hugging Face hub: `fineweb:CC-MAIN-2013-20/000_00000`.

The hub is asked once which version of the file there is, and what its SHA-256 is; both are noted
beside the file, so that what broke off is continued with the same version, also by a later run.
huggingface_hub does the transfer. Its own `hf_hub_download` is not used: it throws away the part
that came when the process ends.
Left out on purpose: whole dumps. They are brought file by file.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RevisionNotFoundError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers

from gptcore.corpus.downloads.source import Source, SourceDamagedError
from gptcore.files import (
    DISK_FULL_ERRNOS,
    check_free_space,
    lock_folder,
    read_json,
    sha256_of,
    write_json,
)
from gptcore.manifest import data_folder

NAME = re.compile(
    r"(?P<dataset>fineweb|fineweb-edu):(?P<dump>[\w-]+)/(?P<file>[\w-]+)(@(?P<revision>\w+))?"
)
NAME_EXAMPLES = (
    "Names are such as fineweb:CC-MAIN-2013-20/000_00000 or fineweb-edu:sample-10BT/000_00000."
)


def ensure_local(name: str, again: bool = False) -> Source:
    """The file of that name on this machine, downloaded if need be, or what is missing of it.

    With `again`, a file that is here is downloaded anew, and replaced once the new one is whole.

    Raises: ValueError for a name that the hub does not know; OSError if it cannot be reached, with
        what came so far kept; SourceDamagedError if what came is not what the hub said.
    """
    match = NAME.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is no name of a file of FineWeb. {NAME_EXAMPLES}")
    dataset, dump, file, revision = match.group("dataset", "dump", "file", "revision")
    folder = data_folder() / dataset / dump
    path, metadata_file = folder / f"{file}.parquet", folder / f"{file}.parquet.json"
    if not again and not metadata_file.exists() and path.exists():
        return Source(path, name, path.stat().st_size)  # put there by hand; its hash is not known
    if again or not path.exists():  # only a whole file has the name: from here on it is only read
        folder.mkdir(parents=True, exist_ok=True)
        with lock_folder(folder):
            if again or not metadata_file.exists():
                place = dump.replace("-", "/", 1) if dump.startswith("sample-") else f"data/{dump}"
                where = f"{place}/{file}.parquet"
                remote = {"repo_id": f"HuggingFaceFW/{dataset}", "filename": where}
                write_json(metadata_file, fetch_metadata(name, remote, revision))
            known = read_metadata(metadata_file, name, path, revision)
            if again or not path.exists():  # another run may have finished just now
                download(name, known, path)
    known = read_metadata(metadata_file, name, path, revision)
    return Source(path, name, known["bytes"], known["sha256"], known["revision"])


def read_metadata(
    metadata_file: Path, name: str, path: Path, revision: str | None
) -> dict[str, Any]:
    """What stands beside the file.

    Raises: ValueError if that is another version than the one asked for.
    """
    known = read_json(metadata_file)
    if revision and revision != known["revision"]:
        raise ValueError(
            f"{path} is there in revision {known['revision']}, not {revision}. Remove it and "
            f"{metadata_file.name} to bring the other, or ask for {name.partition('@')[0]}."
        )
    return known


def fetch_metadata(name: str, remote: dict[str, str], revision: str | None) -> dict[str, Any]:
    """What the hub says about the file, without the file."""
    with translate_hub_errors(name):
        found = get_hf_file_metadata(
            hf_hub_url(**remote, repo_type="dataset", revision=revision),
            headers=build_hf_headers(),
        )
    if not re.fullmatch("[0-9a-f]{64}", found.etag or "") or not found.size:
        raise OSError(f"The hub knows no sha256 or size of {name}; it is no file of FineWeb.")
    return {**remote, "revision": found.commit_hash, "bytes": found.size, "sha256": found.etag}


def download(name: str, known: dict[str, Any], path: Path) -> None:
    """Bring the file, or the rest of it; it bears its name only when its hash is right."""
    part = path.with_name(f"{path.name}.part")
    here_bytes = part.stat().st_size if part.exists() else 0
    if here_bytes > known["bytes"]:
        part.unlink()
        here_bytes = 0
    check_free_space(path.parent, known["bytes"] - here_bytes)
    url = hf_hub_url(
        known["repo_id"], known["filename"], repo_type="dataset", revision=known["revision"]
    )
    with open(part, "ab") as file, translate_hub_errors(name):
        http_get(
            url,
            file,
            resume_size=here_bytes,
            headers=build_hf_headers(),
            expected_size=known["bytes"],
        )
        file.flush()
        os.fsync(file.fileno())
    sha256 = sha256_of(part)
    if sha256 != known["sha256"]:
        part.unlink()
        raise SourceDamagedError(
            f"What came for {name} has sha256 {sha256}, but the hub says {known['sha256']}. It was "
            "thrown away. Run the same again."
        )
    os.replace(part, path)


@contextlib.contextmanager
def translate_hub_errors(name: str) -> Iterator[None]:
    """Say in a few lines what the hub's library says in many."""
    try:
        yield
    except (EntryNotFoundError, RevisionNotFoundError):
        raise ValueError(f"The hub has no {name}. {NAME_EXAMPLES}") from None
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "no status"
        raise OSError(f"The hub answered {status} for {name}. Try again later.") from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL_ERRNOS:
            raise
        # Two generations of the library raise errors of two network libraries, of no common kind.
        raise OSError(
            f"The connection to {constants.ENDPOINT} failed while {name} was brought "
            f"({type(error).__name__}: {str(error)[:200]}). What came is kept: run the same again, "
            "and it goes on from there."
        ) from None
