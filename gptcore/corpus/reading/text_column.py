"""Which column of a parquet table has the text, for a table that nobody has described."""

from pathlib import Path

from gptcore.corpus.reading.parquet import is_text, open_parquet
from gptcore.corpus.reading.rows import DEFAULT_OPTIONS, missing_column


def guess_text_column(path: Path) -> tuple[str, str]:
    """Guess the column with the text: "text", or the one with the most text.

    Args:
        path: A parquet file.

    Returns:
        The column, and the reason for the guess; no reason is needed for "text".

    Raises:
        ValueError: If no column has text.
    """
    usual = DEFAULT_OPTIONS.column
    with open_parquet(path) as file:
        texts = [field.name for field in file.schema_arrow if is_text(field.type)]
        if usual in texts:
            return usual, ""
        if not texts:
            raise missing_column(path, usual, file.schema_arrow.names, texts)
        if len(texts) == 1:
            return texts[0], "the only column with text"
        paths = [file.schema.column(i).path for i in range(len(file.schema))]
        group = file.metadata.row_group(0)
        size_bytes = {
            name: group.column(paths.index(name)).total_uncompressed_size for name in texts
        }
    best = max(texts, key=size_bytes.__getitem__)
    others = ", ".join(name for name in texts if name != best)
    return best, f"a guess: it has the most text; --column chooses another: {others}"
