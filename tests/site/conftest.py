"""The site, built once from the stored lessons, and a Chromium to look at it."""

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The folder of the built site; SITE_BUILT=FOLDER takes one that is built already."""
    if "SITE_BUILT" in os.environ:
        return Path(os.environ["SITE_BUILT"])
    pytest.importorskip("sphinx", reason="no Sphinx: pip install sphinx")
    from course.site.__main__ import main  # noqa: PLC0415 - loads Sphinx

    out = tmp_path_factory.mktemp("site") / "site"
    page = tmp_path_factory.mktemp("page")  # in place of the one in which Python runs
    (page / "lab").mkdir()
    for name in ("index.html", "lab/index.html"):
        (page / name).write_text("<!doctype html><title>Python</title>", encoding="utf-8")
    failed = main(["--out", str(out), "--page", str(page)])
    assert not failed, "Sphinx warned, or a link is broken: see above"
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
