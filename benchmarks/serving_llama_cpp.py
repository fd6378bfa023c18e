"""SmolLM2-135M beside llama.cpp: a prompt and 24 greedy tokens, one text at a time.

Needs `gptcore fetch smollm2` and `pip install xllamacpp` (llama.cpp in a wheel). Times are
processor seconds of one thread, measured in turn in one run; the prompt is part of them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks import Measurement
from benchmarks.serving import Texts, one_by_one, ratio, rounds
from gptcore.corpus import smollm2_path
from gptcore.export import export_gguf
from gptcore.quantization import quantize
from gptcore.tuning import load_chat_model

PROMPT = "The water of a river flows to the sea. On its way it"
NEW_TOKENS, CONTEXT = 24, 128
DTYPES = ("f32", "q8_0")  # of the files that we write for llama.cpp


def measurements() -> Iterator[Measurement]:
    torch.set_num_threads(1)
    if find_spec("xllamacpp") is None:
        yield "xllamacpp is not installed: llama.cpp not compared", 0, "", {}
        return
    try:
        path = smollm2_path()
    except OSError as error:
        yield f"not compared: {error}", 0, "", {}
        return
    yield from beside_llama_cpp(path)


def beside_llama_cpp(path: Path) -> Iterator[Measurement]:
    """Tokens a second of both, and how many of the first tokens are the same.

    Args:
        path: The GGUF file of SmolLM2.
    """
    chat = load_chat_model(str(path))
    prompt = chat.tokenizer.encode(PROMPT)
    model = chat.model.float()
    ways: dict[str, Callable[[], Texts]] = {
        f"ours, {bits} bits": partial(one_by_one, one, [prompt], [NEW_TOKENS])
        for bits, one in ((32, model), (8, quantize(model, 8)), (4, quantize(model, 4)))
    }
    with TemporaryDirectory() as folder:
        for dtype in DTYPES:
            file = export_gguf(model, chat.tokenizer, Path(folder) / f"{dtype}.gguf", dtype=dtype)
            ways[f"llama.cpp, {dtype}"] = partial(their_text, llama_cpp(file), prompt)
        ways["llama.cpp, Q4_1"] = partial(their_text, llama_cpp(path), prompt)
        seconds, texts = rounds(ways)
    for name in ways:
        yield f"SmolLM2, one text: {name}", NEW_TOKENS / median(seconds[name]), "tok/s", {}
    for bits, dtype in ((32, "f32"), (8, "q8_0"), (4, "Q4_1")):
        times = ratio(seconds[f"ours, {bits} bits"], seconds[f"llama.cpp, {dtype}"])
        yield f"llama.cpp's speed with {dtype} / ours with {bits} bits", times, "x", {}
    ours, theirs = texts["ours, 32 bits"][0], texts["llama.cpp, f32"][0]
    unlike = (i for i, (our, their) in enumerate(zip(ours, theirs)) if our != their)
    same = next(unlike, NEW_TOKENS)
    promise = {"at_least": NEW_TOKENS}
    yield "first tokens that both write, 32 bits", same, f"of {NEW_TOKENS}", promise


def llama_cpp(path: Path) -> Any:
    """llama.cpp with this file, one thread, one text.

    Args:
        path: A GGUF file.
    """
    package = import_module("xllamacpp")
    params = package.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.warmup = CONTEXT, 1, True
    # Its cache has 16 bits by default; ours has 32.
    params.cache_type_k = params.cache_type_v = package.ggml_type.GGML_TYPE_F32
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    return package.Server(params)


def their_text(server: Any, prompt: list[int]) -> Texts:
    """What llama.cpp writes, greedily.

    Args:
        server: As `llama_cpp` returns it.
        prompt: Token ids.
    """
    options = {"n_predict": NEW_TOKENS, "temperature": 0, "cache_prompt": False, "n_probs": 1}
    answer = server.handle_completions({"prompt": prompt, "ignore_eos": True, **options})
    return [[one["id"] for one in answer["choices"][0]["logprobs"]["content"]]]
