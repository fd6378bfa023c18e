"""`gptcore fetch`: texts that lessons and runs need, brought ahead of time."""

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import tyro

from gptcore import corpus

FROM_THE_HUB = ("fineweb:", "fineweb-edu:")


@dataclass
class Fetch:
    """Bring texts that lessons or runs need into the folder GPTCORE_DATA, ahead of time."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """which texts, or files of FineWeb (fineweb:CC-MAIN-2013-20/000_00000, 2 GB); `gptcore fetch`
    alone prints the list of texts"""
    all: bool = False
    """every text that there is"""
    again: bool = False
    """download also what is here already, and replace it: a file that is damaged"""

    def run(self) -> None:
        known = list(corpus.all_texts())
        names = known if self.all else list(self.names)
        if not names:
            raise ValueError(f"Say which texts to fetch, or --all. There are: {', '.join(known)}.")
        for name in names:
            if not name.startswith(FROM_THE_HUB):
                corpus.find_text(name)  # a misspelt name is told before anything is brought
        failed = []
        for name in names:  # one that cannot be brought must not keep the others away
            try:
                print(self.bring(name), flush=True)
            except OSError as error:
                failed.append(str(error))
        if failed:
            raise OSError("\n".join(failed))

    def bring(self, name: str) -> str:
        """Make sure that one text is here; what it is, in a line."""
        if name.startswith(FROM_THE_HUB):
            # Only this line needs the hub's library, which is slow to load.
            file = import_module("gptcore.corpus.downloads.hub").ensure_local(name, self.again)
            import_module("gptcore.corpus.reading.sources").verify_source(file)
            return f"{name} {file.bytes:,} bytes  {file.path}"
        (text,) = corpus.fetch([name], again=self.again)
        return f"{text.name:17} {text.state:13} {text.bytes:>10,} bytes  {text.path}"
