"""Models and texts from the folder of a run: load the weights, and generate text.

How a token is sampled is in `gptcore.sampling`.
"""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gptcore.formats.weights import CONFIG_NAME, WEIGHTS_NAME
from gptcore.json_text import read_json_object
from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.tokenizers import Tokenizer
from gptcore.training.saving.checkpoint_contents import read_weights
from gptcore.training.saving.checkpoints import BEST, Checkpoints
from gptcore.training.saving.log import LOG


def load_model(out_dir: str | Path, which: str = "latest") -> GPT:
    """Load the model of a run.

    Nothing is written, and files of the optimizer are not needed.

    Args:
        out_dir: Folder of the run, or of a single checkpoint.
        which: "latest" for the newest intact checkpoint, "best" for the best validation loss.

    Returns:
        The model.

    Raises:
        ValueError: If there is no checkpoint.
        CheckpointDamagedError: If a file of the model is missing or changed.

    Example:
        >>> steps = [*train(model, batches, config, out_dir="out")]
        >>> load_model("out").config.n_embd
        16
    """
    checkpoints = Checkpoints(out_dir)
    if (checkpoints.out_dir / WEIGHTS_NAME).is_file():
        return read_weights(checkpoints.out_dir)
    if which == BEST:
        folder = checkpoints.best_folder()
        model = None if folder is None else read_weights(folder)
    else:
        model = checkpoints.load_weights()
    if model is None:
        raise no_checkpoint_error(checkpoints, which)
    return model


def load_initial_weights(source: str | Path) -> GPT:
    """Load a model to start another run from.

    Args:
        source: Folder of a run or a checkpoint, a Hugging Face folder, or a file of nanoGPT.

    Returns:
        The model.

    Raises:
        ValueError: If there is no model.

    Example:
        >>> steps = [*train(model, batches, config, out_dir="out")]
        >>> load_initial_weights("out").config.n_embd
        16
    """
    source = Path(source)
    if source.is_file():
        return GPT.from_nanogpt(source)
    if (source / CONFIG_NAME).is_file() and "model_type" in read_json_object(source / CONFIG_NAME):
        return GPT.from_hf(source)
    return load_model(source)


def no_checkpoint_error(checkpoints: Checkpoints, which: str) -> ValueError:
    """Return the error for a folder without a checkpoint; it says what the folder contains."""
    folder, quoted = checkpoints.out_dir, shlex.quote(str(checkpoints.out_dir))
    runs = sorted(log.parent for log in folder.glob(f"*/{LOG}"))
    if which == BEST and checkpoints.steps():
        way_out = "No checkpoint has a validation loss. Use the newest one: latest."
    elif (folder / LOG).exists():
        way_out = (
            f"A run was started there and has saved nothing. Resume it: gptcore train PRESET "
            f"--out_dir {quoted} --resume"
        )
    elif runs:
        way_out = f"It contains runs: {', '.join(str(run) for run in runs[:5])}."
    else:
        way_out = f"gptcore train PRESET --out_dir {quoted} writes checkpoints."
    return ValueError(f"There is no {which} checkpoint in {folder}. {way_out}")


def crop_vocab(model: GPT, vocab_size: int) -> GPT:
    """Remove the logits and embeddings of tokens that the tokenizer does not have.

    Vocabularies are padded to a multiple of 64; padding must never be sampled.

    Args:
        model: The model.
        vocab_size: Number of tokens of the tokenizer.

    Returns:
        A model of that vocabulary; `model` itself if it has no more tokens.

    Example:
        >>> crop_vocab(model, 20).config.vocab_size
        20
    """
    if model.config.vocab_size <= vocab_size:
        return model
    tensors = {
        name: tensor[:vocab_size] if name in ("wte.weight", "lm_head.weight") else tensor
        for name, tensor in model.unique_state_dict().items()
    }
    return GPT.from_state_dict(
        replace(model.config, vocab_size=vocab_size), tensors, "the checkpoint"
    )


def generate_text(
    model: GPT,
    tokenizer: Tokenizer,
    prompt: str = "",
    max_new_tokens: int = 512,
    *,
    prepend_bos: bool = True,
    **options: Any,
) -> Iterator[str]:
    """Yield the text that follows a prompt, in small pieces, up to the end-of-text token.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        prompt: Where the text begins.
        max_new_tokens: The most tokens to generate.
        prepend_bos: Whether the prompt begins a document, so the token between documents is put
            before it.
        **options: Passed on to `generate_cached`: temperature, top_k, seed, ...

    Yields:
        Pieces of text.

    Example:
        >>> len("".join(generate_text(model, tokenizer, "em", 5, temperature=0))) <= 5
        True
    """
    end = tokenizer.end_of_text
    ids = ([end] if prepend_bos and end is not None else []) + tokenizer.encode_ordinary(prompt)
    tokens = generate_cached(
        crop_vocab(model, tokenizer.vocab_size),
        ids,
        max_new_tokens,
        stop=tokenizer.stop_ids,
        stride=max(1, model.config.block_size // 2),  # faster than 1, and the context is shorter
        **options,
    )
    return tokenizer.decode_stream(tokens, is_start=not prompt)
