"""`gptcore chat`: a conversation with a model that was tuned to answer."""

from dataclasses import dataclass
from importlib import import_module

from gptcore.checks import as_int
from gptcore.cli.chatting.options import ChatOptions
from gptcore.next_token import check_sampling_options
from gptcore.optional import require_packages


@dataclass
class Chat(ChatOptions):
    """Talk to a model: gptcore chat MODEL

    Each line of the input is a message, from a terminal or through a pipe. /reset begins a new
    conversation, /help lists the commands, /exit or the end of the input ends. Ctrl-C stops an
    answer, and what is written of it is kept; where a message is awaited it ends the program.
    """

    def run(self) -> None:
        """Check the options without PyTorch, then talk."""
        for name in ("max_new_tokens", "context"):
            as_int(getattr(self, name), f"--{name}", 1)
        as_int(self.seed, "--seed", 0)
        check_sampling_options(self.temperature, self.top_k, self.top_p, 0.0)
        require_packages("gptcore chat", "torch", "safetensors", "numpy")
        # PyTorch takes seconds to load; errors in the arguments come before.
        import_module("gptcore.cli.chatting.loop").run(self)
