"""A file of FineWeb for the cells that need one: the sample they were made with, or your own."""

from pathlib import Path

from gptcore.corpus import TextNotHere, data_folder

PLACES = ("000_00000.parquet", "CC-MAIN-2013-20/000_00000.parquet")  # the sample; a real file


def fineweb_file() -> Path:
    """The first of these files that is here. With another than the sample, numbers differ.

    Raises: TextNotHere, which a notebook shows without the way through our code.
    """
    for place in PLACES:
        path = data_folder() / "fineweb" / place
        if path.is_file():
            return path
    raise TextNotHere(
        "No file of FineWeb is on this machine, so this cell has nothing to show. Read on: what it "
        "printed for us is told in the text, and nothing further down needs it.\n"
        "To bring a file, 2 GB: gptcore fetch fineweb:CC-MAIN-2013-20/000_00000"
    )
