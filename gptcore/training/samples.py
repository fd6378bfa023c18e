"""What a trained model says: text in, text out, from the folder of its run.

Left out on purpose: how a token is drawn (`gptcore.sampling`).
"""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gptcore.json_text import read_json_object
from gptcore.model import GPT
from gptcore.model.weights import SIZES, TENSORS
from gptcore.sampling import generate_cached
from gptcore.tokenizers import Tokenizer
from gptcore.training.saving.checkpoint_contents import read_weights
from gptcore.training.saving.checkpoints import BEST, Checkpoints
from gptcore.training.saving.log import LOG


def load_model(out_dir: str | Path, which: str = "latest") -> GPT:
    """The model of a run: the newest checkpoint that is whole, or the one of the best val_loss.

    Nothing is written, and of a checkpoint only the weights are needed. `out_dir` may also be the
    folder of a single checkpoint.
    Raises: ValueError if there is none; CheckpointDamagedError.
    Example: steps = [*train(model, batches, config, out_dir="out")]
             load_model("out").config.n_embd -> 16
    """
    store = Checkpoints(out_dir)
    if (store.out_dir / TENSORS).is_file():
        return read_weights(store.out_dir)
    if which == BEST:
        folder = store.best_folder()
        model = None if folder is None else read_weights(folder)
    else:
        model = store.load_weights()
    if model is None:
        raise no_checkpoint(store, which)
    return model


def initial_weights(source: str | Path) -> GPT:
    """A model to begin another run with: of a run, a checkpoint, or a Hugging Face folder.

    Raises: ValueError if there is none.
    Example: steps = [*train(model, batches, config, out_dir="out")]
             initial_weights("out").config.n_embd -> 16
    """
    source = Path(source)
    if source.is_file():
        return GPT.from_nanogpt(source)
    if (source / SIZES).is_file() and "model_type" in read_json_object(source / SIZES):
        return GPT.from_hf(source)
    return load_model(source)


def no_checkpoint(store: Checkpoints, which: str) -> ValueError:
    """The error for a folder without a checkpoint, with what the folder has instead."""
    folder, quoted = store.out_dir, shlex.quote(str(store.out_dir))
    runs = sorted(log.parent for log in folder.glob(f"*/{LOG}"))
    if which == BEST and store.steps():
        way_out = "None has a validation loss. Take the newest one: latest."
    elif (folder / LOG).exists():
        way_out = (
            f"A run has begun there and not saved anything. Go on with it: gptcore train PRESET "
            f"--out_dir {quoted} --resume"
        )
    elif runs:
        way_out = f"There are runs in it: {', '.join(str(run) for run in runs[:5])}."
    else:
        way_out = f"gptcore train PRESET --out_dir {quoted} makes some."
    return ValueError(f"There is no {which} checkpoint in {folder}. {way_out}")


def known_tokens_only(model: GPT, vocab_size: int) -> GPT:
    """The same model without the tokens that its tokenizer does not have.

    Vocabularies are filled up to a multiple of 64; what fills them must not be drawn.
    Example: known_tokens_only(model, 20).config.vocab_size -> 20
    """
    if model.config.vocab_size <= vocab_size:
        return model
    tensors = {
        name: tensor[:vocab_size] if name in ("wte.weight", "lm_head.weight") else tensor
        for name, tensor in model.own_tensors().items()
    }
    return GPT.of(replace(model.config, vocab_size=vocab_size), tensors, "the checkpoint")


def sample_text(
    model: GPT,
    tokenizer: Tokenizer,
    prompt: str = "",
    max_new_tokens: int = 512,
    *,
    begin: bool = True,
    **options,
) -> Iterator[str]:
    """Yield the text that goes on from the prompt, bit by bit, until it ends or is long enough.

    With `begin` the prompt is the beginning of a text: the token that stands between two of them
    comes before it. `options` are those of `generate_cached`: temperature, top_k, seed, ...
    Example: for text in sample_text(model, tokenizer, "em", 5, seed=1): print(text)
    """
    end = tokenizer.end_of_text
    ids = ([end] if begin and end is not None else []) + tokenizer.encode_ordinary(prompt)
    tokens = generate_cached(
        known_tokens_only(model, tokenizer.vocab_size),
        ids,
        max_new_tokens,
        stop=() if end is None else end,
        slide=max(1, model.config.block_size // 2),  # many times faster than exact, far behind
        **options,
    )
    return tokenizer.decode_stream(tokens)
