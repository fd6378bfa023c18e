"""JupyterLab in headless Chromium, as a reader has it: open a lesson, run it, turn its knobs, look.

Works on copies of the notebooks, with settings, workspaces and data folders of its own.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from course.publishing.cost import Cost, cost_of
from course.record.kept import OFF, VARIABLE

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SECONDS = 1000  # playwright counts milliseconds
POLLING = 50  # milliseconds
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"

KERNEL_IS_READY = """path => {
    const panel = window.jupyterapp.shell.currentWidget;
    if (panel?.context?.path !== path) return false;
    const kernel = panel.sessionContext.session?.kernel;
    return kernel?.status === "idle" && kernel.connectionStatus === "connected";
}"""
# Braces, no return: the promise of the command would be awaited without a limit.
RUN_ALL = """() => {
    window.lessonDone = false;
    const done = () => { window.lessonDone = true; };
    window.jupyterapp.commands.execute("notebook:run-all-cells").then(done);
}"""
KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
END_KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
# The cell as a click into its border selects it: the keys of command mode are heard.
SELECT = """id => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.findIndex(cell => cell.model.id === id);
    content.mode = "command";
    content.activate();
}"""
OUTPUT = """id => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const { outputArea } = content.widgets.find(cell => cell.model.id === id);
    return outputArea.node.innerText;
}"""
HIDE_LEFT_AREA = """() =>
    window.jupyterapp.commands.execute("application:toggle-left-area").then(() => 0)"""
CHANGE_THEME = """theme => {
    window.jupyterapp.commands.execute("apputils:change-theme", { theme });
}"""
THEMES = ("Dark", "Light")
SCROLLED = "[...document.querySelectorAll('.jp-Notebook, .jp-WindowedPanel-outer')]"
WINDOW = {"width": 1280, "height": 900}
TALLEST = 16_000  # pixels; Chromium's screenshots end there


def find_chromium() -> str | None:
    """The browser's path, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def write_settings(folder: Path) -> None:
    """No news, no autosave, all cells in the page at once; must exist before the server starts."""
    settings = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "docmanager-extension/plugin": {"autosave": False},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, content in settings.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))


