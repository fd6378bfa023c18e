"""`gptcore fetch`: download the texts that lessons and runs need."""

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import tyro

from gptcore import corpus

FROM_THE_HUB = ("fineweb:", "fineweb-edu:")


@dataclass
class Fetch:
    """Download texts that lessons or runs need into the folder GPTCORE_DATA."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """names of texts, or files of FineWeb (fineweb:CC-MAIN-2013-20/000_00000, 2 GB); `gptcore
    fetch` alone lists the texts"""
    all: bool = False
    """all texts"""
    again: bool = False
    """download and replace files that are already on this machine, for instance damaged ones"""

    def run(self) -> None:
        """Download each text, and print a line about it.

        Raises:
            ValueError: For no name, or an unknown one.
            OSError: If some texts cannot be downloaded; the others are.
        """
        known = list(corpus.all_texts())
        names = known if self.all else list(self.names)
        if not names:
            raise ValueError(
                f"Name the texts to fetch, or give --all. There are: {', '.join(known)}."
            )
        for name in names:
            if not name.startswith(FROM_THE_HUB):
                corpus.find_text(name)  # refuses a misspelt name before any download
        failed = []
        for name in names:  # a failed download does not stop the others
            try:
                print(self.fetch(name), flush=True)
            except OSError as error:
                failed.append(str(error))
        if failed:
            raise OSError("\n".join(failed))

    def fetch(self, name: str) -> str:
        """Download one text if it is not here, and describe it in a line."""
        if name.startswith(FROM_THE_HUB):
            # Only these lines need the hub's library, which is slow to load.
            file = import_module("gptcore.corpus.downloads.hub").ensure_local(name, self.again)
            import_module("gptcore.corpus.reading.sources").verify_source(file)
            return f"{name} {file.bytes:,} bytes  {file.path}"
        (text,) = corpus.fetch([name], again=self.again)
        return f"{text.name:17} {text.state:13} {text.bytes:>10,} bytes  {text.path}"
