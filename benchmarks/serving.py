"""The serving engine beside one text at a time, fixed batches, transformers; and speculation.

Times are processor seconds of one thread, measured in turn in one run; a ratio is the median over
the rounds. Models have random weights except for the stories GPT.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from random import Random
from statistics import median
from time import process_time

import torch

from benchmarks import Measurement
from benchmarks.llama import in_transformers
from gptcore.manifest import shipped_folder
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.serving import Engine, EngineConfig, NgramDraft, SamplingParams, generate_speculative
from gptcore.tokenizers import CharTokenizer

ROUNDS = 3
Texts = list[list[int]]
MEDIUM = {"block_size": 256, "vocab_size": 8192, "n_layer": 6, "n_head": 6, "n_embd": 384}
BEGINNINGS = (
    *("Once there was a girl", "Tom was a", "The old cat ", "Everybody is "),
    *("In the evening ", "Nora and Kofi "),
)


def measurements() -> Iterator[Measurement]:
    torch.set_num_threads(1)
    yield from continuous_batching()
    yield from shared_prefix()
    yield from beside_transformers()
    yield from speculation()
    yield from sixteen_bits()


def rounds(ways: dict[str, Callable[[], Texts]]) -> tuple[dict[str, list[float]], dict[str, Texts]]:
    """Processor seconds of each way in each round, and the texts that it made."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    texts = {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = process_time()
            texts[name] = way()
            seconds[name].append(process_time() - start)
    return seconds, texts


def ratio(slow: list[float], fast: list[float]) -> float:
    """How many times faster, the median over the rounds."""
    return median(s / f for s, f in zip(slow, fast))


def one_by_one(model: GPT, prompts: Texts, lengths: list[int]) -> Texts:
    return [list(generate_cached(model, p, n, temperature=0)) for p, n in zip(prompts, lengths)]


def fixed_batches(model: GPT, prompts: Texts, lengths: list[int], size: int) -> Texts:
    """Each batch waits for its longest text; what a text has too much is thrown away."""
    texts: Texts = []
    for first in range(0, len(prompts), size):
        batch, most = prompts[first : first + size], max(lengths[first : first + size])
        columns = list(generate_cached(model, batch, most, temperature=0))
        rows = [list(row) for row in zip(*columns)]
        texts += [row[:n] for row, n in zip(rows, lengths[first : first + size])]
    return texts


def continuous(
    model: GPT, prompts: Texts, lengths: list[int], config: EngineConfig, peaks: list[int]
) -> Texts:
    engine = Engine(model, config)
    requests = [
        engine.add(prompt, SamplingParams(max_new_tokens=n, temperature=0))
        for prompt, n in zip(prompts, lengths)
    ]
    peaks.append(max(record.blocks_in_use for record in engine.run()))
    return [request.output for request in requests]


def continuous_batching() -> Iterator[Measurement]:
    """32 requests, prompts of 8 to 96 tokens, outputs of 8 to 128, most of them short."""
    model = GPT(GPTConfig(**MEDIUM), torch.Generator().manual_seed(0)).eval()
    rng, peaks = Random(4), []
    prompts = [random_ids(rng, 8192, rng.choice((8, 16, 32, 64, 96))) for _ in range(32)]
    lengths = [rng.choice((8, 8, 16, 16, 32, 128)) for _ in range(32)]
    config = EngineConfig(num_blocks=400, max_num_seqs=16, enable_prefix_caching=False)
    run = (model, prompts, lengths)
    ways = {
        "one by one": partial(one_by_one, *run),
        "fixed 8": partial(fixed_batches, *run, size=8),
        "fixed 16": partial(fixed_batches, *run, size=16),
        "continuous 16": partial(continuous, *run, config, peaks),
    }
    seconds, texts = rounds(ways)
    for name in ways:
        speed = sum(lengths) / median(seconds[name])
        yield f"13.9M, 32 requests: {name}", speed, "tok/s", {}
    ours = seconds["continuous 16"]
    same = sum(a == b for a, b in zip(texts["one by one"], texts["continuous 16"]))
    yield "continuous batching: the same texts, of 32", same, "", {"at_least": 32}
    against_one = ratio(seconds["one by one"], ours)
    yield "continuous batching of 16 against one by one", against_one, "x", {"at_least": 1.6}
    against_fixed = ratio(seconds["fixed 16"], ours)
    yield "continuous batching of 16 against fixed 16", against_fixed, "x", {"at_least": 1.4}
    fixed_8 = ratio(seconds["one by one"], seconds["fixed 8"])
    yield "fixed batches of 8 against one by one", fixed_8, "x", {}
    held = peaks[0] * config.kv_block_size / (config.max_num_seqs * model.config.block_size)
    yield "cache: tokens held at most / reserved", held, "", {"at_most": 0.4}


