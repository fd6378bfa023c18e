"""The address of the project, and every address that is made from it.

The one place is `[project.urls]` in pyproject.toml; `make links REPO=owner/name` changes it, and
rewrites the rest (`course/publishing/links.py`). Only GitHub is supported, because Colab and Binder
open its notebooks with one click.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
BRANCH = "main"
GITHUB = "https://github.com/"
# GitHub's own rule for the name of an owner and of a repository.
OWNER_AND_NAME = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class Repository:
    """A public repository, named by the end of its address: owner/name.

    Raises: ValueError for a name that GitHub would not allow.
    Example: Repository("ada/engine").address -> "https://github.com/ada/engine"
    """

    owner_and_name: str

    def __post_init__(self):
        if not OWNER_AND_NAME.fullmatch(self.owner_and_name):
            meant = re.sub(r"^(https?://|git@)?(www\.)?github\.com[/:]", "", self.owner_and_name)
            meant = "/".join(meant.removesuffix(".git").strip("/ ").split("/")[:2])
            example = meant if OWNER_AND_NAME.fullmatch(meant) else "ada/my-course"
            raise ValueError(
                f"REPO={self.owner_and_name!r} is not a repository on GitHub as owner/name. "
                f"Write it like this: make links REPO={example}"
            )

    @property
    def address(self) -> str:
        return GITHUB + self.owner_and_name

    @property
    def pages(self) -> str:
        """Where GitHub Pages shows a site of this repository."""
        owner, name = self.owner_and_name.split("/")
        return f"https://{owner.lower()}.github.io/{name}"

    @property
    def archive(self) -> str:
        """All files of the newest commit, as one tar.gz that needs no git to unpack."""
        return f"{self.address}/archive/refs/heads/{BRANCH}.tar.gz"

    @property
    def archive_folder(self) -> str:
        """The only folder of that archive."""
        return f"{self.owner_and_name.split('/')[1]}-{BRANCH}"

    def colab(self, lesson: str) -> str:
        return (
            f"https://colab.research.google.com/github/{self.owner_and_name}/blob/{BRANCH}"
            f"/notebooks/{lesson}.ipynb"
        )

    def binder(self, lesson: str) -> str:
        return (
            f"https://mybinder.org/v2/gh/{self.owner_and_name}/{BRANCH}"
            f"?urlpath=lab/tree/notebooks/{lesson}.ipynb"
        )

    def urls(self) -> dict[str, str]:
        """The label and the address of each link in `[project.urls]`."""
        first = "00_start_here"
        return {
            "Repository": self.address,
            "Issues": f"{self.address}/issues",
            "Changelog": f"{self.address}/blob/{BRANCH}/CHANGELOG.md",
            "Open in Colab": self.colab(first),
            "Open in Binder": self.binder(first),
        }


def our_repository() -> Repository:
    """The repository that pyproject.toml names."""
    urls = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["urls"]
    return Repository(urls["Repository"].removeprefix(GITHUB))
