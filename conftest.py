"""How `pytest --nbval notebooks/` compares: everything an output says, except the pixels inside
an HTML image; and which files several workers begin first.

A cell that needs what this machine has not is skipped, with the command that brings it. After its
last cell a lesson may not have taken more memory than its header says. Nobody's answers are kept
or shown while tests run.
"""

import gc
import os
import signal
from pathlib import Path

import pytest

from course.needs import missing
from course.publishing.cost import cost_of_kernel, excess
from course.publishing.portable import NUDGED
from course.record.kept import OFF, VARIABLE

ROOT = Path(__file__).resolve().parent
SLOW_FOLDERS = {ROOT / "tests" / name for name in ("browser", "page", "site", "colab")}
# Files of a minute and more are begun first, or one worker would be left alone with one at the end.
FIRST = ("test_running_lessons", "notebooks", "test_saved_lessons", "test_in_the_page", "course")
DIVIDED = ("test_running_lessons", "test_saved_lessons")  # minutes, whose tests are independent


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ[VARIABLE] = OFF  # the kernels that nbval starts inherit it
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Workers that share two cores wait for each other's threads: a test of 9 s took 56.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if getattr(config.option, "nbval", False):
        config.option.nbval_sanitize_with = str(ROOT / "course" / "nbval.cfg")
        leave_out_trained_numbers()


def leave_out_trained_numbers():
    """Let nbval skip what a dial of a page stores under "trained".

    A model that a lesson trains differs in its seventh digit from processor to processor, which of
    some thousand rounded numbers always changes a few.
    """
    from nbval.plugin import IPyNbCell  # noqa: PLC0415 - only where notebooks are compared

    sanitize = IPyNbCell.sanitize

    def without_trained(cell, output):
        if isinstance(output, dict):
            output = {key: value for key, value in output.items() if key != "trained"}
        return sanitize(cell, output)

    IPyNbCell.sanitize = without_trained


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    gc.disable()  # all that is loaded stays; searching it for garbage takes a third of the time
    try:
        return (yield)
    finally:
        gc.enable()


def rank(path: Path) -> int:
    """The place of a file in the order of work, by its name or by that of its folder."""
    names = (path.stem, path.parent.name)
    return min((FIRST.index(name) for name in names if name in FIRST), default=len(FIRST))


@pytest.hookimpl(tryfirst=True)  # before `-m "not slow"` looks at the marks
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: rank(item.path))
    for item in items:
        if hasattr(item, "cell") or SLOW_FOLDERS & set(item.path.parents):
            item.add_marker(pytest.mark.slow)
        tags = getattr(item, "cell", None) and item.cell.metadata.get("tags", [])
        reason = missing(tags) if tags else ""
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config, log):
    """A file goes to one worker, and so do its fixtures; the tests of a divided file to all."""
    if config.option.dist != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - not every run has it

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return nodeid if Path(file).stem in DIVIDED else file

    return ByFile(config, log)


@pytest.hookimpl(trylast=True)  # when the kernel has been started
def pytest_runtest_setup(item):
    kernel = os.environ.get(NUDGED) and getattr(item, "cell", None) and item.parent.kernel
    if kernel and not hasattr(kernel, "is_nudged"):
        kernel.is_nudged = True
        with_torch = any("import torch" in cell.source for cell in item.parent.nb.cells)
        nudge = f"from course.publishing.nudged import nudge; nudge(with_torch={with_torch})"
        kernel.await_reply(kernel.execute_cell_input(nudge, allow_stdin=False))


@pytest.hookimpl(tryfirst=True)  # while the kernel still lives
def pytest_runtest_teardown(item, nextitem):
    is_last_cell = getattr(item, "cell", None) and getattr(nextitem, "parent", 0) is not item.parent
    if is_last_cell and item.parent.kernel:
        cost = cost_of_kernel(item.parent.kernel.km)
        problem = cost and excess(item.path.stem, cost)
        if problem:
            pytest.fail(problem, pytrace=False)
