"""What is in a file of text: lines, or a running text, and what is left out of it.

Lines are documents of their own, such as names. A running text is one document; its line breaks are
letters like all others.
"""

import codecs
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gptcore.checks import as_path, check_choice, nearest_name
from gptcore.corpus import load

SHIPPED = ("cities", "creatures", "poems", "names")
KINDS = ("auto", "lines", "text")
MAX_LINE = 400  # letters; a longer line is left out of a list
MEAN_OF_TEXT = 120  # letters; where lines are longer than this, the text is no list
MAX_TEXT = 20_000_000  # bytes that are read of a running text
BOMS = {  # byte order marks, which name the encoding
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
REPEATED, EMPTY, TOO_LONG = "repeated", "empty", f"longer than {MAX_LINE} letters"
SPACES = " \t\r\f\v\u00a0\ufeff"


class TextFileError(ValueError):
    """The file is no text from which a model can learn.

    Example:
        >>> read_lines("no-such-file.txt")
        Traceback (most recent call last):
        ...
        gptcore.own_gpt.text_lines.TextFileError: There is no file no-such-file.txt. ...
    """


@dataclass(frozen=True)
class TextLines:
    """The content of a file.

    Attributes:
        lines: The different lines, in the order of the file; of a running text all of it, as one.
        is_running_text: Whether the file is one text, and no list.
        left_out: Why lines were left out, and how many.

    Example:
        >>> clean_lines("emma\\nolivia\\nemma\\n").left_out
        {'repeated': 1}
    """

    lines: tuple[str, ...]
    is_running_text: bool = False
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def characters(self) -> str:
        """The different letters, in the order of Unicode."""
        return "".join(sorted(set().union(*self.lines)))

    @property
    def n_letters(self) -> int:
        """Letters of all lines."""
        return sum(map(len, self.lines))

    @property
    def notes(self) -> list[str]:
        """What was left out, as sentences."""
        return [f"{count:,} {reason} lines are left out" for reason, count in self.left_out.items()]


def read_lines(path: str | Path, *, kind: str = "auto", encoding: str | None = None) -> TextLines:
    """Read a file of lines, or of a running text.

    Args:
        path: The file.
        kind: lines, text, or auto: what the file looks like.
        encoding: None for UTF-8, or what the first bytes of the file name.

    Returns:
        The different lines, without spaces around them; or the text.

    Raises:
        TextFileError: If there is no such file, or it is no text.

    Example:
        >>> read_lines("names.txt").is_running_text
        False
    """
    path = as_path(path, "FILE")
    check_choice(kind, "kind", KINDS)
    text = decode(path, read_bytes(path), encoding)
    if "\0" in text:
        raise TextFileError(
            f"{path} is not text: it has a zero byte at position {text.index(chr(0)):,}. Give a "
            f"text file; a document of a word processor must be saved as plain text first."
        )
    if not text.strip():
        raise TextFileError(f"{path} is empty. Give a file with one line for each example.")
    return clean_lines(text, kind=kind)


def shipped_list(name: str) -> str | None:
    """The text of a list that comes with gptcore; None if there is none of that name.

    Args:
        name: cities, creatures, poems or names. A file of that name comes first.

    Example:
        >>> shipped_list("creatures").splitlines()[0]
        'ambrel'
    """
    return load(name) if name in SHIPPED and not Path(name).exists() else None


def clean_lines(text: str, *, kind: str = "auto") -> TextLines:
    """The lines of a text, each once.

    Args:
        text: All of it.
        kind: lines, text or auto.

    Returns:
        The different lines; or the text, if it is a running one.

    Example:
        >>> clean_lines("  emma \\n\\nolivia").lines
        ('emma', 'olivia')
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if kind == "text" or (kind == "auto" and looks_like_running_text(text)):
        return TextLines((text.strip() + "\n",), is_running_text=True)
    found: dict[str, None] = {}
    left_out: Counter[str] = Counter()
    # Trap: str.splitlines also splits at U+2028 and other letters that a line may have.
    for line in text.removesuffix("\n").split("\n"):
        line = line.strip(SPACES)
        if not line or len(line) > MAX_LINE or line in found:
            left_out[EMPTY if not line else REPEATED if line in found else TOO_LONG] += 1
        else:
            found[line] = None
    return TextLines(tuple(found), left_out=dict(left_out))


def looks_like_running_text(text: str) -> bool:
    """Whether a text is prose, a play or a program, and no list of lines.

    Its lines are long, or stand in paragraphs of several lines with an empty line between them.

    Args:
        text: All of it.

    Example:
        >>> looks_like_running_text("emma\\nolivia\\nava\\n")
        False
    """
    paragraphs = [block.strip("\n") for block in text.split("\n\n") if block.strip()]
    lines = [line for block in paragraphs for line in block.split("\n") if line.strip()]
    if not lines:
        return False
    mean = sum(map(len, lines)) / len(lines)
    return mean > MEAN_OF_TEXT or (len(paragraphs) > 5 and len(lines) / len(paragraphs) > 1.5)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Args:
        path: The file.

    Raises:
        TextFileError: If it cannot be read.
    """
    if path.is_dir():
        raise TextFileError(f"{path} is a folder. Name a text file in it.")
    try:
        with path.open("rb") as file:
            return file.read(MAX_TEXT)
    except FileNotFoundError:
        folder = path.parent
        files = [p.name for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
        near = nearest_name(path.name, files, 0.5)
        near_list = nearest_name(str(path), SHIPPED)
        hint = f" Give a text file, or a list that comes with gptcore: {', '.join(SHIPPED)}."
        if near or near_list:
            hint = f" Did you mean {folder / near if near else near_list}?"
        raise TextFileError(f"There is no file {path}.{hint}") from None
    except OSError as error:
        raise TextFileError(f"{path} cannot be read: {error.strerror}.") from None


def decode(path: Path, content: bytes, encoding: str | None) -> str:
    """The text that bytes mean; the error names the first line that is not in the encoding.

    Args:
        path: The file, for errors.
        content: Its bytes.
        encoding: None for UTF-8, or what a byte order mark names.
    """
    marked = next((name for bom, name in BOMS.items() if content.startswith(bom)), None)
    chosen = encoding or marked or "utf-8"
    try:
        return content.decode(chosen)
    except LookupError:
        raise TextFileError(
            f"There is no encoding {chosen!r}. Usual ones: utf-8, latin-1, cp1252, utf-16."
        ) from None
    except UnicodeDecodeError as error:
        if error.end >= len(content) == MAX_TEXT:  # a letter that was cut in two
            return content[: error.start].decode(chosen)
        raise not_this_encoding(path, content, chosen, error) from None


def not_this_encoding(
    path: Path, content: bytes, encoding: str, error: UnicodeDecodeError
) -> TextFileError:
    """The error for bytes that are no letter of the encoding."""
    if b"\0" in content[:1000]:
        return TextFileError(
            f"{path} is not text: it has zero bytes. Give a text file; a document of a word "
            f"processor must be saved as plain text first."
        )
    number = content.count(b"\n", 0, error.start) + 1
    lines = content.split(b"\n")
    right = [line for line in lines if is_encoded(line, encoding)]
    beyond_ascii = sum(not line.isascii() for line in right)
    way_out = (
        "Save the file as UTF-8; or name its encoding: --encoding cp1252 (Windows) or latin-1."
    )
    if beyond_ascii:
        way_out = (
            f"{beyond_ascii:,} others have letters like é and are {encoding}, so the file mixes "
            f"encodings, and no --encoding reads all of it. Save these lines as {encoding}."
        )
    return TextFileError(
        f"{path} is not {encoding}: byte {content[error.start]:#04x} in line {number:,}, and "
        f"{len(lines) - len(right):,} of {len(lines):,} lines have such bytes. {way_out}"
    )


def is_encoded(line: bytes, encoding: str) -> bool:
    """Whether a line is text of an encoding."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
