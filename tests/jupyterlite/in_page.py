"""A lesson in the built page, in headless Chromium: nothing but a server of files behind it."""

import contextlib
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))
from lab import KERNEL_IS_READY, RUN_ALL, SECONDS, Lab

FORGET = """() => {
    window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs").then(() => 0); }"""
ALL_CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === "code")
    .map(cell => ({
        source: cell.model.sharedModel.source,
        ran: cell.model.executionCount,
        outputs: cell.model.outputs.toJSON(),
    }))"""
ASK = """async code => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const future = kernel.requestExecute({ code }), heard = [];
    future.onIOPub = ({ content }) => heard.push(content.text ?? content.evalue ?? "");
    await future.done;
    return heard.join("");
}"""
STOP = """() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => 0)"""


class QuietFiles(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for many files, as real servers have it

    def log_message(self, *words):
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class InPage(Lab):
    """One lesson in a browser that has never seen the page before."""

    def __init__(self, browser, address: str):
        super().__init__(browser, address, token="")  # a page of `browser` remembers nothing

    def open(self, name: str) -> None:
        self.path = f"notebooks/{name}"
        self.page.goto(f"{self.address}/lab/index.html?path={self.path}.ipynb")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120 * SECONDS)

    def wait_for_kernel(self, seconds: float = 120) -> None:
        self.page.wait_for_function(
            KERNEL_IS_READY, arg=f"{self.path}.ipynb", timeout=seconds * SECONDS
        )

    def cells(self) -> list[dict]:
        """Every code cell with what it shows now."""
        return self.page.evaluate(ALL_CELLS)

    def start(self) -> None:
        """Run all cells, and do not wait."""
        self.page.evaluate(RUN_ALL)

    def wait_for_output(self) -> None:
        self.page.wait_for_selector(".jp-OutputArea-output", timeout=120 * SECONDS)

    def wait_until_done(self, seconds: float = 300) -> None:
        self.page.wait_for_function("() => window.lessonDone", timeout=seconds * SECONDS)

    def forget(self) -> None:
        """Take away the outputs that the notebook was stored with."""
        self.page.evaluate(FORGET)
        self.page.wait_for_function("() => !document.querySelector('.jp-OutputArea-output')")

    def ask(self, code: str) -> str:
        """Run code beside the notebook; what it prints, or what its error says."""
        return self.page.evaluate(ASK, code)

    def stop_kernel(self) -> None:
        self.page.evaluate(STOP)


def words_of(cell: dict) -> str:
    """What a cell says without its pictures, as one text."""
    printed = [output.get("text", "") for output in cell["outputs"]]
    shown = [output.get("data", {}).get("text/plain", "") for output in cell["outputs"]]
    return "".join(map("".join, printed + shown))


def errors_of(cell: dict) -> list[str]:
    """What went wrong in a cell, one line for each error."""
    return [
        f"{output['ename']}: {output['evalue']}"
        for output in cell["outputs"]
        if output["output_type"] == "error"
    ]
