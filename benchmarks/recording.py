"""A file of recorded runs that grows run by run: a stopped recording goes on where it was."""

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gptcore.files import atomic_path


class Recording:
    """The file of finished runs.

    Args:
        path: Where it is; it need not exist.
        keys: The fields that tell one run from another.
    """

    def __init__(self, path: Path, keys: tuple[str, ...] = ("table", "switch", "seed")) -> None:
        self.path, self.keys = path, keys
        self.content: dict[str, Any] = {}
        if path.exists():
            self.content = json.loads(path.read_text(encoding="utf-8"))

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The finished runs."""
        found: list[dict[str, Any]] = self.content.setdefault("runs", [])
        return found

    def key(self, run: Mapping[str, Any]) -> tuple[Any, ...]:
        """What tells a run from others."""
        return tuple(run[name] for name in self.keys)

    def place(self, run: Mapping[str, Any]) -> Any:
        """What the runs are sorted by."""
        return self.key(run)

    def has(self, job: Mapping[str, Any]) -> bool:
        """Whether this run is finished."""
        return any(self.key(run) == self.key(job) for run in self.runs)

    def add(self, run: dict[str, Any]) -> None:
        """Store one run."""
        self.runs.append(run)
        self.runs.sort(key=self.place)
        self.write()

    def write(self) -> None:
        """Write the file, one run a line, so that a change can be read."""
        head = {name: value for name, value in self.content.items() if name != "runs"}
        lines = [json.dumps(name) + ": " + json.dumps(value) for name, value in head.items()]
        runs = ",\n".join("  " + json.dumps(run) for run in self.runs)
        body = ",\n".join([*lines, f'"runs": [\n{runs}\n]'])
        with atomic_path(self.path) as part:
            part.write_text("{\n" + body + "\n}\n", encoding="utf-8")


def processor() -> str:
    """The name of this processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
