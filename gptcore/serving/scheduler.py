"""Decides what each step computes: continuous batching with chunked prefill and preemption.

Requests join and leave between two steps. Order is by arrival (first come, first served): who came
first gets blocks first. If blocks run out, the latest request loses all of its blocks and is
computed again later; its tokens and its random numbers are kept.
Source: Orca: Yu et al. 2022 (continuous batching); Sarathi-Serve: Agrawal et al. 2024, arXiv
    2403.02310 (chunked prefill).
"""

from bisect import insort
from collections import deque
from dataclasses import dataclass, field

from gptcore.serving.kv_cache_manager import KVCacheManager
from gptcore.serving.request import Request


@dataclass
class Schedule:
    """What one step computes.

    Attributes:
        num_new: Request -> how many of its tokens are computed, in the order of arrival.
        admitted: Those of them that have just joined.
        preempted: Requests that lost their blocks.
    """

    num_new: dict[Request, int] = field(default_factory=dict)
    admitted: list[Request] = field(default_factory=list)
    preempted: list[Request] = field(default_factory=list)


class Scheduler:
    """The queue of requests that wait, and those that run.

    Args:
        manager: Gives blocks to requests.
        max_num_seqs: How many requests run at once.
        max_num_batched_tokens: How many tokens are computed in a step.
    """

    def __init__(
        self, manager: KVCacheManager, max_num_seqs: int, max_num_batched_tokens: int
    ) -> None:
        self.manager, self.max_num_seqs = manager, max_num_seqs
        self.max_num_batched_tokens = max_num_batched_tokens
        self.waiting: deque[Request] = deque()  # both in the order of arrival
        self.running: list[Request] = []

    def schedule(self) -> Schedule:
        """Give blocks to those that run, then let others join.

        Returns:
            What to compute now. Something, unless no request is left.
        """
        schedule = Schedule()
        budget = self.continue_running(schedule)
        if not schedule.preempted:
            self.admit(schedule, budget)
        assert schedule.num_new or not (self.waiting or self.running), "no request can go on"
        return schedule

    def continue_running(self, schedule: Schedule) -> int:
        """Schedule the requests that run; returns how many tokens are left for others.

        Args:
            schedule: What the step computes; it grows.
        """
        budget = self.max_num_batched_tokens
        for request in list(self.running):
            if request in schedule.preempted:
                break  # so are all that came later
            later = len(self.running) - len(schedule.num_new) - 1
            # One token stays for each later request, so a long prefill stops nobody.
            num_new = min(request.num_uncomputed_tokens, budget - later)
            if not self.allocate(request, num_new, schedule.preempted):
                break
            schedule.num_new[request] = num_new
            budget -= num_new
        return budget

    def allocate(self, request: Request, num_new: int, preempted: list[Request]) -> bool:
        """Find blocks for a request that runs, if need be those of later requests.

        Args:
            request: The request.
            num_new: How many tokens it computes.
            preempted: Requests that lost their blocks; it grows.

        Returns:
            False if it lost its own.
        """
        while not self.manager.allocate(request, num_new):
            latest = self.running.pop()
            self.manager.release(latest)
            latest.num_preemptions += 1
            self.waiting.appendleft(latest)
            preempted.append(latest)
            if latest is request:
                return False
        return True

    def admit(self, schedule: Schedule, budget: int) -> None:
        """Let requests join, in the order of arrival, until blocks or tokens run out.

        Args:
            schedule: What the step computes; it grows.
            budget: How many tokens may be added.
        """
        while self.waiting and len(self.running) < self.max_num_seqs and budget > 0:
            request = self.waiting[0]
            self.manager.take_cached_prefix(request)
            if not self.may_join(request):
                self.manager.release(request)
                return
            num_new = min(request.num_uncomputed_tokens, budget)
            is_allocated = self.manager.allocate(request, num_new)
            assert is_allocated, "may_join has counted the blocks"
            if request.num_preemptions == 0:
                request.cached_tokens = request.num_computed_tokens
            insort(self.running, self.waiting.popleft(), key=lambda one: one.id)
            schedule.admitted.append(request)
            schedule.num_new[request] = num_new
            budget -= num_new

    def may_join(self, request: Request) -> bool:
        """Whether there are blocks for a whole text, and one for each request that runs.

        The spare blocks keep the newcomer from being preempted in the next steps.

        Args:
            request: The first one that waits, with its cached prefix.
        """
        if self.manager.is_being_computed(request, self.running):
            return False
        needed = self.manager.blocks_needed(request, request.num_uncomputed_tokens)
        return needed + len(self.running) <= self.manager.pool.num_free

    def remove(self, request: Request) -> None:
        """Take a request out of the queue or of those that run; its blocks are not touched.

        Args:
            request: An active request.
        """
        queue: deque[Request] | list[Request] = self.running
        if request not in self.running:
            queue = self.waiting
        queue.remove(request)
