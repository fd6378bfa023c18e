"""A model, its tokenizer and its chat format, from wherever they are.

A source is the name of a model that is shipped or fetched (`stories-gpt`, `smollm2`), the folder of
a run or of Hugging Face, or a GGUF file.
"""

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from gptcore.checks import as_path, did_you_mean
from gptcore.corpus import smollm2_path
from gptcore.formats.weights import WEIGHTS_NAME
from gptcore.manifest import TextUnavailableError, shipped_folder
from gptcore.model import GPT
from gptcore.tokenizers import HFTokenizer, Tokenizer
from gptcore.training import crop_vocab, load_initial_weights, tokenizer_of_folder
from gptcore.tuning.chat_format import CHAT_TOKENS, FILE, ChatFormat, ChatFormatError, template_of
from gptcore.tuning.vocabulary import add_special_tokens, extend_vocab

SMOLLM2 = "smollm2"
SHIPPED = ("sums-gpt", "stories-gpt", "rope-gpt", "names-gpt")
NAMES = (SMOLLM2, *SHIPPED)
PADDED = 8  # a vocabulary with rows that no token has is padded to a multiple of this, at least


@dataclass(frozen=True)
class ChatModel:
    """A model that may answer.

    Attributes:
        model: The model, as 32-bit numbers.
        tokenizer: Its tokenizer.
        chat: Its chat format; None if it only continues text.

    Example:
        >>> load_chat_model("stories-gpt").chat is None
        True
    """

    model: GPT
    tokenizer: Tokenizer
    chat: ChatFormat | None


def load_chat_model(source: str | Path) -> ChatModel:
    """Load a model with its tokenizer, and its chat format if it has one.

    Args:
        source: smollm2, sums-gpt, stories-gpt, rope-gpt or names-gpt; the folder of a run, of
            one of its checkpoints, or of a Hugging Face model; or a GGUF file.

    Returns:
        The three.

    Raises:
        ValueError: If there is no model, or its tokenizer is not known.
        TextUnavailableError: If smollm2 is not on this machine.

    Example:
        >>> load_chat_model("stories-gpt").model.config.n_layer
        3
    """
    name = str(source)
    path = path_of(name) if name in NAMES else as_path(source, "The model")
    if not path.exists():
        raise ValueError(
            f"There is no model {name!r}.{did_you_mean(name, NAMES)} Name the folder "
            f"of a run or of a Hugging Face model, a GGUF file, or one of {', '.join(NAMES)}."
        )
    if path.suffix == ".gguf":
        model, found = GPT.from_gguf(path), HFTokenizer.from_gguf(path)
        return ChatModel(model, found, template_format(found))
    if path.is_file() and path.suffix != ".pt":
        raise ValueError(
            f"{path} is a file. Name the folder of the model; a file is read if it is a .gguf or "
            f"nanoGPT's ckpt.pt."
        )
    is_weights_alone = (path / WEIGHTS_NAME).is_file()
    if path.is_dir() and any((p / FILE).is_file() for p in (path, path.parent)):
        chat = ChatFormat.load(path)
        return ChatModel(load_initial_weights(path).float(), chat.tokenizer, chat)
    model = load_initial_weights(path).float()
    # Beside a checkpoint's folder is the tokenizer of its run.
    tokenizer = tokenizer_of_folder(path)
    if tokenizer is None and is_weights_alone:
        tokenizer = tokenizer_of_folder(path.parent)
    if tokenizer is None:
        raise ValueError(
            f"{path} has no tokenizer.json. Put the tokenizer of its data there: "
            f"tokenizer.save({str(path / 'tokenizer.json')!r})."
        )
    return ChatModel(model, tokenizer, template_format(tokenizer))


def path_of(name: str) -> Path:
    """The folder or file of a model with a name; SmolLM2 may be there in 4 bits or in 16."""
    if name != SMOLLM2:
        return shipped_folder() / name
    try:
        return smollm2_path()
    except TextUnavailableError:
        with suppress(TextUnavailableError):
            return smollm2_path("hub")
        raise


def template_format(tokenizer: Tokenizer) -> ChatFormat | None:
    """The format of an -Instruct model; None if the tokenizer has no chat template."""
    return ChatFormat(tokenizer, None) if template_of(tokenizer) else None


def with_chat_format(loaded: ChatModel, seed: int) -> tuple[GPT, ChatFormat]:
    """The model with a chat format; special tokens are added if it has none.

    Args:
        loaded: From `load_chat_model`.
        seed: Seed of the embeddings of the new tokens.

    Returns:
        The model, and how conversations become ids.

    Raises:
        ValueError: If the tokenizer has more tokens than the model.

    Example:
        >>> model, chat = with_chat_format(load_chat_model("stories-gpt"), seed=1)
        >>> model.config.vocab_size == chat.tokenizer.vocab_size
        True
    """
    if loaded.chat is not None:
        return loaded.model, loaded.chat
    check_tokenizer(loaded)
    tokenizer = add_special_tokens(loaded.tokenizer, CHAT_TOKENS.values())
    # Rows of padding were trained to be unlikely: they are no place for new tokens.
    model = crop_vocab(loaded.model, loaded.tokenizer.vocab_size)
    generator = torch.Generator().manual_seed(seed)
    return extend_vocab(model, tokenizer.vocab_size, generator), ChatFormat(tokenizer)


def check_tokenizer(loaded: ChatModel) -> None:
    """ValueError for a tokenizer with too many tokens; a warning if it has too few."""
    count, rows = loaded.tokenizer.vocab_size, loaded.model.config.vocab_size
    sizes = f"The tokenizer has {count:,} tokens and the model {rows:,}"
    if count > rows:
        raise ValueError(
            f"{sizes}, so it is not the tokenizer that the model was trained with. Put that one "
            f"into the model's folder as tokenizer.json."
        )
    if count < rows and rows % PADDED != 0:
        warnings.warn(
            f"{sizes}. If it is not the tokenizer that the model was trained with, put that one "
            f"into the model's folder as tokenizer.json.",
            stacklevel=3,
        )


def require_chat(loaded: ChatModel, source: str | Path, way_out: Callable[[], str]) -> ChatFormat:
    """The chat format of a model; an error with the way out if it has none.

    Args:
        loaded: From `load_chat_model`.
        source: What was given to it.
        way_out: Makes the end of the error.

    Raises:
        ChatFormatError: If the model only continues text.

    Example:
        >>> loaded = load_chat_model("stories-gpt")
        >>> try:
        ...     require_chat(loaded, "stories-gpt", lambda: "Tune it first.")
        ... except ChatFormatError as error:
        ...     print(error)
        stories-gpt was not tuned to answer: it has no chat format, ... Tune it first.
    """
    if loaded.chat is None:
        raise ChatFormatError(
            f"{source} was not tuned to answer: it has no chat format, and only continues text. "
            f"{way_out()}"
        )
    return loaded.chat