def shared_prefix() -> Iterator[Measurement]:
    """24 requests that begin with the same 160 tokens, and 8 of their own."""
    sizes = {"block_size": 256, "vocab_size": 2048, "n_layer": 4, "n_head": 4, "n_embd": 256}
    model = GPT(GPTConfig(**sizes), torch.Generator().manual_seed(0)).eval()
    rng = Random(1)
    start = random_ids(rng, 2048, 160)
    prompts = [[*start, *random_ids(rng, 2048, 8)] for _ in range(24)]
    read: dict[bool, int] = {}

    def run(sharing: bool) -> Texts:
        config = EngineConfig(num_blocks=24 * 11, max_num_seqs=24, enable_prefix_caching=sharing)
        engine = Engine(model, config)
        texts = engine.generate(prompts, SamplingParams(max_new_tokens=8, temperature=0))
        read[sharing] = engine.totals.computed_tokens - 24 * 7  # those of the prompts
        return texts

    seconds, texts = rounds({"shared": partial(run, True), "not": partial(run, False)})
    same = sum(a == b for a, b in zip(texts["shared"], texts["not"]))
    yield "shared prefix: the same texts, of 24", same, "", {"at_least": 24}
    fewer = read[False] / read[True]
    yield "shared prefix: times fewer prompt tokens computed", fewer, "x", {"at_least": 6}
    yield "shared prefix: times faster", ratio(seconds["not"], seconds["shared"]), "x", {}


def beside_transformers() -> Iterator[Measurement]:
    """Eight requests, prompts of 32 tokens, 16 new tokens, greedy; the same weights."""
    if find_spec("transformers") is None:
        yield "transformers is not installed: not compared", 0, "", {}
        return
    config = GPTConfig(**MEDIUM, bias=True, activation="gelu_tanh")
    model = GPT(config, torch.Generator().manual_seed(0)).eval()
    theirs = in_transformers(model).eval()
    rng, n = Random(4), 16
    prompts = [random_ids(rng, 8192, 32) for _ in range(8)]
    ways = {
        "ours": partial(continuous, model, prompts, [n] * 8, EngineConfig(num_blocks=400), []),
        "transformers, a static batch": partial(their_batch, theirs, prompts, n),
        "transformers, continuous": partial(their_continuous, theirs, prompts, n),
    }
    try:
        ways["transformers, continuous"]()
    except Exception as error:  # it is young: on some processors or versions it does not run
        yield f"transformers' continuous batching: {error!r:.60}", 0, "", {}
        del ways["transformers, continuous"]
    seconds, texts = rounds(ways)
    for name in ways:
        speed = 8 * n / median(seconds[name])
        yield f"8 requests: {name}", speed, "tok/s", {}
        same = sum(text in texts["ours"] for text in texts[name])
        yield f"8 requests, the same texts: {name}", same, "", {"at_least": 8}
    promises = {"transformers, a static batch": 0.8, "transformers, continuous": 1.5}
    for name, least in promises.items():
        if name in ways:
            against = ratio(seconds[name], seconds["ours"])
            yield f"engine against {name}", against, "x", {"at_least": least}


@torch.no_grad()
def their_batch(model, prompts: Texts, n: int) -> Texts:
    ids = torch.tensor(prompts)
    options = {"max_new_tokens": n, "do_sample": False, "pad_token_id": 0, "eos_token_id": None}
    texts = model.generate(ids, attention_mask=torch.ones_like(ids), **options)
    return texts[:, ids.shape[1] :].tolist()


