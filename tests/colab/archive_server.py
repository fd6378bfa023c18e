"""What GitHub does for the launch cell, on this machine: one archive, or one of its refusals."""

import contextlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course.syllabus.repository import our_repository

ROOT = Path(__file__).resolve().parents[2]
FOLDER = our_repository().archive_folder  # GitHub puts everything into one folder
PARTS = ("gptcore", "viz", "course", "data", "pyproject.toml")


def packed(folder: str, files: dict[str, bytes]) -> bytes:
    """A tar.gz of files, all below one folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@cache
def our_files() -> dict[str, bytes]:
    """What a notebook needs of this checkout."""
    found = [f for part in PARTS for f in [ROOT / part, *(ROOT / part).rglob("*")] if f.is_file()]
    wanted = [f for f in found if "__pycache__" not in f.parts]
    return {f.relative_to(ROOT).as_posix(): f.read_bytes() for f in wanted}


class Answer(BaseHTTPRequestHandler):
    """`mood` of the server: "well", "gone" (404), "cut" (the line breaks in the middle)."""

    def do_GET(self):
        mood, archive = self.server.mood, self.server.archive
        self.send_response(404 if mood == "gone" else 200)
        self.send_header("Content-Length", str(len(archive)))
        self.end_headers()
        if mood != "gone":
            self.wfile.write(archive[: len(archive) // 2] if mood == "cut" else archive)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def archive_server(archive: bytes, mood: str = "well") -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.archive, server.mood = archive, mood
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
