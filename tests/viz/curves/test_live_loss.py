"""The live plot: what it keeps, how little time it takes, and where it draws."""

import base64
import io
import math
import re
import sys
import time
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import pytest
from jupyter_client.manager import KernelManager

import viz
from viz.curves.live_loss import LossPlot
from viz.curves.loss import draw_loss

ROOT = Path(viz.__file__).resolve().parents[1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that moves only when the test moves it."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class SlowPaper:
    """An output on which each drawing takes its time."""

    def __init__(self, clock: Clock, seconds: float):
        self.clock, self.seconds, self.times, self.lengths = clock, seconds, [], []

    def show(self, plot) -> None:
        self.times.append(self.clock.now)
        self.lengths.append(len(plot.history["loss"][1]))
        self.clock.now += self.seconds

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def terminal(monkeypatch) -> Terminal:
    # In `sys` itself pytest puts its own stderr between the fixture and the test.
    terminal = Terminal()
    known = SimpleNamespace(modules=sys.modules, stderr=terminal)
    monkeypatch.setattr("viz.curves.live_output.sys", known)
    return terminal


def test_the_history_has_all_losses():
    plot = LossPlot("Run")
    for step in range(1, 4):
        plot.add(step, train=4.0 - step)
    plot.add(3, val=1.5)
    assert plot.history == {"train": ([1, 2, 3], [3, 2, 1]), "val": ([3], [1.5])}
    assert plot.picture.data == {"train": [3, 2, 1], "val": [1.5]}


def test_its_picture_is_the_one_that_draw_loss_draws(tmp_path):
    options = {"title": "Run", "unit": "bits", "last_step": 10, "lines": {"a": 2.5}, "log_y": True}
    plot = LossPlot(**options)
    for step in range(1, 4):
        plot.add(step, train=4.0 - step)
    twin = draw_loss({"train": [3.0, 2.0, 1.0]}, **options)
    assert plot.picture.to_svg() == twin.to_svg()
    assert plot.alt == twin.alt == "Run: train from 3 to 1 in 3 steps."
    assert plot.save(tmp_path / "run.svg").read_text(encoding="utf-8") == twin.to_svg()
    assert repr(plot) == "LossPlot: Run"


def test_without_losses_it_says_so():
    assert LossPlot("Run").alt == "Run: no step yet."
    with pytest.raises(ValueError, match="no losses to draw"):
        _ = LossPlot("Run").picture
    LossPlot("Run").finish()


@pytest.mark.parametrize("seconds", [0.0005, 0.002, 0.05])
@pytest.mark.parametrize("a_step", [0.0001, 0.01])
@pytest.mark.slow
def test_drawing_takes_at_most_two_percent_of_the_time(monkeypatch, seconds, a_step):
    clock = Clock()
    monkeypatch.setattr("viz.curves.live_loss.perf_counter", clock)
    plot = LossPlot()
    plot.output = paper = SlowPaper(clock, seconds)
    began, steps = clock.now, 0
    while clock.now < began + 30:
        clock.now += a_step
        steps += 1
        plot.add(steps, loss=1 / steps)
    took = clock.now - began
    drawing = seconds * len(paper.times)
    assert drawing <= 0.02 * took + seconds
    pauses = [b - a for a, b in zip(paper.times, paper.times[1:])]
    assert min(pauses) >= 0.1 - 1e-9  # faster than this the eye gains nothing
    assert max(pauses) <= max(0.1, 60 * seconds) + 2 * a_step + 1e-6  # nor is it left waiting
    assert len(plot.history["loss"][0]) == steps


def test_the_first_step_is_drawn_at_once_and_the_last_at_the_end(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("viz.curves.live_loss.perf_counter", clock)
    with LossPlot() as plot:
        plot.output = paper = SlowPaper(clock, 0.001)
        for step in range(1, 51):
            plot.add(step, loss=2.0)
    assert paper.lengths == [1, 50]
    plot.finish()
    assert paper.lengths == [1, 50]  # nothing is drawn twice


def test_the_last_state_is_drawn_after_an_interrupt(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("viz.curves.live_loss.perf_counter", clock)
    plot = LossPlot()
    plot.output = paper = SlowPaper(clock, 0.001)
    with pytest.raises(KeyboardInterrupt), plot:
        for step in range(1, 8):
            plot.add(step, loss=2.0)
        raise KeyboardInterrupt
    assert paper.lengths == [1, 7]


def test_an_interrupt_while_drawing_loses_nothing():
    class TornPaper(SlowPaper):
        def show(self, plot) -> None:
            if len(self.times) == 1:
                self.times.append(0.0)
                raise KeyboardInterrupt
            super().show(plot)

    plot = LossPlot()
    plot.output = paper = TornPaper(Clock(), 0.0)
    plot.add(1, loss=2.0)
    plot.next_draw_time = 0.0  # time to draw again
    with pytest.raises(KeyboardInterrupt):
        plot.add(2, loss=2.0)
    plot.finish()
    assert paper.lengths == [1, 2]


def test_without_a_terminal_nothing_is_written(monkeypatch, capsys):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with LossPlot() as plot:
        for step in range(100):
            plot.add(step, loss=2.0)
    assert stream.getvalue() == ""
    assert capsys.readouterr().out == ""
    assert len(plot.history["loss"][0]) == 100


def test_it_works_without_stderr(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # pythonw, and `2>&-`
    with LossPlot() as plot:
        plot.add(1, loss=2.0)
    assert plot.history == {"loss": ([1], [2])}


def test_a_terminal_gets_one_line_that_is_overwritten(terminal):
    with LossPlot("Run") as plot:
        for step in range(1, 1001):
            plot.add(step, train=3.0 - step / 500, other=9.0)
    written = terminal.getvalue()
    assert written.startswith("\r")
    assert written.count("\n") == 1
    assert written.endswith("\n")
    last = written.rstrip("\n").split("\r")[-1]
    assert "Run  step 1,000  train " in last
    mean = float(last.split("train ")[1].split()[0])
    assert mean == pytest.approx(1.0 + 25 / 500, abs=0.01)  # about 24 steps behind
    blocks = re.findall("[▁-█]", last)
    assert blocks[0] == "█"
    assert blocks[-1] == "▁"
    assert blocks == sorted(blocks, reverse=True)


def test_a_line_that_was_ended_is_not_ended_again(terminal):
    with LossPlot("Run") as plot:
        plot.add(1, loss=2.0)
    plot.finish()
    assert terminal.getvalue().count("\n") == 1


@pytest.mark.parametrize("steps", [1, 29, 31, 59, 61, 5000])
def test_the_line_fits_into_eighty_columns(terminal, monkeypatch, steps):
    monkeypatch.setenv("COLUMNS", "80")
    plot = LossPlot()
    for step in range(1, steps + 1):
        plot.add(step, loss=1 / step)
    plot.redraw()
    last = terminal.getvalue().split("\r")[-1].replace("\x1b[K", "")
    assert len(last) < 80, "a longer line wraps, and is then not written over"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 2])
def test_a_loss_that_is_not_finite_does_not_stop_the_training(terminal, bad, place):
    losses = [3.0, 2.0, 1.0, 0.5]
    losses[place] = bad
    with LossPlot() as plot:
        for step, loss in enumerate(losses, 1):
            plot.add(step, loss=loss)
            plot.redraw()
    assert plot.history["loss"][0] == [1, 2, 3, 4]
    assert plot.picture.to_svg()


def test_constant_losses_can_be_shown(terminal):
    with LossPlot() as plot:
        for step in range(50):
            plot.add(step, loss=2.0)
    assert "loss 2 " in terminal.getvalue()


def test_a_step_without_a_loss_is_refused(terminal):
    with pytest.raises(ValueError):
        LossPlot().add(1)


# In a real kernel, once for all tests below.


class Kernel:
    """A Jupyter kernel, and what its cells print and draw."""

    def __init__(self):
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(ROOT))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str, *, interrupt_after: str = "") -> list[dict]:
        """All messages of the cell; it is interrupted once it has printed `interrupt_after`."""
        request = self.client.execute(code)
        messages = []
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            messages.append(message)
            content = message["content"]
            if interrupt_after and interrupt_after in content.get("text", ""):
                self.manager.interrupt_kernel()
            if content.get("execution_state") == "idle":
                return messages
        raise TimeoutError(code)

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    kernel.run("from viz import LossPlot\nimport time")
    yield kernel
    kernel.stop()


