"""A model as a folder that transformers loads: `AutoModelForCausalLM` and `AutoTokenizer`.

The folder has `config.json`, `model.safetensors`, `generation_config.json`, the files of the
tokenizer, and `chat_template.jinja` if the model answers.
"""

from copy import deepcopy
from pathlib import Path

import torch

from gptcore.checks import check_choice
from gptcore.export.model_and_tokenizer import as_hf_tokenizer, ready_model
from gptcore.export.new_path import check_new, new_folder
from gptcore.model import GPT
from gptcore.tokenizers import Tokenizer
from gptcore.tuning import ChatFormat

DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def export_huggingface(
    model: GPT,
    tokenizer: Tokenizer,
    folder: str | Path,
    *,
    chat: ChatFormat | None = None,
    dtype: str = "f32",
) -> Path:
    """Write a folder that transformers loads, with equal ids and equal logits.

    LoRA adapters are merged, and rows of the vocabulary that no token has are left out.

    Args:
        model: The model. With RoPE it becomes one of the Llama family, otherwise a GPT-2.
        tokenizer: Its tokenizer.
        folder: Where; it must not exist, or be empty.
        chat: How the model was tuned to answer; it becomes a chat template.
        dtype: How weights are stored: f32, f16 or bf16.

    Returns:
        The folder.

    Raises:
        ValueError: If something is there already, or transformers has no such model; the error
            names the switches that it lacks. Then nothing is written.

    Example:
        >>> export_huggingface(model, tokenizer, "exported").name
        'exported'
    """
    check_choice(dtype, "dtype", DTYPES)
    path = check_new(folder)
    ready, described = ready_model(model, tokenizer), as_hf_tokenizer(tokenizer, chat)
    if DTYPES[dtype] != ready.wte.weight.dtype:
        ready = deepcopy(ready).to(DTYPES[dtype])
    with new_folder(path) as part:
        ready.to_hf(part, described)
    return path
