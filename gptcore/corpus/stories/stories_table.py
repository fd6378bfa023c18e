"""A table of stories like FineWeb's, with planted duplicates, junk and other languages.

Each row has a known label: what it is, and of which row it is a copy. So the precision and the
recall of a filter can be computed, which are unknown for real web pages. Twenty of the good rows
were written to look suspicious (`marked_pages`).

`token_count` is null in every row: counting needs GPT-2's vocabulary, and the table must not
depend on it. No address exists: all end in `.example`.
Source: the columns are those of FineWeb, Penedo et al. 2024, arXiv 2406.17557.
"""

import random
import tomllib
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gptcore.checks import as_path
from gptcore.corpus.stories.stories import generate_stories
from gptcore.corpus.stories.story_junk import EDITS, JUNK, pick
from gptcore.files import atomic_path
from gptcore.manifest import shipped_folder
from gptcore.optional import optional_import

FRACTION_OF = {"copy": 0.05, "near copy": 0.10, "junk": 0.12, "other language": 0.08}
MIN_ROWS = 100  # with fewer, the marked pages would be most of the table
STORIES_PER_PAGE = (2, 3, 4, 5)
MAX_SHARED_SENTENCES = 4  # in two pages of one language, if possible
FIRST_DAY, DAYS = datetime(2013, 5, 18), 4_000

COLUMNS = {  # FineWeb's, in its order: name -> type in Arrow
    "text": "string",
    "id": "string",
    "dump": "string",
    "url": "string",
    "date": "string",
    "file_path": "string",
    "language": "string",
    "language_score": "float64",
    "token_count": "int64",
}


class MarkedPage(NamedTuple):
    """A good page, why a filter may remove it, and a classifier's score for English."""

    kind: str
    suspicion: str
    score: float
    text: str


@cache
def page_data() -> dict[str, Any]:
    """The content of data/story_pages.toml, read once."""
    text = (shipped_folder() / "story_pages.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def marked_pages() -> list[MarkedPage]:
    """Twenty good pages that look suspicious."""
    return [MarkedPage(**row) for row in page_data()["marked_pages"]]


def other_languages() -> dict[str, list[list[str]]]:
    """Language code -> groups of sentences; a page has one sentence of each group."""
    return {
        language: [group.split("\n") for group in text.split("\n\n")]
        for language, text in page_data()["other_languages"].items()
    }


class RowLabel(NamedTuple):
    """The true label of a row of the table.

    Attributes:
        id: The id of the row.
        kind: What the row is.
        detail: The kind of junk or marked page, the edit of a near copy, or the language.
        copy_of: The id of the earlier row that a copy repeats.

    Example:
        >>> labels = write_story_table("a.parquet", rows=200)
        >>> len(labels)
        200
    """

    id: str
    kind: Literal["story", "marked", "copy", "near copy", "junk", "other language"]
    detail: str = ""
    copy_of: str = ""

    @property
    def good(self) -> bool:
        """Whether an English corpus should keep the row; of duplicates, only the first."""
        return self.kind in ("story", "marked")


class Page(NamedTuple):
    """A row before sorting: its position from 0 to 1, and its content."""

    position: float
    label: RowLabel
    text: str
    language: str
    score: float


def write_story_table(
    path: str | Path, rows: int = 1_000, seed: int = 1, group_rows: int = 200
) -> list[RowLabel]:
    """Write the table as a parquet file; the same arguments give the same content.

    Args:
        path: The file. It appears under this name only when it is complete.
        rows: Number of rows, at least 100.
        seed: Seed of all random choices.
        group_rows: Rows per row group.

    Returns:
        The label of each row, in order.

    Raises:
        ValueError: If there are fewer rows than fit the marked pages, or empty row groups.
        PackageMissingError: If pyarrow is not installed.

    Example:
        >>> len(write_story_table("a.parquet", rows=200))
        200
    """
    if group_rows < 1:
        raise ValueError(f"group_rows={group_rows} must be 1 or more; FineWeb has 1000.")
    pages = make_pages(rows, seed)
    pa = optional_import("pyarrow", "writing a parquet table")
    parquet = optional_import("pyarrow.parquet", "writing a parquet table")
    table = pa.Table.from_pylist(
        list(table_rows(pages, seed)),
        schema=pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS.items()]),
    )
    with atomic_path(as_path(path)) as part:
        parquet.write_table(table, part, row_group_size=group_rows)
    return [page.label for page in pages]


