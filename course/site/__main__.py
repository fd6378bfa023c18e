"""python -m course.site: build the lessons, the other pages and the reference into build/site.

A warning of Sphinx is an error, and so is a broken link. The page in which Python runs is a part of
the site if `make page` has built it. To see the site:
python -m http.server --directory build/site
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

PAGE = ROOT / "build" / "page" / "site"  # see course/jupyterlite/build.py


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course.site", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    parser.add_argument(
        "--page", type=Path, default=PAGE, help="as built by course.jupyterlite.build"
    )
    options = parser.parse_args(arguments)
    out, page = options.out.resolve(), options.page
    tried_in = out / TRIED_IN
    sources, kept = out.with_name(f"{out.name}-sources"), out.with_name(f"{out.name}-kept")
    lay_out(sources, with_page=page.is_dir())
    folders = ["-d", str(kept), "-c", str(Path(__file__).parent), str(sources), str(out)]
    failed = build_main(["--fail-on-warning", "--quiet", "-b", "html", *folders])
    if failed:
        return failed
    write_live_page(out)
    shutil.rmtree(tried_in, ignore_errors=True)
    if page.is_dir():
        shutil.copytree(page, tried_in)
    faults = broken_links(out, apart=tried_in)
    print("\n".join(faults) or f"The site is in {out}.", file=sys.stderr if faults else None)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
