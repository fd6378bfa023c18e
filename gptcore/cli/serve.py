"""`gptcore serve`: a model over HTTP, as OpenAI's clients ask for it."""

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from gptcore.checks import as_int
from gptcore.cli.console import print_line
from gptcore.cli.paths import ModelSource
from gptcore.optional import require_packages

KEY_VARIABLE, MAX_PORT = "GPTCORE_API_KEY", 65535


@dataclass
class Serve:
    """Serve a model over HTTP: gptcore serve MODEL

    Clients of OpenAI's API use it: completions and chat completions, streamed or not. At / is a
    page to chat. SIGTERM and Ctrl-C let open requests end first.
    """

    model: ModelSource
    host: str = "127.0.0.1"
    """address to listen on; 0.0.0.0 lets other machines in, then set a key"""
    port: int = 8000
    """port to listen on; 0: any free one"""
    name: str | None = None
    """how clients call the model; default: the name of its folder or file"""
    api_key: str | None = None
    """what clients must send; the variable GPTCORE_API_KEY is not seen in a list of processes"""
    bits: Literal[8, 4] | None = None
    """quantize the weights to so many bits"""
    max_num_seqs: int = 16
    """texts that are written at once"""
    max_waiting: int = 64
    """texts that may wait; more are refused with 429"""
    num_blocks: int | None = None
    """blocks of 16 tokens in the KV cache; default: for all texts at full length, at most 1 GiB"""
    context: int | None = None
    """the most tokens of a prompt with its answer; default: what the model can"""
    drain_seconds: int = 30
    """how long open requests may take to end after SIGTERM"""
    device: str = "auto"
    """cpu, cuda, mps; auto: the fastest of this machine"""

    def run(self) -> None:
        """Load the model, and answer until a signal comes."""
        if as_int(self.port, "--port", 0) > MAX_PORT:
            raise ValueError(f"--port {self.port} must be from 0 (any free one) to {MAX_PORT}.")
        for name in ("max_num_seqs", "max_waiting", "drain_seconds"):
            as_int(getattr(self, name), f"--{name}", 1)
        require_packages("gptcore serve", "torch", "safetensors", "numpy", "starlette", "uvicorn")
        # PyTorch takes seconds to load; errors in the arguments come before.
        listening = import_module("gptcore.serving.http.listening")
        listener = listening.bind(self.host, self.port)
        with listener:
            app = self.make_app()
            port = listener.getsockname()[1]
            host = f"[{self.host}]" if ":" in self.host else self.host
            print_line(f"{self.served_name} is served at http://{host}:{port}/v1 and /")
            listening.serve(app, listener, self.drain_seconds)

    @property
    def served_name(self) -> str:
        """How clients call the model."""
        return self.name or Path(os.path.abspath(self.model)).name or self.model

    def make_app(self) -> object:
        """The application with its model."""
        serving = import_module("gptcore.serving")
        answering = import_module("gptcore.serving.http.answering")
        loaded = import_module("gptcore.tuning").load_chat_model(self.model)
        training = import_module("gptcore.training")
        model = training.crop_vocab(loaded.model, loaded.tokenizer.vocab_size).eval()
        if self.bits is not None:
            quantization = import_module("gptcore.quantization")
            model = quantization.quantize(model, self.bits)
            for bits, kernel in quantization.quantized_kernels(model).items():
                print_line(f"weights of {bits} bits are multiplied by the kernel {kernel}")
        else:
            model = model.to(training.pick_device(self.device))
        if self.context is not None:
            model.config = shortened(model.config, self.context)
        config = serving.EngineConfig(num_blocks=self.num_blocks, max_num_seqs=self.max_num_seqs)
        is_own = not isinstance(
            loaded.tokenizer, import_module("gptcore.tokenizers").HFTokenizer
        )  # whose texts begin with a token of their own
        served = answering.ServedModel(
            self.served_name,
            loaded.tokenizer,
            loaded.chat,
            loaded.tokenizer.end_of_text if is_own else None,
        )
        return import_module("gptcore.serving.http.app").make_app(
            serving.Engine(model, config),
            served,
            max_waiting=self.max_waiting,
            api_key=self.api_key or os.environ.get(KEY_VARIABLE) or None,
        )


def shortened(config: object, context: int) -> object:
    """The config with a shorter context."""
    longest = config.block_size  # type: ignore[attr-defined]  # PyTorch is not loaded for the type
    if not 1 <= context <= longest:
        raise ValueError(f"--context {context} must be from 1 to the model's {longest}.")
    return import_module("dataclasses").replace(config, block_size=context)
