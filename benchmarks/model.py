"""Our GPT compared with GPT-2 of transformers: values and speed.

Both have the same random weights, so nothing is downloaded. Times are measured in turn in one run,
A B A B. A ratio is their time divided by ours: above 1 ours is faster.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from time import perf_counter

import torch

from benchmarks import Measurement
from gptcore.corpus import load_documents
from gptcore.ladder import IMPLEMENTATIONS, climb
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached, window_start

ROUNDS = 3
SIZES = {  # n_layer, n_head, n_embd, block_size, vocab_size
    "4 layers, 128 wide": (4, 4, 128, 64, 65),
    "6 layers, 384 wide": (6, 6, 384, 256, 65),
    "12 layers, 768 wide": (12, 12, 768, 1024, 50257),
}
GREEDY = {"temperature": 0}


def measurements() -> Iterator[Measurement]:
    yield from cache_measurements()
    yield from ladder_measurements()
    if find_spec("transformers") is None:
        yield "transformers is not installed: not compared", 0, "", {}
        return
    for name, size in SIZES.items():
        ours, theirs = same_models(*size)
        yield from compare_values(name, ours, theirs)
        yield from compare_training_speed(name, ours, theirs)
    yield from compare_generation_speed(ours, theirs)


def same_models(n_layer: int, n_head: int, n_embd: int, block_size: int, vocab_size: int):
    """Our model, and the model of transformers with the same weights."""
    transformers = import_module("transformers")  # only here: it takes seconds to load
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    config = replace(
        GPTConfig.preset("gpt2"),
        n_layer=n_layer,
        n_head=n_head,
        n_embd=n_embd,
        block_size=block_size,
        vocab_size=vocab_size,
    )
    ours = GPT(config, torch.Generator().manual_seed(1))
    with tempfile.TemporaryDirectory() as folder:
        ours.to_hf(folder)
        return ours, transformers.GPT2LMHeadModel.from_pretrained(folder)


def random_batch(model: GPT, max_tokens: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    """768 random tokens, and the next token of each; the last of a row has none."""
    T = min(model.config.block_size, max_tokens)
    shape = (768 // T, T)
    ids = torch.randint(model.config.vocab_size, shape, generator=torch.Generator().manual_seed(2))
    return ids, torch.cat([ids[:, 1:], torch.full((len(ids), 1), -1)], dim=1)


def compare_values(name: str, ours: GPT, theirs) -> Iterator[Measurement]:
    """Differences of logits, loss, gradients and attention, relative to their largest value."""
    (ids, targets), promise = random_batch(ours), {"at_most": 1e-5}
    logits, loss = ours.eval()(ids, targets)
    output = theirs.eval()(ids, labels=ids)
    difference = (logits - output.logits).abs().max() / output.logits.abs().max()
    yield f"{name}: logits against transformers", difference.item(), "", promise
    yield f"{name}: loss", abs(loss.item() / output.loss.item() - 1), "", promise
    loss.backward(), output.loss.backward()
    grads = {n.removeprefix("transformer."): p.grad for n, p in theirs.named_parameters()}
    largest = max(grad.abs().max() for grad in grads.values())
    difference = max(
        (mine.grad - (grads[n].t() if is_conv1d(n) else grads[n])).abs().max()
        for n, mine in ours.named_parameters()
    )
    yield f"{name}: gradients", (difference / largest).item(), "", promise
    ours.zero_grad()
    theirs.zero_grad()
    theirs.set_attn_implementation("eager")
    with torch.no_grad():
        their_weights = torch.stack(theirs(ids[:1], output_attentions=True).attentions)
    theirs.set_attn_implementation("sdpa")
    difference = (ours.attention_weights(ids[:1]) - their_weights).abs().max()
    yield f"{name}: attention", difference.item(), "", promise


def is_conv1d(name: str) -> bool:
    """Whether transformers stores this weight transposed."""
    return name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))


def compare_training_speed(name: str, ours: GPT, theirs) -> Iterator[Measurement]:
    """Time of forward and backward pass, in training mode without dropout."""
    ids, targets = random_batch(ours)
    ours.train(), theirs.train()

    pairs = step_seconds(ours, theirs, ids, targets, rounds=2 * ROUNDS, clock=perf_counter)
    yield f"{name}: forward + backward", 1e3 * median(our for _, our in pairs), "ms", {}
    ratio = median(their / our for their, our in pairs)
    yield f"{name}: times transformers' speed", ratio, "x", {"at_least": 1.0}


def step_seconds(
    ours: GPT, theirs, ids, targets, rounds: int, clock: Callable[[], float]
) -> list[tuple[float, float]]:
    """Seconds of forward and backward pass, theirs and ours in turn; the first pair is left out."""

    def seconds_of(model, loss_of: Callable) -> float:
        start = clock()
        loss_of().backward()
        seconds = clock() - start
        model.zero_grad()
        return seconds

    pairs = [
        (
            seconds_of(theirs, lambda: theirs(ids, labels=ids).loss),
            seconds_of(ours, lambda: ours(ids, targets)[1]),
        )
        for _ in range(1 + rounds)
    ]
    return pairs[1:]


def compare_generation_speed(ours: GPT, theirs, n: int = 100) -> Iterator[Measurement]:
    """Greedy tokens with a KV cache, for a model with 124M parameters."""
    prompt = torch.randint(50257, (1, 16), generator=torch.Generator().manual_seed(3))
    ours.eval(), theirs.eval()
    pairs = []
    for _ in range(ROUNDS):
        start = perf_counter()
        generated = theirs.generate(
            prompt, max_new_tokens=n, min_new_tokens=n, do_sample=False, pad_token_id=0
        )
        between = perf_counter()
        mine = list(generate_cached(ours, prompt[0], n, **GREEDY))
        pairs.append((between - start, perf_counter() - between))
    same = generated[0, prompt.shape[1] :].tolist() == mine
    yield f"{n} cached tokens, 124M", median(our for _, our in pairs), "s", {}
    yield "the same tokens as transformers", float(same), "", {"at_least": 1}
    ratio = median(their / our for their, our in pairs)
    yield "cached: times transformers' speed", ratio, "x", {"at_least": 1.0}
    yield from compare_with_recomputing(ours, prompt[0])


def compare_with_recomputing(
    model: GPT, prompt: torch.Tensor, n: int = 500
) -> Iterator[Measurement]:
    """500 tokens with the KV cache, compared with an estimate without it from every 50th token."""
    start = perf_counter()
    generated = list(generate_cached(model, prompt, n, **GREEDY))
    cached = perf_counter() - start
    text, recomputed, interval = prompt.tolist() + generated, 0.0, 50
    for n_tokens in range(len(prompt) + interval // 2, len(text), interval):
        start = perf_counter()
        model.next_logits(text[:n_tokens])
        recomputed += interval * (perf_counter() - start)
    yield (
        f"{n} cached tokens: times the speed of recomputing",
        recomputed / cached,
        "x",
        {"at_least": 5},
    )


def cache_measurements() -> Iterator[Measurement]:
    """Greedy tokens with and without the KV cache, for prompts of 1 to 3 x block_size tokens."""
    T, V, n = 16, 50, 20
    config = GPTConfig(block_size=T, vocab_size=V, n_layer=3, n_head=3, n_embd=24)
    model = GPT(config, torch.Generator().manual_seed(1))
    with torch.no_grad():  # so that each prompt has another continuation
        for weight in model.parameters():
            weight.mul_(7)
    for stride in (1, T // 2):
        same = 0
        for length in range(1, 3 * T + 1):
            text = torch.randint(V, (length,), generator=torch.Generator().manual_seed(length))
            cached = list(generate_cached(model, text, n, stride=stride, **GREEDY))
            ids = text.tolist()
            for _ in range(n):
                ids.append(
                    int(model.next_logits(ids[window_start(len(ids), T, stride) :]).argmax())
                )
            same += ids[length:] == cached
        label = f"prompts of 1 to 3 x block_size that agree, stride={stride}"
        yield label, same, "", {"at_least": 3 * T}


def ladder_measurements() -> Iterator[Measurement]:
    """The numbers of `gptcore ladder`, without the compiled rung."""
    impls = [impl for impl in IMPLEMENTATIONS if impl.name != "compiled"]
    rungs = {rung.name: rung for rung in climb(load_documents("names"), 10, impls)}
    for rung in rungs.values():
        yield f"ladder, {rung.name}", rung.microseconds, "µs", {}
    batch = rungs["a batch"].speedup
    yield "a batch of tensors: times the first rung", batch, "x", {"at_least": 8000}
