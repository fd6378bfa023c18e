"""The GPT beside transformers' GPT-2: the same numbers out of it, and how long both take.

Weights are random and the same on both sides, so nothing is downloaded. Times are taken A B A B in
one run; quoted are ratios, theirs to ours: above 1 ours is faster.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from time import perf_counter

import torch

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


def figures() -> Iterator[tuple]:
    yield from cache_figures()
    yield from ladder_figures()
    if find_spec("transformers") is None:
        yield "transformers is not installed, so nothing is held against it", 0, "", {}
        return
    for name, size in SIZES.items():
        ours, theirs = twins(*size)
        yield from likeness(name, ours, theirs)
        yield from training(name, ours, theirs)
    yield from generating(ours, theirs)


def twins(n_layer: int, n_head: int, n_embd: int, block_size: int, vocab_size: int):
    """Our model, and transformers' with the same weights."""
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


def batch_for(model: GPT, most: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    """768 tokens, and what follows each of them."""
    T = min(model.config.block_size, most)
    shape = (768 // T, T)
    ids = torch.randint(model.config.vocab_size, shape, generator=torch.Generator().manual_seed(2))
    return ids, torch.cat([ids[:, 1:], torch.full((len(ids), 1), -1)], dim=1)


def likeness(name: str, ours: GPT, theirs) -> Iterator[tuple]:
    """How far logits, loss, slopes and attention differ, as a share of the largest of theirs."""
    (ids, targets), promise = batch_for(ours), {"at_most": 1e-5}
    logits, loss = ours.eval()(ids, targets)
    told = theirs.eval()(ids, labels=ids)
    apart = (logits - told.logits).abs().max() / told.logits.abs().max()
    yield f"{name}: logits against transformers", apart.item(), "", promise
    yield f"{name}: loss", abs(loss.item() / told.loss.item() - 1), "", promise
    loss.backward(), told.loss.backward()
    grads = {n.removeprefix("transformer."): p.grad for n, p in theirs.named_parameters()}
    largest = max(grad.abs().max() for grad in grads.values())
    apart = max(
        (mine.grad - (grads[n].t() if is_sideways(n) else grads[n])).abs().max()
        for n, mine in ours.named_parameters()
    )
    yield f"{name}: slopes", (apart / largest).item(), "", promise
    ours.zero_grad()
    theirs.zero_grad()
    theirs.set_attn_implementation("eager")
    with torch.no_grad():
        shares = torch.stack(theirs(ids[:1], output_attentions=True).attentions)
    theirs.set_attn_implementation("sdpa")
    apart = (ours.attention_weights(ids[:1]) - shares).abs().max()
    yield f"{name}: attention", apart.item(), "", promise


def is_sideways(name: str) -> bool:
    return name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))


def training(name: str, ours: GPT, theirs) -> Iterator[tuple]:
    """Forward and backward, in training mode without dropout."""
    ids, targets = batch_for(ours)
    ours.train(), theirs.train()

    def step_of(model, loss_of: Callable) -> float:
        start = perf_counter()
        loss_of().backward()
        seconds = perf_counter() - start
        model.zero_grad()
        return seconds

    pairs = [
        (
            step_of(theirs, lambda: theirs(ids, labels=ids).loss),
            step_of(ours, lambda: ours(ids, targets)[1]),
        )
        for _ in range(1 + 2 * ROUNDS)
    ][1:]
    yield f"{name}: forward + backward", 1e3 * median(our for _, our in pairs), "ms", {}
    ratio = median(their / our for their, our in pairs)
    yield f"{name}: times transformers' speed", ratio, "x", {"at_least": 1.0}


def generating(ours: GPT, theirs, n: int = 100) -> Iterator[tuple]:
    """Greedy tokens with a cache, in the 124M shape."""
    prompt = torch.randint(50257, (1, 16), generator=torch.Generator().manual_seed(3))
    ours.eval(), theirs.eval()
    pairs = []
    for _ in range(ROUNDS):
        start = perf_counter()
        said = theirs.generate(
            prompt, max_new_tokens=n, min_new_tokens=n, do_sample=False, pad_token_id=0
        )
        middle = perf_counter()
        mine = list(generate_cached(ours, prompt[0], n, **GREEDY))
        pairs.append((middle - start, perf_counter() - middle))
    same = said[0, prompt.shape[1] :].tolist() == mine
    yield f"{n} cached tokens, 124M", median(our for _, our in pairs), "s", {}
    yield "the same tokens as transformers", float(same), "", {"at_least": 1}
    ratio = median(their / our for their, our in pairs)
    yield "cached: times transformers' speed", ratio, "x", {"at_least": 1.0}
    yield from against_recomputing(ours, prompt[0])


def against_recomputing(model: GPT, prompt: torch.Tensor, n: int = 500) -> Iterator[tuple]:
    """500 tokens with the cache; without, every 50th of them, which is enough to add up."""
    start = perf_counter()
    said = list(generate_cached(model, prompt, n, **GREEDY))
    cached = perf_counter() - start
    text, recomputed, every = prompt.tolist() + said, 0.0, 50
    for place in range(len(prompt) + every // 2, len(text), every):
        start = perf_counter()
        model.next_logits(text[:place])
        recomputed += every * (perf_counter() - start)
    yield (
        f"{n} cached tokens: times the speed of recomputing",
        recomputed / cached,
        "x",
        {"at_least": 5},
    )


def cache_figures() -> Iterator[tuple]:
    """Greedy tokens with and without the cache, from prompts of 1 to 3 x block_size tokens."""
    T, V, n = 16, 50, 20
    config = GPTConfig(block_size=T, vocab_size=V, n_layer=3, n_head=3, n_embd=24)
    model = GPT(config, torch.Generator().manual_seed(1))
    with torch.no_grad():  # so lively that it says something else after each prompt
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
        what = f"prompts of 1 to 3 x block_size that agree, stride={stride}"
        yield what, same, "", {"at_least": 3 * T}


def ladder_figures() -> Iterator[tuple]:
    """What `gptcore ladder` measures, without the rung that compiles."""
    impls = [impl for impl in IMPLEMENTATIONS if impl.name != "compiled"]
    rungs = {rung.name: rung for rung in climb(load_documents("names"), 10, impls)}
    for rung in rungs.values():
        yield f"ladder, {rung.name}", rung.microseconds, "µs", {}
    batch = rungs["a batch"].speedup
    yield "a batch of tensors: times the first rung", batch, "x", {"at_least": 8000}
