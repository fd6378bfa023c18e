"""python -m course.site: build the lessons, the other pages and the reference into build/site.

A warning of Sphinx is an error, and so is a broken link. The page in which Python runs is a part of
the site if `make page` has built it; then exercises run in their lesson. To see the site:
python -m http.server --directory build/site

With --lesson 3 one lesson only, as one HTML file that has everything inside; --pdf prints it, too.
"""

import argparse
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from course.site.broken_links import broken_links
from course.site.home import write_live_page
from course.site.layout import TRIED_IN, lay_out
from course.site.public import ROOT
from course.site.reading.one_file import lesson_numbered, print_pdf, write_one_file
from course.site.reading.preview_card import write_preview_card
from course.syllabus.repository import our_repository

BUILD = ROOT / "build"
PAGE = BUILD / "page" / "site"  # see course/jupyterlite/build.py


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course.site", description=__doc__)
    parser.add_argument("--out", type=Path, help="the folder, or with --lesson the file")
    parser.add_argument("--lesson", type=int, metavar="N", help="only this one, as one HTML file")
    parser.add_argument("--pdf", action="store_true", help="with --lesson: print it, by Chromium")
    parser.add_argument(
        "--page", type=Path, default=PAGE, help="as built by course.jupyterlite.build"
    )
    parser.add_argument(
        "--address",
        default=our_repository().pages,
        help="where the site will be; the preview of a link needs it (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if options.pdf and options.lesson is None:
        parser.error("--pdf prints one lesson: add --lesson N")
    if options.lesson is not None:
        return one_lesson(options.lesson, options.out, options.pdf)
    return whole_site((options.out or BUILD / "site").resolve(), options.page, options.address)


def one_lesson(number: int, out: Path | None, pdf: bool) -> int:
    """Write one lesson as one file, and print it if that is wanted."""
    lesson = lesson_numbered(number)
    page = write_one_file(lesson, out or BUILD / f"{lesson.name}.html")
    print(f"Lesson {number} is in {page}.")
    if pdf:
        print(f"For print it is in {print_pdf(page)}.")
    return 0


def whole_site(out: Path, page: Path, address: str) -> int:
    """Build the site, and check its links."""
    tried_in = out / TRIED_IN
    sources, kept = out.with_name(f"{out.name}-sources"), out.with_name(f"{out.name}-kept")
    lay_out(sources, with_page=page.is_dir(), address=address)
    folders = ["-d", str(kept), "-c", str(Path(__file__).parent), str(sources), str(out)]
    failed = build_main(["--fail-on-warning", "--quiet", "-b", "html", *folders])
    if failed:
        return failed
    write_live_page(out)
    write_preview_card(out)
    shutil.rmtree(tried_in, ignore_errors=True)
    if page.is_dir():
        shutil.copytree(page, tried_in)
    faults = broken_links(out, apart=tried_in)
    print("\n".join(faults) or f"The site is in {out}.", file=sys.stderr if faults else None)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
