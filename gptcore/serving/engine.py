"""The engine: requests in, tokens out, many texts at once over one paged KV cache.

    add -> waiting -> (scheduler) -> running -> (model, sampling) -> finished

Each `step` runs the model once for all requests that run, those in prefill and those that decode.
Trap: in 32 bits a text is the same alone as in a batch. In 16 bits it may differ, because PyTorch
adds up in another order for another batch, and two tokens can be nearly equally likely.
Source: vLLM (Kwon et al. 2023, arXiv 2309.06180), whose names are used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from torch import Tensor

from gptcore.checks import as_ids, as_int
from gptcore.model.gpt import GPT
from gptcore.sampling.generation import check_prompt
from gptcore.serving.block_pool import BlockPool
from gptcore.serving.engine_config import EngineConfig
from gptcore.serving.kv_cache_manager import KVCacheManager
from gptcore.serving.limits import default_num_blocks, resolve_max_new_tokens
from gptcore.serving.model_runner import log_probabilities, next_logits, sample
from gptcore.serving.paged_cache import PagedKVCache
from gptcore.serving.request import Request
from gptcore.serving.sampling_params import SamplingParams
from gptcore.serving.scheduler import Schedule, Scheduler
from gptcore.serving.step_record import EngineTotals, NewToken, StepRecord

DEFAULT_CONFIG, DEFAULT_PARAMS = EngineConfig(), SamplingParams()


class Engine:
    """Continues many texts at once; requests come and go between two steps.

    One thread may use it at a time.

    Args:
        model: A GPT on any device.
        config: Its sizes.

    Example:
        >>> engine = Engine(model, EngineConfig(num_blocks=8, kv_block_size=4))
        >>> request = engine.add([1, 2, 3], SamplingParams(max_new_tokens=5))
        >>> for record in engine.run():
        ...     tokens = record.tokens
        >>> len(request.output), request.finish_reason
        (5, 'length')
    """

    def __init__(self, model: GPT, config: EngineConfig = DEFAULT_CONFIG) -> None:
        self.model, self.config = model, config
        num_blocks = config.num_blocks or default_num_blocks(
            model, config.kv_block_size, config.max_num_seqs
        )
        self.pool = BlockPool(num_blocks)
        self.cache = PagedKVCache(model, num_blocks, config.kv_block_size)
        self.manager = KVCacheManager(self.pool, self.cache, config.enable_prefix_caching)
        self.scheduler = Scheduler(self.manager, config.max_num_seqs, config.max_num_batched_tokens)
        self.totals = EngineTotals()
        self.num_added = 0

    @property
    def num_waiting(self) -> int:
        """Requests in the queue."""
        return len(self.scheduler.waiting)

    @property
    def num_running(self) -> int:
        """Requests that have blocks."""
        return len(self.scheduler.running)

    @property
    def has_unfinished(self) -> bool:
        """Whether a request has not ended."""
        return bool(self.scheduler.waiting or self.scheduler.running)

    def add(self, prompt: Sequence[int], params: SamplingParams = DEFAULT_PARAMS) -> Request:
        """Put a request into the queue.

        Args:
            prompt: Token ids, at least one.
            params: How its tokens are chosen.

        Returns:
            The request; its output grows with each step.

        Raises:
            ContextLengthError: If prompt and output do not fit into the context of the model.
            CacheTooSmallError: If they do not fit into the whole KV cache.
            ValueError: If the prompt is empty or has an unknown id.

        Example:
            >>> Engine(model).add([1, 2, 3])
            Request(id=0, 3 + 0 tokens, 0 of 3 computed)
        """
        ids = as_ids(check_prompt(prompt), "A prompt", self.model.config.vocab_size)
        max_new_tokens = resolve_max_new_tokens(
            *(len(ids), params.max_new_tokens, self.model.config.block_size),
            *(self.pool.num_blocks, self.config.kv_block_size),
        )
        request = Request(self.num_added, ids, params)
        request.max_new_tokens = max_new_tokens
        self.num_added += 1
        self.scheduler.waiting.append(request)
        return request

    def add_samples(self, prompt: Sequence[int], params: SamplingParams, n: int) -> list[Request]:
        """Put several requests with one prompt into the queue; it is computed only once.

        Args:
            prompt: Token ids, at least one.
            params: How the tokens of all are chosen; sample i has the seed `params.seed + i`.
            n: How many samples.

        Returns:
            The requests.

        Raises:
            ValueError: As `add`, and if `n` is below 1.

        Example:
            >>> engine = Engine(model)
            >>> samples = engine.add_samples([1, 2, 3], SamplingParams(max_new_tokens=4), n=3)
            >>> sum(record.prefilled.get(0, 0) for record in engine.run())
            3
        """
        each = [replace(params, seed=params.seed + i) for i in range(as_int(n, "n", 1))]
        requests = [self.add(prompt, one) for one in each]
        for request in requests[1:]:
            request.leader = requests[0]
        return requests

    def step(self) -> StepRecord:
        """Run the model once for all requests that run.

        Returns:
            What happened. An exception of one request ends that request and no other.
        """
        schedule = self.scheduler.schedule()
        held = {request.id: len(request.block_table) for request in schedule.num_new}
        blocks_in_use = self.pool.num_used
        prefilled = {
            request.id: num_new
            for request, num_new in schedule.num_new.items()
            if request.num_uncomputed_tokens > 1 or not request.output
        }
        finished: list[Request] = []
        step = self.totals.steps
        logits = self._compute(schedule, finished)
        tokens = self._choose(schedule, logits, finished)
        self._count(schedule, tokens)
        return StepRecord(
            step=step,
            tokens=tokens,
            prefilled=prefilled,
            decoded=[one.id for one in schedule.num_new if one.id not in prefilled],
            preempted=[one.id for one in schedule.preempted],
            finished=finished,
            blocks_held=held,
            blocks_in_use=blocks_in_use,
            num_waiting=self.num_waiting,
            num_running=self.num_running,
        )

    def _compute(self, schedule: Schedule, finished: list[Request]) -> dict[Request, Tensor]:
        """Run the model; the logits of those requests whose whole text is computed."""
        logits: dict[Request, Tensor] = {}
        for request, outcome in next_logits(self.model, self.cache, schedule.num_new).items():
            if isinstance(outcome, Exception):
                self._finish(request, "error", finished, outcome)
                continue
            request.num_computed_tokens += schedule.num_new[request]
            if request.num_uncomputed_tokens == 0:
                logits[request] = outcome
            else:
                self.manager.publish(request, schedule.num_new[request])
        return logits

    def _choose(
        self, schedule: Schedule, logits: dict[Request, Tensor], finished: list[Request]
    ) -> list[NewToken]:
        """Sample a token for each request, and end those that are complete."""
        tokens: list[NewToken] = []
        for request, token in sample(logits).items():
            if isinstance(token, Exception):
                self._finish(request, "error", finished, token)
                continue
            # Not before: a NaN must not reach the prefix cache.
            self.manager.publish(request, schedule.num_new[request])
            if token in request.stop_ids:
                self._finish(request, "stop", finished)
                continue
            request.append(token)
            tokens.append(self._new_token(request, token, logits[request]))
            if len(request.output) == request.max_new_tokens:
                self._finish(request, "length", finished)
        return tokens

    def _new_token(self, request: Request, token: int, logits: Tensor) -> NewToken:
        """The record of a token, with log-probabilities if the request wants them."""
        if request.params.logprobs is None:
            return NewToken(request, token)
        return NewToken(request, token, *log_probabilities(logits, token, request.params.logprobs))

    def _count(self, schedule: Schedule, tokens: list[NewToken]) -> None:
        """Add a step to the totals."""
        totals = self.totals
        totals.steps += bool(schedule.num_new)
        totals.computed_tokens += sum(schedule.num_new.values())
        totals.generated_tokens += len(tokens)
        totals.preemptions += len(schedule.preempted)
        for request in schedule.admitted:
            if request.num_preemptions == 0:
                totals.prompt_tokens += len(request.prompt)
                totals.cached_tokens += request.cached_tokens

    def _finish(
        self,
        request: Request,
        reason: str,
        finished: list[Request],
        error: Exception | None = None,
    ) -> None:
        """End a request and free its blocks."""
        if error is None:
            self.manager.release(request)
        else:
            self.manager.discard(request)
        self.scheduler.remove(request)
        request.finish_reason, request.error = reason, error
        self.totals.finished[reason] = self.totals.finished.get(reason, 0) + 1
        finished.append(request)

    def cancel(self, request: Request, finish_reason: str = "cancelled") -> bool:
        """End a request now; its blocks are free at once.

        Args:
            request: The request.
            finish_reason: What it is to have as its finish reason.

        Returns:
            False if it had ended before.
        """
        if request.is_finished:
            return False
        self._finish(request, finish_reason, [])
        return True

    def run(self) -> Iterator[StepRecord]:
        """Step until no request is left.

        Yields:
            What happened in each step.
        """
        while self.has_unfinished:
            yield self.step()

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        params: SamplingParams | Sequence[SamplingParams] = DEFAULT_PARAMS,
    ) -> list[list[int]]:
        """Continue several texts, and wait for all of them.

        Args:
            prompts: Token ids of each prompt.
            params: Options for all, or for each.

        Returns:
            The new token ids of each.

        Raises:
            ValueError: If a prompt does not fit, or there are not as many options as prompts.
            Exception: What ended a request.

        Example:
            >>> len(Engine(model).generate([[1, 2], [3]], SamplingParams(max_new_tokens=4))[1])
            4
        """
        each = [params] * len(prompts) if isinstance(params, SamplingParams) else list(params)
        if len(each) != len(prompts):
            raise ValueError(f"There are {len(prompts)} prompts and {len(each)} SamplingParams.")
        requests = [self.add(prompt, one) for prompt, one in zip(prompts, each)]
        while not all(request.is_finished for request in requests):
            self.step()
        for request in requests:
            if request.error is not None:
                raise request.error
        return [request.output for request in requests]
