"""Shards of a text of ours, one token per character: data for a first run without preparation.

One tenth is validation data: every tenth document, or the end of a text that is one document. The
text must fit into memory; `gptcore prepare` makes shards of larger ones.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gptcore.corpus import load, load_documents
from gptcore.corpus.shards.shards import write_shard
from gptcore.files import read_plan
from gptcore.tokenizers import CharTokenizer, Tokenizer, load_tokenizer

SINGLE_DOCUMENT = ("shakespeare",)  # texts that are one document
VAL_EVERY = 10  # one document (or token) in so many is validation data


def write_char_shards(name: str, folder: str | Path) -> CharTokenizer:
    """Write train.bin, val.bin and tokenizer.json.

    BOS comes before each document and at the end, but not in a text that is one document.

    Args:
        name: Name of a text, such as "names".
        folder: Where to write.

    Returns:
        The tokenizer.

    Raises:
        UnknownTextError: If there is no text of that name.

    Example:
        >>> write_char_shards("names", "out/data").vocab_size
        27
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    documents = [load(name)] if name in SINGLE_DOCUMENT else load_documents(name)
    tokenizer = CharTokenizer.train(documents)
    if len(documents) == 1:
        ids = tokenizer.encode_array(documents[0])
        n_train = len(ids) - len(ids) // VAL_EVERY
        splits = {"train": ids[:n_train], "val": ids[n_train:]}
    else:
        val = documents[VAL_EVERY - 1 :: VAL_EVERY]
        train = [document for i, document in enumerate(documents, 1) if i % VAL_EVERY]
        splits = {"train": concatenate(tokenizer, train), "val": concatenate(tokenizer, val)}
    for split, ids in splits.items():
        write_shard(folder / f"{split}.bin", ids, tokenizer.vocab_size)
    tokenizer.save(folder / "tokenizer.json")
    return tokenizer


def tokenizer_of_folder(folder: str | Path) -> Tokenizer | None:
    """Load the tokenizer of a folder of shards or of a run.

    Args:
        folder: The folder.

    Returns:
        The tokenizer; None if the folder does not name one, or it is not on this machine.

    Example:
        >>> tokenizer_of_folder("data").vocab_size
        27
    """
    folder = Path(folder)
    if (folder / "tokenizer.json").exists():
        return load_tokenizer(folder / "tokenizer.json")
    if not (folder / "manifest.json").exists():
        return None
    entry = read_plan(folder / "manifest.json").get("tokenizer")
    if not isinstance(entry, dict):
        return None
    # A manifest contains the tokenizer, except a published one; an old manifest has its path.
    name = folder / "manifest.json" if "saved" in entry else entry.get("name", "")
    try:
        tokenizer = load_tokenizer(name)
    except (ValueError, OSError):  # a file that was removed, a vocabulary that was not downloaded
        return None
    return tokenizer if tokenizer.sha256 == entry.get("sha256") else None


def concatenate(tokenizer: CharTokenizer, documents: list[str]) -> NDArray[np.uint32]:
    """Encode documents one after the other, with BOS around each: shape (tokens,)."""
    bos = np.array([tokenizer.BOS], dtype=np.uint32)
    return np.concatenate([bos, *(p for d in documents for p in (tokenizer.encode_array(d), bos))])