@contextlib.contextmanager
def lab_server(notebooks: Path, work: Path) -> Iterator[tuple[str, str]]:
    """Start JupyterLab on a free port of this machine; yields (address, token)."""
    work.mkdir(parents=True, exist_ok=True)
    write_settings(work / "settings")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, token = f"http://127.0.0.1:{port}", secrets.token_hex(8)
    environment = os.environ | {
        VARIABLE: OFF,  # nobody's answers are kept or shown
        "JUPYTER_CONFIG_DIR": str(work / "config"),
        "JUPYTER_DATA_DIR": str(work / "data"),
        "JUPYTER_RUNTIME_DIR": str(work / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(work / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(work / "workspaces"),
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--LabApp.expose_app_in_browser=True",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={notebooks}",
    ]
    with open(work / "lab.log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        wait_until_up(f"{address}/api/status?token={token}", work / "lab.log")
        yield address, token
    finally:
        server.terminate()
        server.wait(60)


def wait_until_up(url: str, log: Path, seconds: float = 60) -> None:
    end = time.time() + seconds
    while time.time() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1)
            return
        time.sleep(0.1)
    raise RuntimeError(
        f"JupyterLab did not start within {seconds:.0f} s:\n{log.read_text()[-2000:]}"
    )


class Lab:
    """One page of the browser on a running server; notes what went wrong in the console."""

    def __init__(self, browser, address: str, token: str):
        self.address, self.token = address, token
        self.page = browser.new_page(viewport=WINDOW)
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page.on(
            "console", lambda m: self.errors.append(m.text[:300]) if m.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)[:300]))
        own = (address, address.replace("http", "ws"), "data:", "blob:")
        self.page.context.on(
            "request", lambda r: None if r.url.startswith(own) else self.outside.append(r.url[:120])
        )

    def open(self, name: str) -> None:
        self.page.goto(
            f"{self.address}/lab/workspaces/{name}/tree/{name}.ipynb?reset&token={self.token}"
        )
        self.page.wait_for_selector(
            ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell", timeout=60 * SECONDS
        )

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[None]:
        """A notebook while it is worked with; at the end its kernel gives its memory back."""
        self.open(name)
        try:
            yield
        finally:
            self.page.evaluate(END_KERNEL)

    def wait_until(self, condition: str, arg=None, seconds: float = 60) -> None:
        """Wait for JavaScript to say so; asking in each frame would keep a whole core busy."""
        options = {"arg": arg, "timeout": seconds * SECONDS, "polling": POLLING}
        self.page.wait_for_function(condition, **options)

    def run_all(self, name: str, timeout: float = 300) -> float:
        """Run every cell; returns the seconds that it took."""
        # Trap: the page says "Idle" before a kernel is there, and running opens a dialog then.
        path = f"{name}.ipynb"
        self.wait_until(KERNEL_IS_READY, path)
        start = time.time()
        self.page.evaluate(RUN_ALL)
        self.wait_until("() => window.lessonDone", seconds=timeout)
        # Trap: after a cell that may fail, and does, the page says "done" and the rest goes on.
        quiet = 0
        while quiet < 10 and time.time() - start < timeout:
            quiet = quiet + 1 if self.page.evaluate(KERNEL_IS_READY, path) else 0
            self.page.wait_for_timeout(100)
        return time.time() - start

    def show_all(self) -> None:
        """Make the window as tall as the notebook, so that one screenshot holds it all."""
        self.page.evaluate(HIDE_LEFT_AREA)
        height = self.page.evaluate(f"() => Math.max(...{SCROLLED}.map(e => e.scrollHeight))")
        self.page.set_viewport_size(WINDOW | {"height": min(int(height) + 200, TALLEST)})
        self.page.evaluate(f"() => {SCROLLED}.forEach(e => e.scrollTo(0, 0))")
        self.page.wait_for_timeout(800)

    def show_a_window(self) -> None:
        """A window as a reader has it; in a tall one each change costs twice as much."""
        self.page.set_viewport_size(WINDOW)

    def turn_to(self, theme: str) -> None:
        """Light or Dark."""
        self.page.evaluate(CHANGE_THEME, f"JupyterLab {theme}")
        self.wait_until(f"() => document.body.dataset.jpThemeName.endsWith({theme!r})")
        self.page.wait_for_timeout(300)

    def shots(self, path: Path) -> None:
        """Two pictures of the page, PATH_light.png and PATH_dark.png."""
        for theme in THEMES:
            self.turn_to(theme)
            self.shot(path.with_name(f"{path.name}_{theme.lower()}.png"))

    def shot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def write(self, cell: str, source: str) -> None:
        """Write into a cell, in place of what stood there, and run it; by keys."""
        self.page.evaluate(SELECT, cell)
        for key in ("Enter", "Control+A"):
            self.page.keyboard.press(key)
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")

    def output(self, cell: str) -> str:
        """The words that a cell shows."""
        return self.page.evaluate(OUTPUT, cell)

    def wait_for_output(self, cell: str, words: str, seconds: float = 30) -> None:
        """Raises: AssertionError with what the cell shows instead."""
        end = time.time() + seconds
        while words not in self.output(cell):
            assert time.time() < end, f"{words!r} is not in {self.output(cell)!r}"
            self.page.wait_for_timeout(20)

    def kernel(self) -> int | None:
        """The number of the process that computes for this page; only Linux tells."""
        name = f"kernel-{self.page.evaluate(KERNEL)}.json".encode()
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if name in process.read_bytes():
                    return int(process.parent.name)
        return None

    def cost(self) -> Cost | None:
        """What the kernel has cost so far."""
        pid = self.kernel()
        return cost_of(pid) if pid else None
