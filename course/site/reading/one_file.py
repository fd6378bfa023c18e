"""A lesson as one HTML file: its styles, scripts and pictures are inside, so it opens anywhere.

    python -m course.site --lesson 3 --out lesson_3.html
    python -m course.site --lesson 3 --out lesson_3.html --pdf     also lesson_3.pdf, by Chromium

Links to other lessons lead to the repository, since there is no site around the file.
"""

import re
import shutil
import subprocess
import sys
from base64 import b64encode
from html import escape
from mimetypes import guess_type
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

from course.site.cells import lesson_page
from course.site.layout import with_links
from course.site.reading.lesson_bar import page_head
from course.syllabus.lesson_table import Lesson, written_lessons
from course.syllabus.repository import BRANCH, our_repository

CONFIGURATION = Path(__file__).resolve().parents[1]  # the folder of conf.py
OF_THE_SITE = ("documentation_options", "doctools", "sphinx_highlight", "furo", "searchtools")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARTICLE = re.compile(r'<article role="main".*</article>', re.DOTALL)
STYLES = re.compile(
    r'<link rel="stylesheet"[^>]*href="([^"]+)"[^>]*>|<style>.*?</style>', re.DOTALL
)
SCRIPT = re.compile(r'<script[^>]*\bsrc="([^"]+)"[^>]*>\s*</script>')
PICTURE = re.compile(r'(<img[^>]*\bsrc=")(?!data:)([^"]+)"')
LESSON_LINK = re.compile(r'href="(\d\d_\w+)\.html')
ROTATABLE = re.compile(r'<script type="application/json" class="plotly-figure">.*?</script>', re.S)
SECONDS = 120  # for Chromium to print a lesson


def lesson_numbered(number: int) -> Lesson:
    """The lesson with a number. Raises: SystemExit with the numbers that there are."""
    stored = {lesson.number: lesson for lesson in written_lessons() if lesson.notebook.is_file()}
    if number not in stored:
        raise SystemExit(
            f"There is no lesson {number}: take one of {min(stored)} to {max(stored)}."
        )
    return stored[number]


def write_one_file(lesson: Lesson, out: Path) -> Path:
    """Write a lesson as one HTML file.

    Args:
        lesson: The lesson.
        out: The file.

    Raises:
        SystemExit: If Sphinx warns.
    """
    page = with_links(
        lesson_page(lesson, page_head(lesson, single_file=True)), f"notebooks/{lesson.name}.md", {}
    )
    with TemporaryDirectory() as scratch:
        sources, built = Path(scratch, "sources"), Path(scratch, "built")
        sources.mkdir()
        (sources / "index.md").write_text(page, encoding="utf-8")
        folders = ["-c", str(CONFIGURATION), str(sources), str(built)]
        if build_main(["--fail-on-warning", "--quiet", "-b", "html", *folders]):
            raise SystemExit("Sphinx warned: see above.")
        title = f"{lesson.number} · {lesson.title}"
        html = in_one_file((built / "index.html").read_text(encoding="utf-8"), built, title)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(html, encoding="utf-8", newline="\n")
    return out


def in_one_file(html: str, folder: Path, title: str) -> str:
    """The article of a built page, with every file that it needs inside.

    Args:
        html: A page of the site.
        folder: The folder that its addresses begin from.
        title: The title of the window.
    """
    found = ARTICLE.search(html)
    assert found, "the theme has no article"
    # A surface that can be rotated would load a script of 5 MB; its still is there.
    article = ROTATABLE.sub("", found[0])
    article = PICTURE.sub(lambda tag: f'{tag[1]}{data_address(folder / tag[2])}"', article)
    article = LESSON_LINK.sub(
        rf'href="{our_repository().address}/blob/{BRANCH}/notebooks/\1.ipynb', article
    )
    styles = "\n".join(
        f"<style>{text_of(folder, one[1])}</style>" if one[1] else one[0]
        for one in STYLES.finditer(html)
    )
    scripts = "\n".join(
        f"<script>\n{text_of(folder, address)}\n</script>"
        for address in SCRIPT.findall(html)
        if Path(address.split("?")[0]).stem not in OF_THE_SITE
    )
    article = SCRIPT.sub("", article).replace('<article role="main"', "<article", 1)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n{styles}\n</head>\n"
        f'<body data-theme="auto">\n<main class="one-file">{article}</main>\n{scripts}\n'
        "</body>\n</html>\n"
    )


def text_of(folder: Path, address: str) -> str:
    """The text of a style or script, which may not end its own element."""
    # A dial's address is that of a page one folder deeper.
    text = (folder / address.split("?")[0].removeprefix("../")).read_text(encoding="utf-8")
    return re.sub(r"</(?=script|style)", r"<\\/", text)


def data_address(file: Path) -> str:
    kind = guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{b64encode(file.read_bytes()).decode()}"


def print_pdf(page: Path) -> Path:
    """Print a page as a PDF beside it.

    Raises:
        SystemExit: If there is no Chromium, or it fails.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(
            f"A PDF needs Chromium (Debian: apt install chromium). Or open {page} and print it."
        )
    pdf = page.with_suffix(".pdf")
    pdf.unlink(missing_ok=True)
    with TemporaryDirectory() as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        options += [f"--user-data-dir={profile}", f"--print-to-pdf={pdf.resolve()}"]
        ran = subprocess.run(
            [browser, *options, page.resolve().as_uri()],
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    if not pdf.is_file():
        print(ran.stderr, file=sys.stderr)
        raise SystemExit("Chromium wrote no PDF: see above.")
    return pdf