def drawn(messages: list[dict]) -> list[dict]:
    kinds = ("display_data", "update_display_data")
    return [m["content"] for m in messages if m["msg_type"] in kinds]


def printed(messages: list[dict]) -> str:
    return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")


def drawing_in(html: str) -> str:
    """The wide SVG without its sentence, which is constant while it is live."""
    svg = base64.b64decode(re.findall(r"svg\+xml;base64,([^\"]+)", html)[-1]).decode()
    return re.sub(r'aria-label="[^"]*"', "", svg)


def state_of(kernel: Kernel) -> str:
    code = "print(plot.picture.to_html())"
    return drawing_in(printed(kernel.run(code)))


@pytest.mark.slow
def test_a_cell_has_one_output_that_is_updated_in_place(kernel):
    messages = kernel.run("""if True:
        plot = LossPlot("Run")
        for step in range(1, 101):
            plot.add(step, loss=3 - step / 50)
            time.sleep(0.005)
    """)
    kinds = [m["msg_type"] for m in messages]
    assert kinds.count("display_data") == 1
    assert kinds.count("update_display_data") >= 3
    assert not {"clear_output", "error", "stream"} & set(kinds)
    outputs = drawn(messages)
    assert len({output["transient"]["display_id"] for output in outputs}) == 1
    assert {output["data"]["text/plain"] for output in outputs} == {"LossPlot: Run"}
    assert drawing_in(outputs[-1]["data"]["text/html"]) == state_of(kernel)


