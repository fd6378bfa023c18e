"""Map a function over jobs in several processes, which end when the parent ends.

Threads would not help where Python itself is busy. Processes are spawned, not forked: a fork copies
a process while its threads are running.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def map_in_processes(
    work: Callable[[Job], Result], jobs: Iterable[Job], workers: int
) -> Iterator[tuple[Job, Result]]:
    """Yield every job with its result, as they finish; with one worker, in this process.

    `work` must be picklable; it is sent to each process once.

    Raises:
        OSError: If a process was killed. Errors of `work` are raised, too.
    """
    if workers == 1:
        for job in jobs:
            yield job, work(job)
        return
    if multiprocessing.parent_process():
        raise ValueError(
            "workers > 1 was requested inside a worker process. Use workers=1; "
            'or, in a script, put its code under: if __name__ == "__main__":'
        )
    spawn = multiprocessing.get_context("spawn")
    parent_end, own_end = spawn.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, spawn, init_worker, (parent_end, work))
    try:
        with block_sigint():
            running = {pool.submit(run_job, job): job for job in jobs}
        for future in as_completed(running):
            yield running.pop(future), future.result()
    except BrokenProcessPool:
        raise OSError(
            "A worker process was killed, most often because memory ran out. Finished shards "
            "are kept: run the same again with fewer workers."
        ) from None
    finally:
        own_end.close()  # ends the workers at once
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def block_sigint() -> Iterator[None]:
    """Processes that start inside never receive Ctrl-C; for this process it waits."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


WORK: list[Callable[[Any], Any]] = []  # the function of this worker process


def init_worker(parent: Connection, work: Callable[[Any], Any]) -> None:
    """Prepare a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where `block_sigint` does nothing
    threading.Thread(target=exit_with_parent, args=(parent,), daemon=True).start()
    WORK.append(work)


def exit_with_parent(parent: Connection) -> None:
    """Wait until the parent closes its end of the pipe or ends, then exit."""
    try:
        parent.recv_bytes()
    except EOFError:
        os._exit(1)


def run_job(job: Any) -> Any:
    """Run one job in a worker."""
    return WORK[0](job)
