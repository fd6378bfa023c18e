"""The page, built once from the parts that are here, and a browser to open it with."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from in_page import InPage, served
from lab import CHROMIUM_ARGUMENTS, find_chromium

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "page" / "bin" / "python"
PARTS = ROOT / "build" / "page" / "parts"


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The page, built offline: by its own environment, from its own parts, without a network."""
    if not PYTHON.exists() or not PARTS.exists():
        pytest.skip("the page's environment and parts are not here: make page")
    folder = tmp_path_factory.mktemp("page") / "site"
    command = [
        PYTHON,
        "-m",
        "course.jupyterlite.build",
        "--offline",
        "--out",
        folder,
        "--parts",
        PARTS,
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if ran.returncode and "without --offline" in ran.stderr.lower():
        pytest.skip(f"{ran.stderr.strip()} make page brings it")
    assert ran.returncode == 0, ran.stderr
    return folder


@pytest.fixture(scope="module")  # a process can have one Playwright at a time
def browser():
    """Chromium, without a window."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: apt install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(site):
    with served(site) as at:
        yield at


@pytest.fixture
def in_page(browser, address):
    """A window that has never seen the page before."""
    window = InPage(browser, address)
    yield window
    window.page.context.close()
