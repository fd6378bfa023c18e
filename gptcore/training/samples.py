"""What a trained model says: text in, text out, from the folder of its run.

Left out on purpose: how a token is drawn (`gptcore.sampling`).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.tokenizers import Tokenizer
from gptcore.training.checkpoints import BEST, Checkpoints, pointed


def load_model(out_dir: str | Path, which: str = "latest") -> GPT:
    """The model of a run: the newest checkpoint that is whole, or the one of the best val_loss.

    Raises: ValueError if there is none; CheckpointDamaged.
    Example: steps = [*train(model, batches, config, out_dir="out")]
             load_model("out").config.n_embd -> 16
    """
    store = Checkpoints(out_dir)
    loaded = None
    if which == BEST and (Path(out_dir) / BEST).exists():
        loaded = store.load(int(pointed(Path(out_dir) / BEST).name.removeprefix("step_")))
    elif which != BEST:
        loaded = store.load_newest()
    if loaded is None:
        raise ValueError(
            f"There is no {which} checkpoint in {out_dir}. gptcore train PRESET --out_dir "
            f"{out_dir} makes some."
        )
    return loaded.model


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
