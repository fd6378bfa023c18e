"""What happened in one step of the engine, for who streams tokens or draws a timeline."""

from dataclasses import dataclass, field

from gptcore.serving.request import Request


@dataclass(frozen=True)
class NewToken:
    """A token that a request got in a step.

    Attributes:
        request: Whose it is.
        token: Its id.
        logprob: Its log-probability by the model (temperature 1, all tokens); None if not asked.
        top_logprobs: The likeliest tokens and their log-probabilities, the likeliest first.

    Example:
        >>> engine = Engine(model)
        >>> request = engine.add([1, 2], SamplingParams(logprobs=3))
        >>> [new] = engine.step().tokens
        >>> new.token == request.output[0], len(new.top_logprobs)
        (True, 3)
    """

    request: Request
    token: int
    logprob: float | None = None
    top_logprobs: list[tuple[int, float]] = field(default_factory=list)


@dataclass(frozen=True)
class StepRecord:
    """One step: which requests computed what, and what the cache held after it.

    Attributes:
        step: Its number, from 0.
        tokens: The new tokens.
        prefilled: Request id -> tokens of its prompt (after a preemption: of its text) computed.
        decoded: Ids of the requests that computed one token and go on.
        preempted: Ids of the requests that lost their blocks.
        finished: Requests that ended in this step.
        blocks_held: Request id -> blocks in its table, while the step computed.
        blocks_in_use: Blocks in any table then; a shared one counts once.
        num_waiting: Requests that wait after the step.
        num_running: Requests that run after the step.

    Example:
        >>> engine = Engine(model)
        >>> request = engine.add([1, 2, 3], SamplingParams(max_new_tokens=2))
        >>> engine.step().prefilled, engine.step().decoded
        ({0: 3}, [0])
    """

    step: int
    tokens: list[NewToken]
    prefilled: dict[int, int]
    decoded: list[int]
    preempted: list[int]
    finished: list[Request]
    blocks_held: dict[int, int]
    blocks_in_use: int
    num_waiting: int
    num_running: int


@dataclass
class EngineTotals:
    """Counts since the engine was made.

    Attributes:
        steps: Steps that computed something.
        prompt_tokens: Tokens of the prompts of all requests that were begun.
        cached_tokens: How many of them were found in the prefix cache.
        computed_tokens: Tokens that went through the model; more after preemptions.
        generated_tokens: Tokens of the outputs.
        preemptions: How often a request lost its blocks.
        finished: Finish reason -> requests that ended so.

    Example:
        >>> engine = Engine(model)
        >>> outputs = engine.generate([[1, 2, 3]], SamplingParams(max_new_tokens=5))
        >>> engine.totals.generated_tokens, engine.totals.computed_tokens
        (5, 7)
    """

    steps: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    computed_tokens: int = 0
    generated_tokens: int = 0
    preemptions: int = 0
    finished: dict[str, int] = field(default_factory=dict)
