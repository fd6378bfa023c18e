"""Download named texts; a file appears under its name only when it is complete and verified.

pooch does the transfer (requests, timeouts, the progress bar). The file is written under a
temporary name, compared with the manifest, and renamed. Downloads are not resumed: the texts are
small.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pooch
from requests import exceptions

from gptcore.files import atomic_path
from gptcore.manifest import (
    DATA_ENV_VAR,
    TextInfo,
    TextUnavailableError,
    describe_mismatch,
    find_text,
    read_verified,
    text_exists,
    text_path,
)

RETRY_DELAYS_SECONDS = (0, 1)  # before each round over the mirrors, so each is tried twice
CONNECT_TIMEOUT_SECONDS = 5  # for each address of the host
READ_TIMEOUT_SECONDS = 30
CHUNK_BYTES = 4096  # an incomplete chunk is lost


@dataclass(frozen=True)
class FetchedText:
    """A text that is now on this machine.

    Attributes:
        name: The name in the manifest.
        path: The file.
        bytes: The size of the file.
        state: Whether it is shipped with gptcore, was already here, or was downloaded.

    Example:
        >>> next(fetch("names")).state
        'shipped'
    """

    name: str
    path: Path
    bytes: int
    state: Literal["shipped", "already here", "downloaded"]


def fetch(names: str | Iterable[str], again: bool = False) -> Iterator[FetchedText]:
    """Download texts one after the other; all names are checked first.

    Args:
        names: One name or several, as in `all_texts()`.
        again: Whether to download texts that are already here, and replace them.

    Returns:
        An iterator with one record per text. It stops at the first error.

    Raises:
        UnknownTextError: If a name is not in the manifest; before anything is downloaded.
        TextUnavailableError: If a text cannot be downloaded or stored.
        TextDamagedError: If a damaged file is in its place, and `again` is false.

    Example:
        >>> [text.name for text in fetch(["names"])]
        ['names']
    """
    # Trap: a single string is also an iterable of one-letter names.
    texts = [find_text(name) for name in ([names] if isinstance(names, str) else names)]
    return (ensure_local(text, again) for text in texts)


def ensure_local(text: TextInfo, again: bool = False) -> FetchedText:
    """Make sure that a text is on this machine, complete and verified.

    Raises:
        TextUnavailableError: If it cannot be downloaded or stored.
        TextDamagedError: If a damaged file is in its place, and `again` is false.
    """
    path = text_path(text)
    if text.shipped:
        return FetchedText(text.name, path, len(read_verified(text)), "shipped")
    if text_exists(text) and not again:
        return FetchedText(text.name, path, len(read_verified(text)), "already here")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as part:
            problem = download(text, part)
            if problem:
                raise download_error(text, path, problem)
    except TextUnavailableError:
        raise
    except OSError as error:
        raise TextUnavailableError(
            f"The text {text.name!r} cannot be stored as {path.name} in the folder {path.parent} "
            f"({error.strerror or error}).\n"
            f"Set {DATA_ENV_VAR} to a folder that can be written and has room, then: "
            f"gptcore fetch {text.name}"
        ) from None
    return FetchedText(text.name, path, text.bytes, "downloaded")


def download(text: TextInfo, part: Path) -> str:
    """Write the text to `part` from the first mirror that has it; return "" or the problem.

    Raises:
        OSError: If something is wrong with the disk of this machine.
    """
    get = pooch.HTTPDownloader(
        progressbar=sys.stderr is not None and sys.stderr.isatty(),
        chunk_size=CHUNK_BYTES,
        timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
        headers={"Accept-Encoding": "identity"},  # else the bar counts compressed bytes
    )
    problems: dict[str, str] = {}
    urls = list(text.urls)
    for pause_seconds in RETRY_DELAYS_SECONDS:
        time.sleep(pause_seconds)
        for url in list(urls):
            try:
                problems[url] = try_mirror(get, url, text, part)
            except exceptions.ConnectTimeout:
                problems[url] = (
                    f"no answer from {host_of(url)} within {CONNECT_TIMEOUT_SECONDS} seconds"
                )
                urls.remove(url)  # it will not answer a second later either
            if not problems[url]:
                return ""
    return "; ".join(problems.values())


def try_mirror(get: pooch.HTTPDownloader, url: str, text: TextInfo, part: Path) -> str:
    """Download from one mirror; return "", or what is wrong with its answer."""
    guess = "a login page, a proxy or a broken copy"
    try:
        get(url, str(part), None)
    except exceptions.ConnectTimeout:
        raise
    except exceptions.RequestException as error:
        begun = isinstance(error, exceptions.ChunkedEncodingError) or part.stat().st_size > 0
        if not begun:
            return describe_error(error, host_of(url))
        guess = "the connection broke off"
    difference = describe_mismatch(text, part.read_bytes())
    if not difference:
        return ""
    return f"{host_of(url)} did not send the whole file ({guess}): {difference}"


def host_of(url: str) -> str:
    """The host of an address: `https://host/path` -> `host`."""
    return urlsplit(url).netloc


def describe_error(error: exceptions.RequestException, host: str) -> str:
    """What went wrong between this machine and `host`, without the library's internal names."""
    if error.response is not None:
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.SSLError):
        return f"the certificate of {host} was not accepted (a proxy in between? a wrong clock?)"
    if isinstance(error, exceptions.ProxyError):
        return f"the proxy in HTTPS_PROXY does not allow connections to {host}"
    if isinstance(error, exceptions.Timeout):
        return f"{host} sent nothing for {READ_TIMEOUT_SECONDS} seconds"
    if isinstance(error, exceptions.ConnectionError):
        return f"no connection to {host}"
    return f"{host}: {error}"


def download_error(text: TextInfo, path: Path, problem: str) -> TextUnavailableError:
    """The error for a text that no mirror delivered; an existing file is unchanged."""
    verdict, again = ("is as it was", " --again") if path.exists() else ("does not exist yet", "")
    return TextUnavailableError(
        f"The text {text.name!r} could not be downloaded: {problem}.\n"
        f"Nothing was kept; {path.name} in the folder {path.parent} {verdict}.\n"
        f"To try again: gptcore fetch {text.name}{again}"
    )
