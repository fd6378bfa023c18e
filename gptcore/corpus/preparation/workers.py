"""The same work in several processes, which end when we do, however that is.

Left out on purpose: threads, which do not help where Python itself is busy, and forking, which
copies a process in the middle of whatever its threads are doing.
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
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def map_in_processes(
    work: Callable[[Job], Result], jobs: Iterable[Job], workers: int
) -> Iterator[tuple[Job, Result]]:
    """Yield every job with its result, as they are done; with one worker, in this process.

    `work`, a function of a module with what is bound to it, reaches each process once.

    Raises: what `work` raises; OSError if a process was ended from outside.
    """
    if workers == 1:
        for job in jobs:
            yield job, work(job)
        return
    if multiprocessing.parent_process():
        raise ValueError(
            "Other processes are asked for inside of one such process. Ask for workers=1; "
            'or, in a program, put what it does under: if __name__ == "__main__":'
        )
    spawn = multiprocessing.get_context("spawn")
    watched, held = spawn.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, spawn, init_worker, (watched, work))
    try:
        with block_sigint():
            running = {pool.submit(run_job, job): job for job in jobs}
        for future in as_completed(running):
            yield running.pop(future), future.result()
    except BrokenProcessPool:
        raise OSError(
            "A worker was ended from outside, most often by a system short of memory. What was "
            "finished is kept: run the same again, with fewer workers."
        ) from None
    finally:
        held.close()  # ends the workers at once, also in the middle of their work
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def block_sigint() -> Iterator[None]:
    """What begins in here never hears of Ctrl-C, not even while it loads; for us it waits."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


WORK: list[Callable] = []  # what this process was begun for


def init_worker(parent: Connection, work: Callable) -> None:
    """In a worker, first of all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where the parent could not see to it before
    threading.Thread(target=exit_with_parent, args=(parent,), daemon=True).start()
    WORK.append(work)


def exit_with_parent(parent: Connection) -> None:
    """Wait until the parent closes its end of the pipe, or is no more; then be no more, too."""
    try:
        parent.recv_bytes()
    except EOFError:
        os._exit(1)


def run_job(job):
    """In a worker: one job."""
    return WORK[0](job)
