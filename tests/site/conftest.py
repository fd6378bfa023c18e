"""The site, built once from the stored lessons, and a Chromium to look at it."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def site(of_all_workers) -> Path:
    """The folder of the built site; the first worker that needs it builds it for all.

    SITE_BUILT=FOLDER takes one that is built already.
    """
    if "SITE_BUILT" in os.environ:
        return Path(os.environ["SITE_BUILT"])
    pytest.importorskip("sphinx", reason="no Sphinx: pip install sphinx")
    from course.site.__main__ import main  # noqa: PLC0415 - loads Sphinx

    out, built = of_all_workers / "site", of_all_workers / "site-is-built"
    page = of_all_workers / "page"  # in place of the one in which Python runs
    with FileLock(of_all_workers / "site.lock"):
        if not built.exists():
            for name in ("index.html", "lab/index.html"):
                (page / name).parent.mkdir(parents=True, exist_ok=True)
                (page / name).write_text("<!doctype html><title>Python</title>", encoding="utf-8")
            failed = main(["--out", str(out), "--page", str(page)])
            assert not failed, "Sphinx warned, or a link is broken: see above"
            built.touch()
    return out


@pytest.fixture(scope="module")  # a process can have one Playwright at a time
def chromium():
    """A headless browser."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: apt install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
