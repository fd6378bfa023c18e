"""Options of `gptcore chat`."""

from dataclasses import dataclass
from typing import Annotated

import tyro


@dataclass
class ChatOptions:
    """The words after `gptcore chat`."""

    model: Annotated[
        str,
        tyro.conf.Positional,
        tyro.conf.arg(
            metavar="MODEL",
            help="folder of a run of gptcore tune or of a Hugging Face model, a GGUF file, or "
            "smollm2",
        ),
    ]
    system: str | None = None
    """message of the system, before the conversation"""
    temperature: float = 0.7
    """0 takes the likeliest token, 1 the model's probabilities; more flattens them"""
    top_k: int | None = None
    """sample only from this many of the likeliest tokens"""
    top_p: float = 0.95
    """sample only from the likeliest tokens whose probabilities add up to this"""
    max_new_tokens: int = 256
    """the most tokens of an answer"""
    context: int = 2048
    """the most tokens that are read; never more than the model can"""
    no_history: bool = False
    """answer each message on its own, without the conversation before it"""
    seed: int = 1337
    """seed of the sampling; answer i uses seed + i"""
    json: bool = False
    """print each answer as a line of JSON"""
    device: str = "auto"
    """cpu, cuda, mps; auto: the fastest of this machine"""
