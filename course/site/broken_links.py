"""Broken links of a built site, and everything that a page would load from another host."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """The links of a page, what it loads, and its ids."""

    def __init__(self, html: str):
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if given.get("rel") != "canonical" and given.get(FETCHED.get(tag, "")):
            self.fetched.append(given[FETCHED[tag]])


def broken_links(site: Path, apart: Path | None = None) -> list[str]:
    """One line for each broken link, loaded file of another host, or repeated id.

    Links into the folder `apart` are allowed; its pages are not checked.
    """
    files = [file for file in site.rglob("*.html") if apart not in file.parents]
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in files}
    return [
        f"{file.relative_to(site)}: {fault}"
        for file, page in sorted(pages.items())
        for fault in faults_of(file, page, pages)
    ]


def faults_of(file: Path, page: Page, pages: dict[Path, Page]) -> list[str]:
    faults = [f"the id {name!r} twice" for name in set(page.ids) if page.ids.count(name) > 1]
    for address in page.fetched:
        if urlsplit(address).scheme in ("http", "https") or address.startswith("//"):
            faults.append(f"{address} comes from elsewhere")
    for address in page.links + page.fetched:
        if urlsplit(address).scheme or address.startswith("//"):
            continue
        path, anchor = urldefrag(address)
        target = (file.parent / unquote(path.split("?")[0])).resolve() if path else file
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            faults.append(f"{address} leads nowhere")
        elif anchor and target in pages and unquote(anchor) not in pages[target].ids:
            faults.append(f"{address}: the page is there, that place is not")
    return faults
