"""Download FineWeb's files from the Hugging Face Hub: `fineweb:CC-MAIN-2013-20/000_00000`.

Revision and SHA-256 of a file are fetched once and stored beside it, so a later run resumes the
download with the same revision. huggingface_hub does the transfer, but not its `hf_hub_download`,
which discards the partial file when the process ends. Dumps are downloaded file by file.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RevisionNotFoundError
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined, unused-ignore]

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
HASHES = {64: "sha256", 40: "git_sha1"}  # length -> kind; the hub has the second of small files
NAME_EXAMPLES = (
    "Names are such as fineweb:CC-MAIN-2013-20/000_00000 or fineweb-edu:sample-10BT/000_00000."
)


def ensure_local(name: str, again: bool = False) -> Source:
    """The local file of that name, downloaded or resumed if necessary.

    Args:
        name: Such as "fineweb:CC-MAIN-2013-20/000_00000", with "@revision" if need be.
        again: Whether to download a file that is already here, and replace it.

    Returns:
        The file, with hash and revision if they are known.

    Raises:
        ValueError: If the hub has no such file.
        OSError: If the hub cannot be reached; the partial file is kept.
        SourceDamagedError: If the download has another hash than the hub says.
    """
    match = NAME.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is not the name of a file of FineWeb. {NAME_EXAMPLES}")
    dataset, dump, file, revision = match.group("dataset", "dump", "file", "revision")
    folder = data_folder() / dataset / dump
    folder_on_hub = dump.replace("-", "/", 1) if dump.startswith("sample-") else f"data/{dump}"
    remote = {
        "repo_id": f"HuggingFaceFW/{dataset}",
        "filename": f"{folder_on_hub}/{file}.parquet",
    }
    return ensure_file(name, folder / f"{file}.parquet", remote, revision, again)


def ensure_file(
    name: str, path: Path, remote: dict[str, str], revision: str | None, again: bool
) -> Source:
    """The file at `path`, downloaded from `remote` or resumed if necessary.

    Revision, size and hash are in a file of the same name and `.json` beside it.
    """
    metadata_file = path.with_name(f"{path.name}.json")
    if not again and not metadata_file.exists() and path.exists():
        return Source(path, name, path.stat().st_size)  # copied there by hand; its hash is unknown
    if again or not path.exists():  # only a complete file has the name
        path.parent.mkdir(parents=True, exist_ok=True)
        with lock_folder(path.parent):
            if again or not metadata_file.exists():
                write_json(metadata_file, fetch_metadata(name, remote, revision))
            known = read_metadata(metadata_file, name, path, revision)
            if again or not path.exists():  # another run may have just finished
                download(name, known, path)
    known = read_metadata(metadata_file, name, path, revision)
    return Source(path, name, known["bytes"], known.get("sha256", ""), known["revision"])


def read_metadata(
    metadata_file: Path, name: str, path: Path, revision: str | None
) -> dict[str, Any]:
    """The metadata beside the file.

    Raises:
        ValueError: If the file has another revision than the requested one.
    """
    known: dict[str, Any] = read_json(metadata_file)
    if revision and revision != known["revision"]:
        raise ValueError(
            f"{path} has revision {known['revision']}, not {revision}. Remove it and "
            f"{metadata_file.name} to download the other, or use {name.partition('@')[0]}."
        )
    return known


def fetch_metadata(name: str, remote: dict[str, str], revision: str | None) -> dict[str, Any]:
    """Repository, revision, size and hash of a file, from the hub."""
    with translate_hub_errors(name):
        found = get_hf_file_metadata(
            hf_hub_url(**{"repo_type": "dataset", **remote}, revision=revision),
            headers=build_hf_headers(),
        )
    kind = HASHES.get(len(found.etag or ""))
    if not kind or not re.fullmatch("[0-9a-f]+", found.etag or "") or not found.size:
        raise OSError(f"The hub has no hash or size of {name}, so it is not downloaded.")
    return {**remote, "revision": found.commit_hash, "bytes": found.size, kind: found.etag}


def download(name: str, known: dict[str, Any], path: Path) -> None:
    """Download the file or the rest of it; it is renamed when its hash is right."""
    part = path.with_name(f"{path.name}.part")
    here_bytes = part.stat().st_size if part.exists() else 0
    if here_bytes > known["bytes"]:
        part.unlink()
        here_bytes = 0
    check_free_space(path.parent, known["bytes"] - here_bytes)
    url = hf_hub_url(
        known["repo_id"],
        known["filename"],
        repo_type=known.get("repo_type", "dataset"),
        revision=known["revision"],
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
    if difference := describe_difference(part, known):
        part.unlink()
        raise SourceDamagedError(
            f"The download of {name} has {difference}. It was removed. Run the same again."
        )
    os.replace(part, path)


def describe_difference(path: Path, known: dict[str, Any]) -> str:
    """How a file differs from what the hub says; "" if it does not."""
    kind = "sha256" if "sha256" in known else "git_sha1"
    found = sha256_of(path) if kind == "sha256" else git_sha1_of(path)
    return "" if found == known[kind] else f"{kind} {found}, but the hub says {known[kind]}"


def git_sha1_of(path: Path) -> str:
    """The hash of a small file that is kept in git itself."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextlib.contextmanager
def translate_hub_errors(name: str) -> Iterator[None]:
    """Replace errors of the hub's library by short messages with a way out."""
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
        # Different versions of the library raise errors of different network libraries.
        raise OSError(
            f"The connection to {constants.ENDPOINT} failed while {name} was downloaded "
            f"({type(error).__name__}: {str(error)[:200]}). The partial file is kept: "
            "run the same again to resume."
        ) from None
