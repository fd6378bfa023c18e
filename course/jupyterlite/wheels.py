"""The parts of Python in a browser: Pyodide, the wheels of its kernel, and our own wheel.

They are downloaded once, into a folder; later builds need no network. The page finds everything in
Pyodide's list of packages (`pyodide-lock.json`), which includes ours, so it is loaded together with
Python and no cell has to load it.
Compiled packages (numpy, matplotlib, regex) are left out, because no package registry has them. The
list keeps the address at which Pyodide publishes them: a page loads them from there when a cell
imports one, if it can reach the address.
Source: pyodide.org, "loadPyodide" and "The Pyodide lock file".
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyterlite_pyodide_kernel.constants import (
    PYODIDE_CDN_URL,
    PYODIDE_PYTHON_VERSION,
    PYODIDE_VERSION,
)

ROOT = Path(__file__).resolve().parents[2]
CORE = [
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
]
# Packages of the kernel, by their names in Pyodide's list, which has their dependencies.
OF_PYODIDE = ["micropip", "ipython", "jedi", "traitlets", "packaging", "platformdirs"]
OF_THE_KERNEL = {"piplite": ["micropip"], "ipykernel": [], "pyodide-kernel": ["ipython", "comm"]}
OF_WIDGETS = {"comm": ["traitlets"], "ipywidgets": ["comm", "ipython", "traitlets"]}
OURS = {"gptcore-course": ["ipywidgets", "platformdirs"]}
LOADED_AT_ONCE = [*OF_THE_KERNEL, "micropip", "comm", "jedi", "ipython", "gptcore-course"]

Lock = dict[str, Any]


class MissingPartsError(OSError):
    """A part is missing, and could not be downloaded."""


@dataclass(frozen=True)
class Parts:
    """The folder of parts. With `offline` nothing is downloaded, and a missing part is an error."""

    folder: Path
    offline: bool = False

    def core(self) -> tarfile.TarFile:
        """Pyodide as its makers publish it for npm. Raises: MissingPartsError."""
        name = f"pyodide-{PYODIDE_VERSION}.tgz"
        if not (self.folder / name).exists():
            self.run_download(["npm", "pack", "--silent", f"pyodide@{PYODIDE_VERSION}"], name)
        return tarfile.open(self.folder / name)

    def wheels(self, wanted: dict[str, str]) -> dict[str, Path]:
        """Package -> its wheel, for packages of these versions. Raises: MissingPartsError."""
        lacking = [f"{n}=={v}" for n, v in wanted.items() if not self.find(n, v)]
        if lacking:
            download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            download += ["--only-binary=:all:", "--python-version", PYODIDE_PYTHON_VERSION]
            self.run_download([*download, "--platform", "any", *lacking], ", ".join(lacking))
        return {name: self.find(name, version)[0] for name, version in wanted.items()}

    def find(self, name: str, version: str) -> list[Path]:
        return sorted(self.folder.glob(f"{name.replace('-', '_')}-{version}-*none-any.whl"))

    def run_download(self, command: list[str], what: str) -> None:
        """Download files into the folder with pip or npm."""
        if self.offline:
            raise MissingPartsError(
                f"{what}: not in {self.folder}. Without --offline it is downloaded."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True)
        except FileNotFoundError:
            raise MissingPartsError(
                f"{what} comes through {command[0]}, and that is not on this machine. Install "
                "Node.js, which brings it, and run this again."
            ) from None
        except subprocess.CalledProcessError as error:
            raise MissingPartsError(
                f"{what} could not be brought: {(error.stderr or error.stdout).strip()[-600:]}\n"
                "This needs a network once. Run it again, it goes on."
            ) from None


def our_wheel(folder: Path) -> Path:
    """Our wheel: gptcore, viz and course."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("gptcore_course-*.whl")
    return wheel


def with_what_they_need(names: list[str], packages: Lock) -> list[str]:
    """These packages of Pyodide's list, and all that they depend on."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().replace("_", "-")
        if name not in found:
            found.add(name)
            waiting += packages[name]["depends"]
    return sorted(found)


def lay_out(folder: Path, parts: Parts, kernel: Path, ours: Path) -> None:
    """Write Python for the browser into `folder`: the core, all wheels, and the list of them.

    `kernel` has the wheels of the kernel, `ours` is our own. Raises: MissingPartsError.
    """
    folder.mkdir(parents=True)
    with parts.core() as core:
        for name in CORE:
            member = core.extractfile(f"package/{name}")
            assert member is not None, name
            (folder / name).write_bytes(member.read())
    listing = folder / "pyodide-lock.json"
    lock = json.loads(listing.read_text(encoding="utf-8"))
    packages = lock["packages"]
    theirs = with_what_they_need(OF_PYODIDE, packages)
    wheels = parts.wheels({name: packages[name]["version"] for name in theirs})
    for name, package in packages.items():
        if name in wheels:
            # Trap: Pyodide repacks wheels, so the same version has another hash.
            package |= copied(wheels[name], folder)
        else:
            package["file_name"] = f"{PYODIDE_CDN_URL}/{package['file_name']}"
    pinned = {name: pinned_version(name) for name in OF_WIDGETS}
    more = {name: next(kernel.glob(f"{name.replace('-', '_')}-*.whl")) for name in OF_THE_KERNEL}
    more |= parts.wheels(pinned) | {"gptcore-course": ours}
    for name, depends in {**OF_THE_KERNEL, **OF_WIDGETS, **OURS}.items():
        packages[name] = entry(name, more[name], depends) | copied(more[name], folder)
    listing.write_text(json.dumps(lock), encoding="utf-8")


def copied(wheel: Path, folder: Path) -> dict[str, str]:
    """Put the wheel into the folder; return the entry of the file in the list."""
    shutil.copy(wheel, folder)
    return {"file_name": wheel.name, "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}


def entry(name: str, wheel: Path, depends: list[str]) -> dict[str, Any]:
    """The entry of a package in Pyodide's list."""
    imports = ["gptcore", "viz", "course"] if name in OURS else [name.replace("-", "_")]
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "imports": imports,
        "depends": depends,
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def pinned_version(name: str) -> str:
    """The version with which the lessons' outputs were made."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return next(line.split("==")[1] for line in lines if line.startswith(f"{name}=="))