def their_continuous(model, prompts: Texts, n: int) -> Texts:
    transformers = import_module("transformers")
    generation = import_module("transformers.generation")
    before = model.config._attn_implementation
    model.set_attn_implementation("paged|sdpa")
    config = transformers.GenerationConfig(
        max_new_tokens=n, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    sizes = generation.ContinuousBatchingConfig(
        page_size=16, num_blocks=128, max_batch_tokens=600, allow_block_sharing=False
    )
    try:
        outputs = model.generate_batch(
            inputs=prompts,
            generation_config=config,
            continuous_batching_config=sizes,
            progress_bar=False,
        )
    finally:
        model.set_attn_implementation(before)
    return [output.generated_tokens for output in outputs.values()]


def speculation() -> Iterator[Measurement]:
    """The stories GPT in 32 bits; a table of counts of six letters proposes four tokens."""
    folder = shipped_folder()
    model = GPT.load(folder / "stories-gpt").float()
    tokenizer = CharTokenizer.load(folder / "stories-gpt" / "tokenizer.json")
    prompts = [tokenizer.encode(text) for text in BEGINNINGS]
    stories = stories_for_table(tokenizer)
    n, calls = 80, []

    def plain(seed: int) -> Texts:
        return [list(generate_cached(model, p, n, seed=seed + i)) for i, p in enumerate(prompts)]

    def with_table(draft: NgramDraft, seed: int) -> Texts:
        texts: Texts = []
        for i, prompt in enumerate(prompts):
            steps = list(generate_speculative(model, draft, prompt, n, seed=seed + i))
            texts.append([token for step in steps for token in step.tokens])
            calls.append(len(steps))
        return texts

    ratios = []
    for seed in range(0, 100 * ROUNDS, 100):
        draft = NgramDraft(stories, tokenizer.vocab_size)  # a new one: it keeps what it computed
        start = process_time()
        plain(seed)
        between = process_time()
        with_table(draft, seed)
        ratios.append((between - start) / (process_time() - between))
    per_call = n * len(calls) / sum(calls)
    yield "table of counts as draft: tokens a call", per_call, "", {"at_least": 2.5}
    yield "table of counts as draft: times faster", median(ratios), "x", {"at_least": 1.3}


def sixteen_bits() -> Iterator[Measurement]:
    """How many of 40 texts of the stories GPT differ: alone, in a batch of 16, in an engine of 16.

    The batches are of `generate_cached`, and their texts begin and end together.
    """
    folder = shipped_folder() / "stories-gpt"
    known = [CharTokenizer.load(folder / "tokenizer.json").encode(text) for text in BEGINNINGS]
    prompts = [known[i % len(known)] for i in range(40)]
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        model = GPT.load(folder).to(dtype)
        for temperature in (0, 1):
            single = [
                list(generate_cached(model, prompt, 60, temperature=temperature, seed=i))
                for i, prompt in enumerate(prompts)
            ]
            ways = {
                "a batch": in_batches(model, prompts, temperature),
                "an engine": in_engine(model, prompts, temperature),
            }
            promise = {"at_most": 0} if dtype == torch.float32 else {}
            kind = f"{str(dtype).removeprefix('torch.')}, temperature {temperature}"
            for name, texts in ways.items():
                differ = sum(a != b for a, b in zip(single, texts))
                yield f"of 40, not as alone: {kind}, {name} of 16", differ, "", promise


def in_batches(model: GPT, prompts: Texts, temperature: float) -> Texts:
    texts: Texts = []
    for first in range(0, len(prompts), 16):
        batch = prompts[first : first + 16]
        columns = list(generate_cached(model, batch, 60, temperature=temperature, seed=first))
        texts += [list(row) for row in zip(*columns)]
    return texts


def in_engine(model: GPT, prompts: Texts, temperature: float) -> Texts:
    params = [
        SamplingParams(max_new_tokens=60, temperature=temperature, seed=i)
        for i in range(len(prompts))
    ]
    return Engine(model, EngineConfig(max_num_seqs=16)).generate(prompts, params)


def stories_for_table(tokenizer: CharTokenizer) -> Texts:
    """The stories that the model was trained on, without those held out."""
    alphabet = set(tokenizer.decode([i for i in range(tokenizer.vocab_size) if i != tokenizer.BOS]))
    lines = (shipped_folder() / "stories.txt").read_text(encoding="utf-8").split("\n")
    documents = [line for line in lines if line][:900]
    return [
        [tokenizer.BOS, *tokenizer.encode(document)]
        for number, document in enumerate(documents, 1)
        if number % 10 and set(document) <= alphabet
    ]


def random_ids(rng: Random, vocab_size: int, length: int) -> list[int]:
    return [rng.randrange(vocab_size) for _ in range(length)]
