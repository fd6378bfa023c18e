"""One HTML file that runs a model in the browser: no server, and no request beside the file.

It holds the weights, the tokenizer, the lines of the training text and the scripts of `assets/`.
What other people wrote (lines, title) is in the page as data, never as HTML or script.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from gptcore.checks import as_finite, as_path
from gptcore.export.model_and_tokenizer import ready_model
from gptcore.export.page_tokenizer import describe_tokenizer
from gptcore.export.page_weights import describe_model
from gptcore.files import atomic_path
from gptcore.model import GPT
from gptcore.tokenizers.pretokenization import check_text
from gptcore.tokenizers.tokenizer import Tokenizer

ASSETS = Path(__file__).parent / "assets"
# Each after those that it imports.
SCRIPTS = ("gpt.js", "tokenizer.js", "lines.js", "reader.js", "row.js", "details.js", "page.js")
MAX_PAGE_BYTES = 100_000_000  # a browser takes seconds to read more


def export_page(
    model: GPT,
    tokenizer: Tokenizer,
    path: str | Path,
    *,
    lines: Iterable[str] = (),
    title: str | None = None,
    dtype: str = "float16",
    val_loss: float | None = None,
) -> Path:
    """Write one HTML file that runs a model in the browser.

    LoRA adapters are merged, and rows of the vocabulary that no token has are left out. The same
    arguments give the same bytes.

    Args:
        model: A GPT without experts.
        tokenizer: A `CharTokenizer`, or a `BPETokenizer` with a pattern of its own list.
        path: The file; its folder is created, and a file that is there is replaced.
        lines: The training text. The page marks which generated lines are in it, and shows the
            nearest one. Without lines it marks nothing.
        title: Of the page; None: "A GPT of 100,032 parameters".
        dtype: How weights are stored: "float16", or "float32" for twice the size.
        val_loss: Held-out loss in nats per token, which the page shows.

    Returns:
        The path of the file.

    Raises:
        ValueError: If the page cannot hold the model or the tokenizer, a weight is too large for
            float16, or the file would have more than 100 MB.
        OSError: If the file cannot be written.

    Example:
        >>> export_page(model, tokenizer, "out/page.html", lines=["emma", "liam"]).name
        'page.html'
    """
    path = as_path(path)
    page = page_html(
        model, tokenizer, lines=lines, title=title, dtype=dtype, val_loss=val_loss
    ).encode()
    if path.is_dir():
        raise ValueError(f"{path} is a folder. Name a file in it, such as {path / 'page.html'}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as part:
        part.write_bytes(page)
    return path


def page_html(
    model: GPT,
    tokenizer: Tokenizer,
    *,
    lines: Iterable[str] = (),
    title: str | None = None,
    dtype: str = "float16",
    val_loss: float | None = None,
) -> str:
    """The text of the page that `export_page` writes.

    Args:
        model: As for `export_page`.
        tokenizer: As for `export_page`.
        lines: As for `export_page`.
        title: As for `export_page`.
        dtype: As for `export_page`.
        val_loss: As for `export_page`.

    Returns:
        HTML.
    """
    described, weights = describe_model(ready_model(model, tokenizer), dtype)
    if val_loss is not None:
        val_loss = as_finite(val_loss, "val_loss", minimum=0)
    parameters = sum(size for _, size in described["tensors"])
    title = f"A GPT of {parameters:,} parameters" if title is None else title
    check_text(title, "The title")
    data = described | {
        "tokenizer": describe_tokenizer(tokenizer),
        "lines": check_lines(lines),
        "parameters": parameters,
        "val_loss": val_loss,
    }
    page = Template((ASSETS / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        css=(ASSETS / "page.css").read_text(encoding="utf-8"),
        data=script_json(data),
        weights=b64encode(weights).decode(),
        script=page_script(),
    )
    if len(page) > MAX_PAGE_BYTES:
        raise ValueError(
            f"The page would have {len(page) / 1e6:,.0f} MB, and {MAX_PAGE_BYTES / 1e6:,.0f} MB is "
            f"the most. Of that, {len(weights) * 4 / 3e6:,.0f} MB are weights ({dtype}): take "
            "float16, a smaller model or fewer lines; or export it as a Hugging Face folder."
        )
    return page


def check_lines(lines: Iterable[str]) -> list[str]:
    """The different lines, in their order.

    Args:
        lines: What the caller gave.

    Raises:
        ValueError: For one text in place of several lines, and for half a character.
    """
    if isinstance(lines, str):
        raise ValueError("lines is one text; give a list of lines: lines=text.splitlines().")
    different = list(dict.fromkeys(lines))
    for i, line in enumerate(different):
        check_text(line, f"Line {i}")
    return different


def script_json(value: Any) -> str:
    r"""JSON that can be in a <script>: nothing in it ends the element or begins a comment.

    Args:
        value: A value of JSON types.

    Example:
        >>> script_json("</script>")
        '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, separators=(",", ":"))  # other than ASCII is \uXXXX, U+2028 as well
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def page_script() -> str:
    """The scripts of the page in one module; their imports of each other are left out."""
    scripts = [(ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS]
    lines = "\n".join(scripts).splitlines()
    return "\n".join(line for line in lines if not line.startswith("import "))
