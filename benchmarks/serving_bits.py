"""Few bits: how long 1, 4, 16, 64 and 256 rows take, and how fast texts are beside ctranslate2.

Times are processor seconds of one thread, measured in turn in one run. Weights are random.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import Measurement
from benchmarks.serving import MEDIUM, Texts, one_by_one, random_ids, ratio, rounds
from gptcore.model import GPT, GPTConfig
from gptcore.quantization import quantize, quantized_kernels, quantized_layers, weight_bytes

SMALL = {"n_layer": 12, "n_head": 12, "n_embd": 768}  # GPT-2's 124M
ROWS, TRIALS = (1, 4, 16, 64, 256), 5
LEAST_FASTER = {(4, 1): 2.5}  # (bits, rows): promised ratio


def measurements() -> Iterator[Measurement]:
    torch.set_num_threads(1)
    yield from rows_at_once()
    yield from texts_beside_ctranslate2()


def rows_at_once() -> Iterator[Measurement]:
    """All linear layers of 124M for some rows: the more rows, the less do few bits gain."""
    model = GPT(GPTConfig(**SMALL), torch.Generator().manual_seed(0)).eval()
    models = {32: model, 8: quantize(model, 8), 4: quantize(model, 4)}
    for bits, one in models.items():
        yield f"124M, {bits} bits: bytes of weights", weight_bytes(one) / 1e6, "MB", {}
    for bits in (8, 4):
        kernel = quantized_kernels(models[bits]).get(bits, "none")
        yield f"124M, {bits} bits, kernel {kernel}", bits, "bits", {}
    layers = {bits: linear_layers(one) for bits, one in models.items()}
    for rows in ROWS:
        seconds = {bits: [] for bits in layers}
        for _ in range(TRIALS):
            for bits, some in layers.items():
                seconds[bits].append(seconds_of(some, rows))
        yield f"linear layers of 124M, {rows} rows: 32 bits", 1000 * min(seconds[32]), "ms", {}
        for bits in (8, 4):
            faster = min(seconds[32]) / min(seconds[bits])
            kernel = quantized_kernels(models[bits]).get(bits, "")
            least = LEAST_FASTER.get((bits, rows))
            promise = {"at_least": least} if least and not kernel.endswith("_float") else {}
            yield f"{rows} rows: times faster with {bits} bits", faster, "x", promise


def linear_layers(model: GPT) -> list[nn.Module]:
    """The layers that `quantize` makes smaller, in a plain model too."""
    few_bits = list(quantized_layers(model).values())
    return few_bits or [module for module in model.modules() if isinstance(module, nn.Linear)]


@torch.no_grad()
def seconds_of(layers: list[nn.Module], rows: int) -> float:
    """Processor seconds of all layers, one after another."""
    inputs: dict[int, Tensor] = {}
    for layer in layers:
        width = int(layer.in_features)
        inputs.setdefault(width, torch.randn(rows, width))
    start = process_time()
    for layer in layers:
        layer(inputs[int(layer.in_features)])
    return process_time() - start


def texts_beside_ctranslate2() -> Iterator[Measurement]:
    """Eight requests, prompts of 32 tokens, 16 new tokens, greedy, 13.9M; one by one and as one."""
    config = GPTConfig(**MEDIUM, bias=True, activation="gelu_tanh")
    model = GPT(config, torch.Generator().manual_seed(0)).eval()
    rng, n = Random(4), 16
    prompts = [random_ids(rng, config.vocab_size, 32) for _ in range(8)]
    ways: dict[str, Callable[[], Texts]] = {
        f"{bits} bits": partial(one_by_one, one, prompts, [n] * 8)
        for bits, one in ((32, model), (8, quantize(model, 8)), (4, quantize(model, 4)))
    }
    with TemporaryDirectory() as folder:
        if find_spec("ctranslate2") is None:
            yield "ctranslate2 is not installed: not compared", 0, "", {}
        else:
            generator = in_ctranslate2(model, Path(folder))
            their = partial(their_texts, generator, prompts, n)
            ways |= {
                "ctranslate2 int8": partial(their, 1),
                "ctranslate2 int8, batch": partial(their, 8),
            }
        seconds, _ = rounds(ways)
    for name in ways:
        speed = 8 * n / median(seconds[name])
        yield (
            f"13.9M, 8 requests one by one: {name}".replace("one by one: ct", "ct"),
            speed,
            "tok/s",
            {},
        )
    if "ctranslate2 int8" in ways:
        for bits in (8, 4):
            times = ratio(seconds[f"{bits} bits"], seconds["ctranslate2 int8"])
            yield f"ctranslate2's speed / ours with {bits} bits", times, "x", {"at_most": 3}


def in_ctranslate2(model: GPT, folder: Path) -> Any:
    """The model in int8, as ctranslate2 reads it; token i has the name t<i>."""
    transformers = import_module("transformers")
    tokenizers = import_module("tokenizers")
    names = {f"t{i}": i for i in range(model.config.vocab_size)}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(names, unk_token="t0"))
    special = {"unk_token": "t0", "bos_token": "t1", "eos_token": "t2"}
    model.to_hf(folder / "hf")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special)
    tokenizer.save_pretrained(folder / "hf")
    converters = import_module("ctranslate2.converters.transformers")
    converter = converters.TransformersConverter(str(folder / "hf"))
    converter.convert(str(folder / "int8"), quantization="int8", force=True)
    return import_module("ctranslate2").Generator(
        str(folder / "int8"), device="cpu", intra_threads=1, inter_threads=1
    )


def their_texts(generator: Any, prompts: Texts, n: int, size: int) -> Texts:
    texts: Texts = []
    for first in range(0, len(prompts), size):
        batch = [[f"t{token}" for token in prompt] for prompt in prompts[first : first + size]]
        options = {"max_length": n, "min_length": n, "sampling_topk": 1}
        results = generator.generate_batch(batch, include_prompt_in_result=False, **options)
        texts += [result.sequences_ids[0] for result in results]
    return texts
