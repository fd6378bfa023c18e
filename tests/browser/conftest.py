"""A JupyterLab with copies of all lessons, open in headless Chromium."""

import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from course.syllabus.lesson_table import written_lessons

sys.path.insert(0, str(Path(__file__).parent))
from lab import CHROMIUM_ARGUMENTS, Lab, find_chromium, lab_server


def pytest_collection_modifyitems(items):
    """Without a browser these tests say why they are skipped."""
    if not find_chromium():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="no Chromium: apt install chromium"))


@pytest.fixture(scope="module")
def browser():
    """Chromium, for a picture in a page of its own."""
    with sync_playwright() as playwright:
        path = find_chromium()
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Where JupyterLab keeps what is its own."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def books(work):
    """The folder that JupyterLab shows: copies of all lessons."""
    folder = work / "books"
    folder.mkdir()
    for lesson in written_lessons():
        shutil.copy(lesson.notebook, folder)
    return folder


@pytest.fixture(scope="module")
def lab(work, books):
    """A page in JupyterLab with these notebooks."""
    with lab_server(books, work) as (address, token), sync_playwright() as playwright:
        path = find_chromium()
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield Lab(browser, address, token)
        browser.close()
