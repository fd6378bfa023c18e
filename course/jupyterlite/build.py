"""The lessons as a page in which Python runs: JupyterLite with Pyodide, for readers without Python.

    python -m course.jupyterlite.build                 builds build/page/site
    python -m course.jupyterlite.build --offline
        ... from local parts, or reports what is missing
    python -m http.server -d build/page/site     serves it; any file server works

The page loads nothing from other hosts. It has its own environment (`make page`), because
JupyterLite includes every installed extension of JupyterLab.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from course.jupyterlite.notebooks import built_lessons, write_books
from course.jupyterlite.runtime import in_words
from course.jupyterlite.wheels import (
    LOADED_AT_ONCE,
    ROOT,
    MissingPartsError,
    Parts,
    lay_out,
    our_wheel,
)
from course.syllabus.lesson_table import Lesson
from course.syllabus.repository import BRANCH, our_repository

BUILD = ROOT / "build" / "page"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # All cells are rendered, so a picture keeps its state when it is scrolled out of view.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
CONFIG = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "gptcore",
        "exposeAppInBrowser": True,  # the tests use it to wait for the kernel
        "litePluginSettings": {
            f"{KERNEL}:kernel": {
                "disablePyPIFallback": True,
                "loadPyodideOptions": {
                    "packages": LOADED_AT_ONCE,
                    # Answers are in a file of this browser, which is listed with the lessons.
                    "env": {"GPTCORE_PROGRESS": "/drive/progress.jsonl"},
                },
            }
        },
    },
}
NO_SCRIPT = """<noscript><p style="font: 18px/1.5 sans-serif; margin: 2em; max-width: 40em">Here
Python runs inside the page, and for that the page needs JavaScript, which this browser does not
run. Switch it on; without it the lessons can still be read: <a href="{address}">{address}</a>.</p>
</noscript>"""


def build(site: Path, parts: Parts) -> None:
    """Build the folder `site`. Raises: MissingPartsError, BuildError."""
    with TemporaryDirectory() as scratch:
        work = Path(scratch)
        kernel = EXTENSIONS / KERNEL / "static" / "pypi"
        lay_out(work / "static" / "pyodide", parts, kernel, our_wheel(work))
        write_books(work / "contents")
        (work / "jupyter-lite.json").write_text(json.dumps(CONFIG), encoding="utf-8")
        (work / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
        make = [sys.executable, "-m", "jupyterlite_core", "build", "--contents", "contents"]
        make += ["--apps", "lab", "--no-sourcemaps", "--output-dir", str(work / "site")]
        ran = subprocess.run(make, cwd=work, capture_output=True, text=True)
        if ran.returncode:
            raise BuildError(
                f"JupyterLite could not be built:\n{(ran.stderr or ran.stdout)[-2000:]}"
            )
        mend(work / "site" / "lab" / "index.html")
        (work / "site" / "index.html").write_text(front_page(), encoding="utf-8")
        shutil.rmtree(site, ignore_errors=True)
        site.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(work / "site", site)


class BuildError(OSError):
    """JupyterLite's own command did not finish."""


def without_scripts() -> str:
    """What a browser without JavaScript shows."""
    return NO_SCRIPT.format(address=f"{our_repository().address}/tree/{BRANCH}/notebooks")


def mend(page: Path) -> None:
    """Add a text for browsers without JavaScript, and an icon, which every browser requests."""
    text = re.sub("<noscript>.*?</noscript>", "", page.read_text("utf-8"), flags=re.DOTALL)
    icon = '<link rel="icon" href="../icon-120x120.png"></head>'
    text = text.replace("</head>", icon, 1)
    page.write_text(re.sub("<body[^>]*>", lambda body: body[0] + without_scripts(), text), "utf-8")


def front_page() -> str:
    """The start page: the lessons that run here, and links for the others."""
    lessons = built_lessons()
    in_the_page = "".join(map(line_of, [lesson for lesson in lessons if lesson.runs_in_a_page]))
    elsewhere = "".join(map(line_of, [lesson for lesson in lessons if not lesson.runs_in_a_page]))
    return FRONT.format(here=in_the_page, there=elsewhere, no_script=without_scripts())


def line_of(lesson: Lesson) -> str:
    """One lesson of the list, with its link."""
    needs = (
        "" if lesson.runs_in_a_page else f" <small>needs {escape(in_words(lesson.beyond))}</small>"
    )
    return (
        f'<li value="{lesson.number}"><a href="lab/index.html?path=notebooks/{lesson.name}.ipynb">'
        f"{escape(lesson.title)}</a>{needs}</li>"
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course.jupyterlite.build", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, default=BUILD / "site", help="folder of the site")
    parser.add_argument("--parts", type=Path, default=BUILD / "parts", help="folder of downloads")
    parser.add_argument("--offline", action="store_true", help="bring nothing")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        build(options.out.absolute(), Parts(options.parts.absolute(), options.offline))
    except (MissingPartsError, BuildError) as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in options.out.rglob("*")) / 1e6
    seconds = time.perf_counter() - start
    print(f"{options.out}: {size:.0f} MB, {seconds:.0f} s. To look at it:")
    print(f"python -m http.server --bind 127.0.0.1 --directory {options.out}")
    return 0


# The script is only data: JupyterLite looks for its settings in the parent page.
FRONT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The lessons, in this page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="icon-120x120.png">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 18px/1.6 system-ui, sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }}
small {{ opacity: 0.8 }}
</style>
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
</head><body>{no_script}
<h1>The lessons, in this page</h1>
<p>Python runs inside your browser: nothing is installed, and nothing that you type leaves your
machine. The first time it takes a quarter of a minute to arrive.</p>
<ol>{here}</ol>
<h2>To read here, to run elsewhere</h2>
<p>These need more than Python's standard library. Each says at its top where it runs: in Colab, in
Binder, or on a machine of your own.</p>
<ol>{there}</ol>
</body></html>
"""

if __name__ == "__main__":
    sys.exit(main())
