"""The model of `--init_from`: a run, a Hugging Face folder, a GGUF file, or one with a name.

Its sizes are kept, except for three: a shorter context, more rows for tokens (a vocabulary is
often padded to a multiple of 64), and dropout. Its data must be prepared with its tokenizer.
"""

import shlex
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from gptcore.checks import as_path, did_you_mean
from gptcore.cli.training.options import TrainOptions, typed_options
from gptcore.corpus import smollm2_path
from gptcore.formats.huggingface import resolve_folder
from gptcore.formats.weights import WEIGHTS_NAME
from gptcore.manifest import TextUnavailableError, shipped_folder
from gptcore.model import GPT
from gptcore.model.pretrained import shorten
from gptcore.tokenizers import HFTokenizer, Tokenizer
from gptcore.training import crop_vocab, load_initial_weights, tokenizer_of_folder
from gptcore.tuning import has_lora, merge_lora
from gptcore.tuning.chat_model import SHIPPED, SMOLLM2
from gptcore.tuning.vocabulary import extend_vocab

ON_THE_HUB = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "distilgpt2")
NAMES = (SMOLLM2, *ON_THE_HUB, *SHIPPED)
CHANGEABLE = ("block_size", "vocab_size", "dropout")
PROBE = "  Two words,\n1234 don't\tnaïve: 模型 \U0001f600."  # what tokenizers cut differently


@dataclass(frozen=True)
class InitialModel:
    """Where a run begins.

    Attributes:
        model: The model, in 32 bits.
        tokenizer: The one it was trained with; None if that is not known.
        source: The file or folder of the model.
    """

    model: GPT
    tokenizer: Tokenizer | None
    source: Path


def find_source(source: str) -> Path:
    """The file or folder of a model.

    Args:
        source: A path, or one of `NAMES`.

    Raises:
        ValueError: If there is none.
        OSError: If a model with a name is not on this machine.
    """
    path = as_path(source, "--init_from")
    if path.exists():
        return path
    if source == SMOLLM2:
        with suppress(TextUnavailableError):
            return smollm2_path("hub")  # 16 bits; the other file has 4
        return smollm2_path()
    if source in SHIPPED:
        return shipped_folder() / source
    if source in ON_THE_HUB:
        try:
            return resolve_folder(source)
        except OSError as error:
            raise OSError(
                f"{str(error).rstrip('.')}. Without the hub: name a folder with its config.json, "
                f"model.safetensors and tokenizer.json; or start from another model: gptcore "
                f"fetch {SMOLLM2}; then --init_from {SMOLLM2}."
            ) from None
    raise ValueError(
        f"--init_from {source} does not exist.{did_you_mean(source, NAMES)} Name the folder of a "
        f"run, such as the --out_dir of another gptcore train; the folder of a Hugging Face model; "
        f"a GGUF file; or one of {', '.join(NAMES)}."
    )


def load_initial_model(source: str) -> InitialModel:
    """Load a model with its tokenizer.

    Args:
        source: As `find_source` takes it.

    Raises:
        ValueError: If there is no model, or it cannot be trained.
    """
    path = find_source(source)
    if path.suffix == ".gguf":
        return InitialModel(GPT.from_gguf(path).float(), HFTokenizer.from_gguf(path), path)
    model = load_initial_weights(path)
    if has_lora(model):  # a run begins with plain weights
        model = merge_lora(model)
    tokenizer = tokenizer_of_folder(path)
    if tokenizer is None and (path / WEIGHTS_NAME).is_file():
        tokenizer = tokenizer_of_folder(path.parent)  # of the run of a checkpoint
    return InitialModel(model.float(), tokenizer, path)


def build_initial_model(
    command: TrainOptions, initial: InitialModel, data: Path, tokenizer: Tokenizer | None, seed: int
) -> GPT:
    """The model of --init_from for the data of a run, with the sizes that may be changed.

    Args:
        command: The options that were typed.
        initial: The model.
        data: Folder of the shards.
        tokenizer: That of the data, if it is known.
        seed: Seed of rows for more tokens.

    Raises:
        ValueError: If other sizes were typed, or the data has another tokenizer.
    """
    source, typed = command.init_from, typed_options(command.model)
    has = asdict(initial.model.config)
    fixed = {name: value for name, value in typed.items() if name not in CHANGEABLE}
    other = [f"{k}={has[k]} (not {v})" for k, v in fixed.items() if has[k] != v]
    if other:
        raise ValueError(
            f"The model in {source} has {', '.join(other)}. Its weights fit no other sizes: omit "
            f"these options, or --init_from. Only {', '.join(CHANGEABLE)} can be changed."
        )
    check_tokenizer(initial, data, tokenizer)
    known = tokenizer or initial.tokenizer
    model = with_vocab_size(initial.model, typed.get("vocab_size"), known, seed)
    return with_block_size(
        model, typed.get("block_size"), typed.get("dropout", model.config.dropout)
    )


def check_tokenizer(initial: InitialModel, data: Path, tokenizer: Tokenizer | None) -> None:
    """Raise ValueError if the data was prepared with another tokenizer than the model's."""
    if tokenizer is None:
        return
    theirs, rows = initial.tokenizer, initial.model.config.vocab_size
    if tokenizer.vocab_size <= rows and (theirs is None or have_same_ids(tokenizer, theirs)):
        return
    its = f"the tokenizer {theirs}" if theirs else f"a tokenizer of at most {rows:,} tokens"
    file = initial.source if theirs else Path("TOKENIZER")
    raise ValueError(
        f"The data in {data} has the tokenizer {tokenizer}, and the model in {initial.source} was "
        f"trained with {its}: another tokenizer, so the token ids are not compatible. Prepare the "
        f"text with that one: gptcore prepare SOURCE --out DIR --tokenizer "
        f"{shlex.quote(str(file))}; then --data DIR."
    )


def have_same_ids(one: Tokenizer, other: Tokenizer) -> bool:
    """Whether two tokenizers give every text the same ids, perhaps from files of two formats."""
    if one.sha256 == other.sha256:
        return True
    if one.end_of_text != other.end_of_text or dict(one.bytes_of) != dict(other.bytes_of):
        return False
    try:
        return one.encode_ordinary(PROBE) == other.encode_ordinary(PROBE)
    except ValueError:  # a character that one of them does not know
        return False


def with_vocab_size(
    model: GPT, vocab_size: int | None, tokenizer: Tokenizer | None, seed: int
) -> GPT:
    """The model with that many rows for tokens; ValueError if a token would have none."""
    if vocab_size is None or vocab_size == model.config.vocab_size:
        return model
    if vocab_size > model.config.vocab_size:
        return extend_vocab(model, vocab_size, torch.Generator().manual_seed(seed))
    if tokenizer is None or vocab_size < tokenizer.vocab_size:
        least = model.config.vocab_size if tokenizer is None else tokenizer.vocab_size
        raise ValueError(
            f"vocab_size={vocab_size} is too small: the tokens need {least} rows. Omit it to keep "
            f"the {model.config.vocab_size} of the model."
        )
    return crop_vocab(model, vocab_size)


def with_block_size(model: GPT, block_size: int | None, dropout: float) -> GPT:
    """The model with a shorter context and another dropout; ValueError for a longer context."""
    fields = shorten({"block_size": model.config.block_size}, block_size)
    config = replace(model.config, dropout=dropout, **fields)
    tensors = model.unique_state_dict()
    if model.wpe is not None:
        tensors["wpe.weight"] = tensors["wpe.weight"][: config.block_size].clone()
    return GPT.from_state_dict(config, tensors, "the model")
