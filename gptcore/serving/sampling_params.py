"""How the tokens of one request are chosen, and when it ends."""

from collections.abc import Collection
from dataclasses import dataclass

from gptcore.checks import as_int
from gptcore.next_token import check_sampling_options
from gptcore.sampling.generation import check_stop


@dataclass(frozen=True)
class SamplingParams:
    """The options of one request; each request in a batch has its own.

    Raises:
        ValueError: If an option is out of range.

    Example:
        >>> SamplingParams(max_new_tokens=20, temperature=0.8, top_p=0.95).seed
        42
    """

    max_new_tokens: int | None = 16
    """the most tokens to generate; None: as many as fit into the context and the cache"""
    temperature: float = 1.0
    """divides the logits; 0 takes the largest"""
    top_k: int | None = None
    """keeps only the k most probable tokens; None keeps all"""
    top_p: float = 1.0
    """keeps the smallest set of tokens whose probabilities add up to this"""
    min_p: float = 0.0
    """keeps tokens whose probability is at least this fraction of the largest"""
    seed: int = 42
    """of the random numbers, which belong to this request alone"""
    stop_ids: int | Collection[int] | None = ()
    """token ids that end the text; they are not part of the output"""
    logprobs: int | None = None
    """how many of the likeliest tokens are reported beside each chosen one; None: no logprobs"""

    def __post_init__(self) -> None:
        if self.max_new_tokens is not None:
            self._set("max_new_tokens", as_int(self.max_new_tokens, "max_new_tokens", 1))
        if self.logprobs is not None:
            self._set("logprobs", as_int(self.logprobs, "logprobs", 0))
        options = (self.temperature, self.top_k, self.top_p, self.min_p)
        checked = check_sampling_options(*options)
        for name, value in zip(("temperature", "top_k", "top_p", "min_p"), checked):
            self._set(name, value)
        self._set("seed", as_int(self.seed, "seed"))
        self._set("stop_ids", check_stop(self.stop_ids))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def filters(self) -> tuple[float, int | None, float, float]:
        """Temperature, top_k, top_p and min_p: rows that share them are sampled together."""
        return self.temperature, self.top_k, self.top_p, self.min_p
