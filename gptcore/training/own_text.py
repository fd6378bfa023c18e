"""Shards of a text that has a name, letter by letter: enough for a first run, with nothing to
prepare.

A tenth is set aside for validation: every tenth document; of a text that is a single one, its end.
Left out on purpose: texts that do not fit into memory. `gptcore prepare` makes shards of those.
"""

from pathlib import Path

import numpy as np

from gptcore.corpus import load, load_documents
from gptcore.corpus.shards.shards import write_shard
from gptcore.files import read_plan
from gptcore.tokenizers import CharTokenizer, Tokenizer, load_tokenizer

SINGLE = ("shakespeare",)  # texts that are one document
ASIDE = 10  # one in so many is for validation


def write_own_shards(name: str, folder: str | Path) -> CharTokenizer:
    """Write train.bin, val.bin and tokenizer.json, and give back the tokenizer.

    Before each document and at the very end stands BOS, but not in a text that is a single one.
    Example: write_own_shards("names", "out/data")
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    documents = [load(name)] if name in SINGLE else load_documents(name)
    tokenizer = CharTokenizer.train(documents)
    if len(documents) == 1:
        ids = tokenizer.encode_array(documents[0])
        border = len(ids) - len(ids) // ASIDE
        splits = {"train": ids[:border], "val": ids[border:]}
    else:
        aside = documents[ASIDE - 1 :: ASIDE]
        kept = [d for place, d in enumerate(documents, 1) if place % ASIDE]
        splits = {"train": joined(tokenizer, kept), "val": joined(tokenizer, aside)}
    for split, ids in splits.items():
        write_shard(folder / f"{split}.bin", ids, tokenizer.vocab_size)
    tokenizer.save(folder / "tokenizer.json")
    return tokenizer


def find_tokenizer_of(folder: str | Path) -> Tokenizer | None:
    """The tokenizer that shards were made with; None if they do not say, or it is not here.

    Example: find_tokenizer_of("data").vocab_size -> 27
    """
    folder = Path(folder)
    if (folder / "tokenizer.json").exists():
        return load_tokenizer(folder / "tokenizer.json")
    if not (folder / "manifest.json").exists():
        return None
    made_with = read_plan(folder / "manifest.json").get("tokenizer")
    if not isinstance(made_with, dict):
        return None
    # A manifest has the tokenizer in it, unless that is a published one, or it is an old manifest.
    name = folder / "manifest.json" if "saved" in made_with else made_with.get("name", "")
    try:
        tokenizer = load_tokenizer(name)
    except (ValueError, OSError):  # a file that went away, a vocabulary that was not fetched
        return None
    return tokenizer if tokenizer.sha256 == made_with.get("sha256") else None


def joined(tokenizer: CharTokenizer, documents: list[str]) -> np.ndarray:
    """All documents in a row, with BOS around each. Shapes: (tokens,)."""
    bos = np.array([tokenizer.BOS], dtype=np.uint32)
    return np.concatenate([bos, *(p for d in documents for p in (tokenizer.encode_array(d), bos))])
