"""Large files that some cells need: FineWeb and the weights of GPT-2.

Of FineWeb the sample of the stored outputs is used, or a file of your own.
"""

from importlib import import_module
from pathlib import Path

from course.needs import weights_are_here
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


def gpt2_weights() -> Path:
    """The folder of GPT-2 in the cache of Hugging Face. Nothing is downloaded: it is 0.5 GB.

    Raises: TextUnavailableError, as above.
    """
    if not weights_are_here():
        raise TextUnavailableError(
            "The weights of GPT-2 are not on this machine, so this cell has nothing to show. Read "
            "on: nothing further down needs it.\n"
            "To bring them, 0.5 GB: hf download openai-community/gpt2 config.json model.safetensors"
        )
    hub = import_module("huggingface_hub")  # only here: the library is slow to load
    return Path(hub.try_to_load_from_cache("openai-community/gpt2", "config.json")).parent
