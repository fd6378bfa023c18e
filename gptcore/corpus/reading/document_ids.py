"""Whether the ids of the sources differ, so that they can choose the validation documents.

A column of ids may be empty, or the same in every row, such as the name of a dataset. Then all
documents would be in one split, so their texts are used instead.
"""

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from gptcore.corpus.reading.documents import read_documents, row_groups
from gptcore.corpus.reading.formats import known_format
from gptcore.corpus.reading.rows import ReaderOptions

SplitKey = Literal["id", "text"]
MAX_DOCUMENTS = 1000  # to look at; in most files the second one has another id


def split_by(files: Sequence[tuple[Path, ReaderOptions]]) -> list[SplitKey]:
    """What chooses the split of each file: the ids if they differ, else the texts.

    The id of a file with one document is compared with those of other such files.
    """
    ids = [first_ids(path, options) for path, options in files]
    single = Counter(found[0] for found in ids if len(found) == 1)
    return ["text" if is_constant(found, single) else "id" for found in ids]


def is_constant(ids: Sequence[str], single: Counter[str]) -> bool:
    """Whether several documents have the same id and no other was found."""
    if len(ids) == 1:
        return single[ids[0]] > 1
    return len(set(ids)) == 1


def first_ids(path: Path, options: ReaderOptions) -> list[str]:
    """The ids of the first documents, up to the first one that differs."""
    found: list[str] = []
    if known_format(path).kind == "text":
        return found
    # What cannot be read is reported later, with its position.
    with contextlib.suppress(ValueError, OSError):
        groups = range(len(row_groups(path, replace(options, bad_text="replace"))))
        batches = (batch for group in groups for batch in read_documents(path, group, options))
        for key, _ in islice(chain.from_iterable(batches), MAX_DOCUMENTS):
            if key is not None:
                found.append(key)
                if key != found[0]:
                    break
    return found
