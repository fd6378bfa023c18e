"""SmolLM2-135M-Instruct for lesson 14: asked in its own chat template, and tuned with LoRA."""

import gc
from contextlib import suppress
from ctypes import CDLL

import torch

from gptcore.corpus import smollm2_path
from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.tokenizers import HFTokenizer
from gptcore.training import TrainConfig
from gptcore.tuning import ChatFormat, add_lora, fine_tune

STEPS, LEARNING_RATE, RANK, LONGEST, ROW = 10, 1e-3, 4, 24, 48
WHO = "I am a student of lesson 14."
QUESTIONS = ("Who are you?", "What are you?", "What is your name?", "Who is this?")


def load_chat_model() -> tuple[GPT, ChatFormat]:
    """The model with a context of 128 tokens, in 32 bits, and its own chat template.

    Raises:
        TextUnavailableError: If it is not on this machine; the message has the command.
    """
    file = smollm2_path()
    chat = ChatFormat(HFTokenizer.from_gguf(file), tokens=None)
    model = GPT.from_gguf(file, block_size=128)
    release_memory()
    return model, chat


def release_memory() -> None:
    """Give free memory back to the system, where the C library can: reading a model leaves some."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        CDLL(None).malloc_trim(0)


def answer_to(model: GPT, chat: ChatFormat, text: str) -> str:
    """The most likely answer, at most 24 tokens of it.

    Args:
        model: The model.
        chat: Its chat format.
        text: What the user writes.
    """
    prompt = chat.prompt_ids([{"role": "user", "content": text}])
    found: list[int] = []
    for (token,) in generate_cached(model, [prompt], LONGEST, temperature=0.0):
        if token in chat.stop_ids or token is None:
            return chat.tokenizer.decode(found)
        found.append(token)
    return chat.tokenizer.decode(found) + " ..."


def tune_with_lora(model: GPT, chat: ChatFormat) -> int:
    """Ten steps on four conversations about who the model is; adapters stay in the model.

    Args:
        model: The model, changed in place.
        chat: Its chat format.

    Returns:
        How many parameters were trained.
    """
    answer = {"role": "assistant", "content": WHO}
    conversations = [[{"role": "user", "content": question}, answer] for question in QUESTIONS]
    config = TrainConfig(
        max_steps=STEPS,
        batch_size=1,
        learning_rate=LEARNING_RATE,
        warmup_steps=1,
        weight_decay=0.0,
        device="cpu",
        dtype="float32",
    )
    add_lora(model, rank=RANK, generator=torch.Generator().manual_seed(0))
    for _ in fine_tune(model, conversations, chat, config, block_size=ROW):
        pass
    model.eval()
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
