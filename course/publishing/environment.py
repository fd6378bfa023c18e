"""Make the private environment `.venv` of `make lab` and `make test`, with the pinned versions.

    python course/publishing/environment.py course      what the lessons need
    python course/publishing/environment.py test        what the tests need as well
    python course/publishing/environment.py bench       what the benchmarks need, too
    python course/publishing/environment.py page        what builds the page in which Python runs,
        in .venv/page: JupyterLab and that page would take each other's extensions
    python course/publishing/environment.py dist        what builds a release, in .venv/dist
    python course/publishing/environment.py test --torch cpu
        PyTorch without CUDA, for a machine without an NVIDIA card
    python course/publishing/environment.py test --versions oldest-torch
        the oldest PyTorch that is allowed; newest: whatever is newest of everything
    python course/publishing/environment.py test --run -m pytest
        install nothing; run the environment's Python with the arguments after --run

A second run does nothing until pyproject.toml or constraints.txt change. It uses only the standard
library, and also runs on an old Python, to report that a newer one is needed.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
# What the environment takes, with room to unpack; each contains the ones before it.
GIGABYTES = {"course": 3.0, "test": 3.5, "bench": 4.0}
ALONE = {"page": 0.5, "dist": 0.2}  # in an environment of its own
NOT_OURS = ["gptcore", "viz"]  # names of other projects on the package index
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, ".venv")


def folder_of(extra):
    return os.path.join(FOLDER, extra) if extra in ALONE else FOLDER


def python_of(folder):
    return os.path.join(folder, "Scripts/python.exe" if os.name == "nt" else "bin/python")


def stop(message):
    sys.exit("gptcore: " + message)


def check_python():
    if sys.version_info < OLDEST:
        stop(
            "this is Python {}.{}, and the course needs {}.{} or newer. Install one, then: make "
            "lab PYTHON=/path/to/it".format(*(sys.version_info[:2] + OLDEST))
        )
    try:
        import ensurepip  # noqa: F401, PLC0415 - only to see whether it is there
        import venv  # noqa: F401, PLC0415
    except ImportError:
        stop(
            "this Python cannot make environments: its venv module is missing. On Debian or "
            "Ubuntu: apt install python3-venv"
        )


def check_free_space(extra):
    free, needed = shutil.disk_usage(ROOT).free / 1e9, dict(GIGABYTES, **ALONE)[extra]
    if free < needed:
        stop(
            "the disk has {:.1f} GB free, and the environment needs about {:.1f} GB. Make room, "
            "then run it again.".format(free, needed)
        )


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def constraints(versions):
    """The constraints for pip: all pinned versions, all but PyTorch's, or none."""
    if versions == "newest":
        return ""
    if versions == "oldest-torch":
        (oldest,) = re.findall(r'"torch>=([\d.]+)"', read("pyproject.toml"))
        return re.sub(r"(?m)^torch==.*$", "torch=={}.*".format(oldest), read("constraints.txt"))
    return read("constraints.txt")


def fingerprint(versions):
    """A hash of the files of the environment; if it changes, the environment is made again."""
    digest = hashlib.sha256(versions.encode())
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def is_ready(extra, versions):
    """Whether this extra, or one that contains it, is installed and up to date."""
    extras = list(GIGABYTES)
    for made in [extra] if extra in ALONE else extras[extras.index(extra) :]:
        try:
            with open(os.path.join(folder_of(extra), "made-for-" + made)) as file:
                if file.read() == fingerprint(versions):
                    return True
        except OSError:
            pass
    return False


def install(extra, torch, versions):
    folder = folder_of(extra)
    python = python_of(folder)
    if not os.path.exists(python):
        shown = os.path.relpath(folder, ROOT)
        print("gptcore: making the private environment {}".format(shown), file=sys.stderr)
        subprocess.check_call([sys.executable, "-m", "venv", folder])
    print(
        "gptcore: installing what '{}' needs; a minute or two the first time".format(extra),
        file=sys.stderr,
    )
    # Trap: another project's package of our name would be imported instead of this checkout.
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    subprocess.check_call(pip + ["uninstall", "-qq", "--yes"] + NOT_OURS)
    held = os.path.join(folder, "constraints.txt")
    with open(held, "w", encoding="utf-8") as file:
        file.write(constraints(versions))
    command = pip + ["install", "--constraint", held]
    # What an earlier run pinned must not stay, for it is new enough for pip.
    command += ["--upgrade", "--upgrade-strategy", "eager"] if versions == "newest" else []
    command += (
        [] if sys.stderr.isatty() else ["-qq"]
    )  # somebody who watches sees pip's own progress
    command += ["--editable", ".[{}]".format(extra)]
    command += ["--extra-index-url", TORCH_CPU] if torch == "cpu" else []
    if subprocess.call(command, cwd=ROOT):
        stop(
            "the installation did not finish; see the lines above. Without a network? Then "
            "it has to wait. Run it again, it goes on."
        )
    with open(os.path.join(folder, "made-for-" + extra), "w") as file:
        file.write(fingerprint(versions))


def run(extra, words):
    """Run the environment's Python; its exit code."""
    python = python_of(folder_of(extra))
    if not os.path.exists(python):
        stop("there is no environment yet. Make it: make test")
    return subprocess.call([python] + words, cwd=ROOT)


def main():
    parser = argparse.ArgumentParser(description="Make the private environment of the course.")
    parser.add_argument("extra", choices=sorted(dict(GIGABYTES, **ALONE)), help="what to install")
    parser.add_argument(
        "--torch", choices=["default", "cpu"], default="default", help="cpu: PyTorch without CUDA"
    )
    parser.add_argument(
        "--versions",
        choices=["pinned", "oldest-torch", "newest"],
        default="pinned",
        help="pinned: those with which the stored outputs were made",
    )
    parser.add_argument("--run", nargs=argparse.REMAINDER, help="run Python with these words")
    options = parser.parse_args()
    if options.run:
        sys.exit(run(options.extra, options.run))
    if is_ready(options.extra, options.versions):
        return
    check_python()
    check_free_space(options.extra)
    install(options.extra, options.torch, options.versions)


if __name__ == "__main__":
    main()
