"""One request: its prompt, what was generated so far, and the blocks with its keys and values."""

from random import Random

from gptcore.sampling.generation import check_stop
from gptcore.serving.sampling_params import SamplingParams


class Request:
    """A text that the engine continues. Its fields are read by the caller, and set by the engine.

    Attributes:
        id: Its number, in the order of arrival.
        prompt: Token ids of the prompt.
        params: How its tokens are chosen.
        output: Token ids generated so far, without the stop token.
        finish_reason: None while it is active; "stop" for a stop token, "length" for
            `max_new_tokens`, "error", or what `Engine.cancel` was given.
        error: The exception that ended it, or None.
        block_table: The blocks with its keys and values, in the order of the text.
        num_computed_tokens: How many of its tokens have keys and values.
        cached_tokens: How many tokens of its prompt were found in the prefix cache.
        num_preemptions: How often it lost its blocks and was computed again.
        leader: A request with the same prompt, whose blocks it shares while that one runs.

    Example:
        >>> Request(0, [1, 2, 3], SamplingParams()).is_finished
        False
    """

    def __init__(self, id: int, prompt: list[int], params: SamplingParams) -> None:
        """Make a request that waits.

        Args:
            id: Its number.
            prompt: Token ids, at least one.
            params: How its tokens are chosen.
        """
        self.id, self.prompt, self.params = id, prompt, params
        self.max_new_tokens = params.max_new_tokens or 1  # the engine resolves None
        self.stop_ids = check_stop(params.stop_ids)
        self.output: list[int] = []
        self.finish_reason: str | None = None
        self.error: Exception | None = None
        self.leader: Request | None = None
        self.cached_tokens = self.num_preemptions = 0
        # What the engine needs to go on:
        self.ids = list(prompt)  # prompt and output
        self.rng = Random(params.seed)
        self.block_table: list[int] = []
        self.block_hashes: list[bytes] = []  # of the full blocks of `ids`, as far as computed
        self.num_computed_tokens = 0

    @property
    def is_finished(self) -> bool:
        """Whether no more tokens will come."""
        return self.finish_reason is not None

    @property
    def num_uncomputed_tokens(self) -> int:
        """How many tokens have no keys and values yet: 1 while it decodes, more in prefill."""
        return len(self.ids) - self.num_computed_tokens

    def append(self, token: int) -> None:
        """Add a token that was sampled.

        Args:
            token: Its id.
        """
        self.ids.append(token)
        self.output.append(token)

    def __repr__(self) -> str:
        state = self.finish_reason or f"{self.num_computed_tokens} of {len(self.ids)} computed"
        return f"Request(id={self.id}, {len(self.prompt)} + {len(self.output)} tokens, {state})"
