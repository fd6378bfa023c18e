"""What SmolLM2-135M says about some sentences and how its induction heads work, for the course.

    python -m benchmarks.record_real_model                            the weights of the Hub
    python -m benchmarks.record_real_model FILE.gguf                  quantized weights of a file
    python -m benchmarks.record_real_model FILE.gguf --out x.json     to another place

Needs `pip install transformers gguf accelerate`, 1 GB of memory and a few minutes on 2 cores.
The course shows what is written here, `course/recorded/smollm2.json`; `course.recorded` reads it.
Probabilities and weights have three digits: in float32 processors differ by less than that, apart
from a last digit now and then. Weights of the Hub give other numbers than quantized ones.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gptcore.files import atomic_path

MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
OUT = Path(__file__).parents[1] / "course" / "recorded" / "smollm2.json"
SENTENCES = (
    "The capital of France is Paris.",
    "When Mary and John went to the store, John gave a drink to Mary.",
    "The capital of Turkey is the city of Ankara.",
    "The capital of Australia is Canberra.",
    "The word cat has three letters. The word elephant has eight letters.",
    "one, two, three, four, five, six, seven, eight",
)
TOP = 10  # candidates that are kept for each position
TEXTS, HALF = 8, 40  # texts of 40 random tokens, each read twice
BEST = 4  # induction heads that are removed
RANDOM_SEEDS = range(5)  # of the heads that are removed for comparison
DIGITS = 3

Head = tuple[int, int]  # layer, head


def load_model(source: str) -> tuple[Any, Any]:
    """Model in float32 and tokenizer, from the Hub or from a file that ends in .gguf."""
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - heavy

    path, words = Path(source), {}
    if path.suffix == ".gguf":
        source, words = str(path.parent), {"gguf_file": path.name}
    model = AutoModelForCausalLM.from_pretrained(
        source, dtype=torch.float32, attn_implementation="eager", **words
    )
    return model.eval(), AutoTokenizer.from_pretrained(source, **words)


def record_sentence(model: Any, tokenizer: Any, text: str) -> dict[str, Any]:
    """The tokens of a text, the likeliest next tokens after each, and what the real one had."""
    ids = tokenizer(text, return_tensors="pt").input_ids  # (1, T)
    probs = model(ids).logits[0].softmax(-1)  # (1, T, V) -> (T, V)
    top = probs.topk(TOP)
    pairs = zip(top.indices.tolist(), top.values.tolist())
    return {
        "text": text,
        "tokens": decode_all(tokenizer, ids[0].tolist()),
        "next": [
            [[name, round(prob, DIGITS)] for name, prob in zip(decode_all(tokenizer, row), ranked)]
            for row, ranked in pairs
        ],
        "actual_probs": [
            round(probs[t, token].item(), DIGITS) for t, token in enumerate(ids[0, 1:].tolist())
        ],
    }


def decode_all(tokenizer: Any, ids: Iterable[int]) -> list[str]:
    """The text of each token."""
    return [tokenizer.decode([token]) for token in ids]


def random_ids(vocab_size: int) -> Tensor:
    """Random tokens, twice in a row, shape (TEXTS, 2 * HALF)."""
    rng = Random(1)
    rows = [[rng.randrange(vocab_size) for _ in range(HALF)] for _ in range(TEXTS)]
    return torch.tensor([row + row for row in rows])


def losses(model: Any, ids: Tensor) -> Tensor:
    """The loss of each token but the first in nats, shape (B, T - 1)."""
    logits = model(ids).logits[:, :-1]  # (B, T - 1, V)
    return F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")


def second_half(model: Any, ids: Tensor) -> float:
    """Mean loss of the second half, without its first token, which nothing announces."""
    return losses(model, ids)[:, HALF:].mean().item()


@contextmanager
def ablated(model: Any, heads: Sequence[Head]) -> Iterator[None]:
    """While it is open, the output of these heads is 0."""
    D = model.config.head_dim
    hooks = []
    for layer in {layer for layer, _ in heads}:
        columns = [head * D + d for k, head in heads if k == layer for d in range(D)]

        def zero_heads(_module: Any, given: tuple[Tensor], columns: list[int] = columns) -> tuple:
            context = given[0].clone()  # (B, T, H * D), the heads side by side
            context[..., columns] = 0
            return (context,)

        projection = model.model.layers[layer].self_attn.o_proj
        hooks.append(projection.register_forward_pre_hook(zero_heads))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def induction_scores(attentions: Sequence[Tensor]) -> dict[Head, float]:
    """Mean weight from each token of the second half to the token after its first occurrence."""
    return diagonal_scores(attentions, HALF - 1, range(HALF, 2 * HALF - 1))


def previous_token_scores(attentions: Sequence[Tensor]) -> dict[Head, float]:
    """Mean weight from each token to the one before it."""
    return diagonal_scores(attentions, 1, range(1, 2 * HALF))


def diagonal_scores(attentions: Sequence[Tensor], lag: int, rows: range) -> dict[Head, float]:
    """Mean weight from each of the rows to the token `lag` before, the largest first."""
    queries = torch.tensor(rows)
    found = {
        (layer, head): weights[:, head, queries, queries - lag].mean().item()
        for layer, weights in enumerate(attentions)  # each (B, H, T, T)
        for head in range(weights.shape[1])
    }
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def record_induction(model: Any, tokenizer: Any) -> dict[str, Any]:
    """Loss per position of repeated random tokens, the heads that see it, and what they do."""
    ids = random_ids(model.config.vocab_size)
    attentions = model(ids, output_attentions=True).attentions
    scores, previous = induction_scores(attentions), previous_token_scores(attentions)
    best = list(scores)[:BEST]
    layer, head = best[0]
    weights = attentions[layer][0, head]  # (T, T), of the first text
    per_token = losses(model, ids)
    return {
        "texts": TEXTS,
        "half": HALF,
        "tokens": decode_all(tokenizer, ids[0].tolist()),
        "losses": rounded(per_token.mean(0).tolist()),
        "first_half": round(per_token[:, : HALF - 1].mean().item(), DIGITS),
        "second_half": round(per_token[:, HALF:].mean().item(), DIGITS),
        "second_half_of_each": rounded(per_token[:, HALF:].mean(1).tolist()),
        "induction_heads": name_scores(scores, 10),
        "previous_token_heads": name_scores(previous, 10),
        "head": f"{layer}.{head}",
        "weights": [rounded(row[: t + 1].tolist()) for t, row in enumerate(weights)],
        "removed": removed(model, ids, scores, previous),
    }


def removed(
    model: Any, ids: Tensor, scores: dict[Head, float], previous: dict[Head, float]
) -> dict[str, Any]:
    """Loss of the second half without the best heads, and without as many others."""
    others = list(scores)[BEST:]
    random = {}
    for seed in RANDOM_SEEDS:
        heads = Random(seed).sample(sorted(others), BEST)
        with ablated(model, heads):
            random[", ".join(f"{k}.{h}" for k, h in heads)] = second_half(model, ids)
    found: dict[str, Any] = {}
    for name, ranked in (("induction", scores), ("previous_token", previous)):
        for count in (1, BEST, 4 * BEST):
            with ablated(model, list(ranked)[:count]):
                found[f"best_{count}_{name}"] = round(second_half(model, ids), DIGITS)
    return {
        **found,
        f"random_{BEST}": {names: round(loss, DIGITS) for names, loss in random.items()},
        f"random_{BEST}_mean": round(mean(random.values()), DIGITS),
    }


def name_scores(scores: dict[Head, float], count: int) -> dict[str, float]:
    """The first scores under names such as 18.6."""
    return {f"{k}.{h}": round(score, DIGITS) for (k, h), score in list(scores.items())[:count]}


def rounded(numbers: Iterable[float]) -> list[float]:
    return [round(number, DIGITS) for number in numbers]


def record(source: str) -> dict[str, Any]:
    """All that the course shows of this model."""
    model, tokenizer = load_model(source)
    with torch.no_grad():
        return {
            "model": "SmolLM2-135M-Instruct",
            "source": f"https://huggingface.co/{MODEL}",
            "weights": Path(source).name if source.endswith(".gguf") else "model.safetensors",
            "licence": "Apache-2.0",
            "parameters": model.num_parameters(),
            "layers": model.config.num_hidden_layers,
            "heads": model.config.num_attention_heads,
            "date": date.today().isoformat(),
            "sentences": [record_sentence(model, tokenizer, text) for text in SENTENCES],
            "induction": record_induction(model, tokenizer),
        }


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", nargs="?", default=MODEL, help="a file .gguf, or a name")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(words)
    recorded = record(given.source)
    with atomic_path(given.out) as part:
        part.write_text(json.dumps(recorded, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
