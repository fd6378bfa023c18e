"""The Llama family beside transformers: training speed, and generation of SmolLM2 with a KV cache.

Times are measured in turn in one run, A B A B. A ratio is their time divided by ours: above 1 ours
is faster. SmolLM2 needs its file: gptcore fetch smollm2.
"""

import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from time import perf_counter, process_time

import torch

from benchmarks import Measurement
from benchmarks.model import step_seconds
from gptcore.corpus import smollm2_path
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached

ROUNDS = 7
SIZES = {  # n_layer, n_head, n_kv_head, n_embd, block_size, vocab_size, rows
    "Llama, 4 layers, 128 wide": (4, 4, 2, 128, 64, 65, 12),
    "Llama, 6 layers, 384 wide": (6, 6, 2, 384, 256, 65, 3),
}


def measurements() -> Iterator[Measurement]:
    if find_spec("transformers") is None:
        yield "transformers is not installed: not compared", 0, "", {}
        return
    for name, (*size, rows) in SIZES.items():
        yield from compare_training(name, llama(*size), rows)
    try:
        path = smollm2_path()
    except OSError as error:
        yield str(error), 0, "", {}
        return
    yield from compare_smollm2(GPT.from_gguf(path))


def llama(
    n_layer: int, n_head: int, n_kv_head: int, n_embd: int, block_size: int, vocab_size: int
) -> GPT:
    """A model of the Llama family with random weights."""
    sizes = {"n_layer": n_layer, "n_head": n_head, "n_kv_head": n_kv_head, "n_embd": n_embd}
    config = GPTConfig(
        **sizes,
        block_size=block_size,
        vocab_size=vocab_size,
        rope=True,
        norm="rmsnorm",
        rmsnorm_weight=True,
        activation="swiglu",
    )
    return GPT(config, torch.Generator().manual_seed(1))


def in_transformers(model: GPT):
    """The same model in transformers."""
    transformers = import_module("transformers")  # only here: it takes seconds to load
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        model.to_hf(folder)
        return transformers.AutoModelForCausalLM.from_pretrained(folder)


def compare_training(name: str, ours: GPT, rows: int) -> Iterator[Measurement]:
    """Time of forward and backward pass, and the loss."""
    theirs = in_transformers(ours)
    T, V = ours.config.block_size, ours.config.vocab_size
    ids = torch.randint(V, (rows, T), generator=torch.Generator().manual_seed(2))
    targets = torch.cat([ids[:, 1:], torch.full((rows, 1), -1)], dim=1)
    ours.train(), theirs.train()
    with torch.no_grad():
        difference = abs(float(ours(ids, targets)[1] / theirs(ids, labels=ids).loss) - 1)
    yield f"{name}: loss", difference, "", {"at_most": 1e-5}

    pairs = step_seconds(ours, theirs, ids, targets, rounds=ROUNDS, clock=process_time)
    ratio = median(their / our for their, our in pairs)
    yield f"{name}: times transformers' speed", ratio, "x", {"at_least": 1.0}


def compare_smollm2(ours: GPT, n: int = 60) -> Iterator[Measurement]:
    """Logits and greedy tokens of SmolLM2-135M, with the speed of both."""
    theirs = in_transformers(ours).eval()
    prompt = torch.tensor([[504, 3575, 282, 4649, 314]])  # The capital of France is
    with torch.no_grad():
        difference = (ours(prompt)[0] - theirs(prompt).logits).abs().max().item()
    yield "SmolLM2: logits against transformers", difference, "", {"at_most": 1e-3}
    pairs = []
    for _ in range(3):
        start, cpu = perf_counter(), process_time()
        generated = theirs.generate(
            prompt, max_new_tokens=n, min_new_tokens=n, do_sample=False, pad_token_id=0
        )
        between, cpu_between = perf_counter(), process_time()
        mine = list(generate_cached(ours, prompt[0], n, temperature=0))
        pairs.append((between - start, perf_counter() - between))
        yield "SmolLM2: processor ms a token, transformers", 1e3 * (cpu_between - cpu) / n, "ms", {}
        yield "SmolLM2: processor ms a token", 1e3 * (process_time() - cpu_between) / n, "ms", {}
    same = generated[0, prompt.shape[1] :].tolist() == mine
    yield "SmolLM2: the same tokens as transformers", float(same), "", {"at_least": 1}
    ratio = median(their / our for their, our in pairs)
    yield "SmolLM2: times transformers' speed", ratio, "x", {"at_least": 1.0}
    yield from share_of_reading(ours)


def share_of_reading(model: GPT) -> Iterator[Measurement]:
    """The time that multiplying by each matrix once takes, which no program avoids."""
    matrices = [w for w in model.parameters() if w.dim() == 2]
    columns = {w.shape[1]: torch.ones(1, w.shape[1]) for w in matrices}
    seconds = []
    with torch.no_grad():
        for _ in range(8):
            start = process_time()
            for weight in matrices:
                torch.nn.functional.linear(columns[weight.shape[1]], weight)
            seconds.append(process_time() - start)
    yield "SmolLM2: processor ms to read all matrices once", 1e3 * min(seconds), "ms", {}
