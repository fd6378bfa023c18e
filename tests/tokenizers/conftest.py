"""Texts and vocabularies that several tests hold the tokenizers against."""

import pytest

from gptcore.corpus import is_downloaded, load
from gptcore.manifest import data_folder
from gptcore.tokenizers import BPETokenizer, GPT2Tokenizer

SHORT = (
    "It's low, lower, lowest: the newest and the widest, they're 12,345 of them!\n\n"
    "  Über die Brücke — naïve café, Привет мир, नमस्ते, 你好 👩‍👩‍👧 \t end  \n"
)


def need(name: str) -> None:
    """Skip the test where a file of the manifest is not on this machine."""
    if not is_downloaded(name):
        pytest.skip(f"{name} is not on this machine; bring it: gptcore fetch {name}")


@pytest.fixture(scope="session")
def shakespeare() -> str:
    need("shakespeare")
    return load("shakespeare")


@pytest.fixture(scope="session")
def web_documents() -> list[str]:
    """1,400 documents of FineWeb."""
    path = data_folder() / "fineweb" / "000_00000.parquet"
    if not path.exists():
        pytest.skip(f"the FineWeb sample is not on this machine: there is no {path}")
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(path, columns=["text"])["text"].to_pylist()


@pytest.fixture(scope="session")
def gpt2() -> GPT2Tokenizer:
    need("gpt2-vocabulary")
    return GPT2Tokenizer()


@pytest.fixture(scope="session")
def pure_gpt2() -> BPETokenizer:
    need("gpt2-vocabulary")
    return BPETokenizer.from_gpt2()


@pytest.fixture(scope="session")
def trained() -> BPETokenizer:
    """A small tokenizer with a special token, learned from a short text in many scripts."""
    return BPETokenizer.train(
        [SHORT] * 3, vocab_size=340, pattern="gpt4", special_tokens=["<|endoftext|>"]
    )