def make_pages(rows: int, seed: int) -> list[Page]:
    """The pages of the table in order; needs no library.

    Raises:
        ValueError: If there are fewer rows than fit the marked pages.
    """
    if rows < MIN_ROWS:
        raise ValueError(
            f"rows={rows} is too few: {len(marked_pages())} rows are marked pages. "
            f"Ask for {MIN_ROWS} or more."
        )
    rng = random.Random(seed)
    n = {kind: round(share * rows) for kind, share in FRACTION_OF.items()}
    marked = [
        Page(rng.random(), RowLabel(new_id(rng), "marked", page.kind), page.text, "en", page.score)
        for page in marked_pages()
    ]
    plain = [*islice(plain_pages(rng), rows - len(marked) - sum(n.values()))]
    pages = [*marked, *plain]
    pages += [copy_of(pick(plain, rng), "copy", "", rng) for _ in range(n["copy"])]
    for i in range(n["near copy"]):
        pages.append(copy_of(pick(plain, rng), "near copy", [*EDITS][i % len(EDITS)], rng))
    pages += [junk_page([*JUNK][i % len(JUNK)], rng) for i in range(n["junk"])]
    pages += other_pages(n["other language"], rng)
    return sorted(pages)


def new_id(rng: random.Random) -> str:
    """An id like those of FineWeb's rows."""
    digits = "".join(f"{int(rng.random() * 2**32):08x}" for _ in range(4))
    return f"<urn:uuid:{uuid.UUID(digits)}>"


def confident_score(rng: random.Random) -> float:
    """A high score, as a classifier gives to an ordinary page."""
    return round(0.9 + 0.09 * rng.random(), 4)


def plain_pages(rng: random.Random) -> Iterator[Page]:
    """Endless pages of several stories each."""
    stories = generate_stories(rng)
    while True:
        texts = [story.text for story in islice(stories, pick(STORIES_PER_PAGE, rng))]
        yield Page(
            rng.random(),
            RowLabel(new_id(rng), "story"),
            "\n\n".join(texts),
            "en",
            confident_score(rng),
        )


def copy_of(page: Page, kind: Literal["copy", "near copy"], edit: str, rng: random.Random) -> Page:
    """A copy of the page at a later position, with an edit if it is a near copy."""
    text = EDITS[edit](page.text, rng) if edit else page.text
    position = page.position + (1 - page.position) * rng.random()
    return Page(
        position, RowLabel(new_id(rng), kind, edit, page.label.id), text, "en", confident_score(rng)
    )


def junk_page(kind: str, rng: random.Random) -> Page:
    make, language, score = JUNK[kind]
    return Page(rng.random(), RowLabel(new_id(rng), "junk", kind), make(rng), language, score)


def other_pages(n: int, rng: random.Random) -> Iterator[Page]:
    """Pages in the other languages in turn; a page has one sentence of each group."""
    languages = other_languages()
    written: dict[str, list[list[str]]] = {name: [] for name in languages}
    for i in range(n):
        language = [*languages][i % len(languages)]
        for _ in range(100):  # attempts; a large table repeats sentences
            page = [pick(group, rng) for group in languages[language]]
            shared = [sum(a == b for a, b in zip(page, other)) for other in written[language]]
            if max(shared, default=0) <= MAX_SHARED_SENTENCES:
                break
        written[language].append(page)
        label = RowLabel(new_id(rng), "other language", language)
        yield Page(rng.random(), label, " ".join(page), language, confident_score(rng))


def table_rows(pages: list[Page], seed: int) -> Iterator[dict[str, Any]]:
    """The rows with FineWeb's columns; addresses and dates are invented."""
    rng = random.Random(seed)
    for page in pages:
        day = FIRST_DAY + timedelta(
            days=int(rng.random() * DAYS), seconds=int(rng.random() * 86_400)
        )
        dump = f"STORIES-{day.year}-{day.isocalendar().week:02d}"
        site = pick(("tales", "pages", "evening", "corner", "blue-spoon"), rng)
        yield {
            "text": page.text,
            "id": page.label.id,
            "dump": dump,
            "url": f"https://{site}.example/{page.label.id[10:18]}.html",
            "date": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "file_path": f"stories/{dump}/{int(rng.random() * 100):05d}.warc.gz",
            "language": page.language,
            "language_score": page.score,
            "token_count": None,
        }
