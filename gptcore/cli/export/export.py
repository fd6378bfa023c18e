"""`gptcore export`: a model in the format of another program."""

import shlex
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from gptcore.cli.console import print_line, warnings_to_stderr
from gptcore.cli.paths import ModelSource
from gptcore.optional import require_packages

DTYPES = {  # of each format, the default first
    "hf": ("f32", "f16", "bf16"),
    "gguf": ("f16", "f32", "q8_0"),
    "html": ("f16", "f32"),
}
PAGE_DTYPES = {"f16": "float16", "f32": "float32"}  # as the page names them


@dataclass
class Export:
    """Write a model for other programs: gptcore export MODEL --to hf|gguf|html PATH

    hf: a folder for transformers, with tokenizer and chat template. gguf: a file for llama.cpp.
    html: one page that runs the model in a browser, without a server. Nothing is overwritten.
    """

    model: ModelSource
    path: Annotated[
        str,
        tyro.conf.Positional,
        tyro.conf.arg(metavar="PATH", help="folder (hf) or file (gguf, html) that is written"),
    ]
    to: Literal["hf", "gguf", "html"]
    """the format"""
    dtype: Literal["f32", "f16", "bf16", "q8_0"] | None = None
    """how weights are stored; default: f32 for hf, f16 for gguf and html"""
    title: str | None = None
    """with html: the title of the page; default: the name of the model"""

    def run(self) -> None:
        """Check what can be checked without PyTorch, then load and write."""
        dtype = self.checked_dtype()
        packages = ("gguf",) if self.to == "gguf" else ()
        require_packages("gptcore export", "torch", "safetensors", "numpy", *packages)
        # PyTorch takes seconds to load; errors in the arguments come before.
        path = import_module("gptcore.export.new_path").check_new(self.path)
        with warnings_to_stderr():
            loaded = import_module("gptcore.tuning").load_chat_model(self.model)
            written = self.write(loaded, path, dtype)
        size = format_bytes(bytes_of(written))
        print_line(f"{written} ({size}), {self.how_to_load(written)}", sys.stdout)

    def checked_dtype(self) -> str:
        """The dtype, or its default; ValueError for one that the format does not have."""
        known = DTYPES[self.to]
        if self.dtype is not None and self.dtype not in known:
            raise ValueError(
                f"--dtype {self.dtype} is not one of --to {self.to}, which has {', '.join(known)}."
            )
        if self.title is not None and self.to != "html":
            raise ValueError(f"--title is of a page: --to html, not --to {self.to}.")
        return self.dtype or known[0]

    def write(self, loaded: Any, path: Path, dtype: str) -> Path:
        """Write the model in the format that was chosen; the path."""
        export = import_module("gptcore.export")
        model, tokenizer, chat = loaded.model, loaded.tokenizer, loaded.chat
        written: Path
        if self.to == "html":
            title = self.title or Path(self.model).resolve().name
            written = export.export_page(
                *(model, tokenizer, path), title=title, dtype=PAGE_DTYPES[dtype]
            )
        else:
            function = export.export_gguf if self.to == "gguf" else export.export_huggingface
            written = function(model, tokenizer, path, chat=chat, dtype=dtype)
        return written

    def how_to_load(self, written: Path) -> str:
        """What opens the export."""
        return {
            "hf": f"for transformers: AutoModelForCausalLM.from_pretrained({str(written)!r})",
            "gguf": f"for llama.cpp: llama-cli -m {shlex.quote(str(written))}",
            "html": "for a browser: open the file",
        }[self.to]


def bytes_of(path: Path) -> int:
    """The size of a file, or of all files of a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def format_bytes(count: int) -> str:
    """A size as people say it: 1234567 -> "1.2 MB"."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
