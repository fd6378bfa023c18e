"""Large files that some cells need: FineWeb and its shards.

Of FineWeb the sample of the stored outputs is used, or a file of your own.
"""

from pathlib import Path

from gptcore.corpus import TextUnavailableError, data_folder

PLACES = ("000_00000.parquet", "CC-MAIN-2013-20/000_00000.parquet")  # the sample; a whole file
SHARDS = "fineweb-shards"


def fineweb_file() -> Path:
    """The first of these files that exists. Another file than the sample gives other numbers.

    Raises: TextUnavailableError, which a notebook shows without a traceback.
    """
    for place in PLACES:
        path = data_folder() / "fineweb" / place
        if path.is_file():
            return path
    raise TextUnavailableError(
        "No file of FineWeb is on this machine, so this cell has nothing to show. Read on: what it "
        "printed for us is told in the text, and nothing further down needs it.\n"
        "To bring a file, 2 GB: gptcore fetch fineweb:CC-MAIN-2013-20/000_00000"
    )


def fineweb_shards() -> Path:
    """The folder of the shards of FineWeb that a reader with a GPU has made.

    Raises: TextUnavailableError, as above.
    """
    here = Path.cwd()  # a terminal may start in notebooks/ or in the folder above
    places = (data_folder() / SHARDS, here / SHARDS, here.parent / SHARDS)
    path = next((place for place in places if (place / "manifest.json").is_file()), None)
    if path is None:
        raise TextUnavailableError(
            "There are no shards of FineWeb where this cell looks for them: in the folder "
            f"{SHARDS} of the course or of GPTCORE_DATA.\n"
            f"To make them: gptcore prepare fineweb:CC-MAIN-2013-20/000_00000 --out {SHARDS}"
        )
    return path