@pytest.mark.slow
def test_after_an_interrupt_the_cell_shows_the_last_state(kernel):
    messages = kernel.run(
        """if True:
        plot, step = LossPlot("Run"), 0
        while True:
            step += 1
            plot.add(step, loss=step % 7)
            time.sleep(0.001)
            if step == 300:
                print("now", flush=True)
                time.sleep(20)
        """,
        interrupt_after="now",
    )
    assert [m["content"]["ename"] for m in messages if m["msg_type"] == "error"] == [
        "KeyboardInterrupt"
    ]
    assert drawing_in(drawn(messages)[-1]["data"]["text/html"]) == state_of(kernel)


@pytest.mark.slow
def test_training_that_continues_in_another_cell_is_drawn_to_its_end(kernel):
    kernel.run('plot = LossPlot("Run")\nfor step in range(50): plot.add(step, loss=3.0)')
    messages = kernel.run("for step in range(50, 90): plot.add(step, loss=2.0)")
    assert drawn(messages), "nothing was drawn in the second cell"
    assert drawing_in(drawn(messages)[-1]["data"]["text/html"]) == state_of(kernel)


@pytest.mark.slow
def test_a_finished_plot_registers_no_callback(kernel):
    kernel.run('plot = LossPlot("Run")\nfor step in range(50): plot.add(step, loss=3.0)')
    assert drawn(kernel.run("pass")) == []
    callbacks = kernel.run("print(len(get_ipython().events.callbacks['post_run_cell']))")
    kernel.run("with LossPlot() as other: other.add(1, loss=2.0)")
    assert printed(callbacks) == printed(
        kernel.run("print(len(get_ipython().events.callbacks['post_run_cell']))")
    )
