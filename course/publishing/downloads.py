"""Check that the sources of all downloads still have the files of `data/manifest.toml`.

    python -m course.publishing.downloads
        every downloaded text, each of its addresses
    python -m course.publishing.downloads shakespeare

A workflow runs this every week, so that we notice a broken source before a reader does.
Only the size of a file is compared. `gptcore fetch --all --again` compares the content, from the
first address that works.
"""

import sys
from collections.abc import Mapping

import requests

from gptcore.manifest import TextInfo, all_texts, find_text

PATIENCE_SECONDS = 30
ASK = {"Accept-Encoding": "identity"}  # otherwise the size is that of a compressed copy
ONE_BYTE = ASK | {"Range": "bytes=0-0"}
DOES_NOT_ANSWER_HEAD = (403, 405, 501)


def problem_with(text: TextInfo, url: str) -> str:
    """What is wrong with the file at this address; "" if nothing is."""
    try:
        reply = requests.head(url, headers=ASK, allow_redirects=True, timeout=PATIENCE_SECONDS)
        if reply.status_code in DOES_NOT_ANSWER_HEAD:
            reply = requests.get(url, headers=ONE_BYTE, stream=True, timeout=PATIENCE_SECONDS)
            reply.close()
    except requests.RequestException as error:
        return f"not reached ({type(error).__name__})"
    return difference(text, reply.status_code, reply.headers)


def difference(text: TextInfo, status: int, headers: Mapping[str, str]) -> str:
    """How the reply of a source differs from the manifest; "" if it does not."""
    if status not in (200, 206):
        return f"the source answers {status}"
    whole = headers.get("Content-Length", "")
    size = headers.get("Content-Range", whole).rpartition("/")[2]  # "bytes 0-0/1115394"
    if not size.isdigit():
        return "does not report the size of the file"
    if int(size) != text.bytes:
        return f"has {int(size):,} bytes, the manifest says {text.bytes:,}"
    return ""


def main(arguments: list[str] | None = None) -> int:
    names = sys.argv[1:] if arguments is None else arguments
    try:
        texts = [find_text(name) for name in names] or list(all_texts().values())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    failed = 0
    for text in texts:
        for url in text.urls:
            problem = problem_with(text, url)
            failed += bool(problem)
            print(f"{text.name:18} {problem or 'as promised'}: {url}", flush=True)
    if failed:
        print(
            f"{failed} of these addresses would fail a reader. Open each in a browser, then fix "
            "data/manifest.toml, or add a second address there.",
            file=sys.stderr,
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
