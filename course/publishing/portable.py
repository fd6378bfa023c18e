"""Whether the lessons print the same on other processors.

    python -m course.publishing.portable            every lesson, every setting
    python -m course.publishing.portable 06 07      lessons 7 and 9, every setting
    python -m course.publishing.portable --quick
        the lessons that train, the most different setting

A sum of many numbers has other last digits on another processor, because it is added in another
order; after some hundred steps of training the first digits differ, too. Environment variables let
one processor compute like older ones. Other processors are imitated:
course/publishing/nudged.py. Each setting runs `pytest --nbval`, so it compares what `make test`
compares.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from course.syllabus.lesson_table import COURSE, written_lessons

ROOT = COURSE.parent
# Features that NumPy must not use, by their names before and after 2.4; it ignores unknown names.
AVX512 = "AVX512F AVX512_SKX AVX512_ICL AVX512_SPR X86_V4"
AVX2 = "AVX2 FMA3 X86_V3"
NUDGED = "GPTCORE_COURSE_NUDGED"  # conftest.py nudges the kernels when it is set
LESSONS_THAT_TRAIN = ("06", "07", "09", "11", "12", "13", "14", "16")


def instructions(torch: str, openblas: str, mkl: str, onednn: str, numpy_without: str) -> dict:
    """The instruction set of each library that computes in a lesson."""
    return {
        "ATEN_CPU_CAPABILITY": torch,
        "OPENBLAS_CORETYPE": openblas,
        "MKL_CBWR": mkl,
        "ONEDNN_MAX_CPU_ISA": onednn,
        "NPY_DISABLE_CPU_FEATURES": numpy_without,
    }


# No setting requests more than the processor has: PyTorch would crash.
SSE = {
    **instructions("default", "Nehalem", "COMPATIBLE", "SSE41", f"{AVX512} {AVX2}"),
    "OMP_NUM_THREADS": "1",
    "GPTCORE_DATA": str(ROOT / "build" / "nothing"),  # cells that need a text are skipped
}
SETTINGS: dict[str, dict[str, str]] = {
    "SSE, 1 thread, no downloaded text": SSE,
    "AVX, 2 threads": {
        **instructions("default", "Sandybridge", "AVX", "AVX", f"{AVX512} {AVX2}"),
        "OMP_NUM_THREADS": "2",
    },
    "AVX2, 1 thread": {
        **instructions("avx2", "Haswell", "AVX2", "AVX2", AVX512),
        "OMP_NUM_THREADS": "1",
    },
    "all that this processor has, 2 threads": {"OMP_NUM_THREADS": "2"},
    "last digits nudged, 1 thread": {"OMP_NUM_THREADS": "1", NUDGED: "1"},
}
QUICK = {"SSE, 1 thread, no downloaded text, last digits nudged": SSE | {NUDGED: "1"}}


def differing_cells(notebooks: list[Path], setting: dict[str, str]) -> list[str]:
    """Run notebooks with other environment variables; return the cells whose outputs differ.

    Raises: RuntimeError if they could not be compared.
    """
    varied = {name for each in SETTINGS.values() for name in each} - {"GPTCORE_DATA"}
    kept = {name: value for name, value in os.environ.items() if name not in varied}
    workers = "2" if len(notebooks) > 1 else "0"
    options = ["-q", "--nbval", "-n", workers, "--dist", "loadfile", "-p", "no:cacheprovider"]
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *options, f"--junitxml={report}"]
        ran = subprocess.run([*command, *map(str, notebooks)], cwd=ROOT, env=kept | setting)
        if ran.returncode not in (0, 1):
            raise RuntimeError(f"pytest ended with exit code {ran.returncode}: nothing compared.")
        cases = ElementTree.parse(report).iter("testcase")
        return [
            f"{case.get('classname')} {case.get('name')}"
            for case in cases
            if case.find("failure") is not None or case.find("error") is not None
        ]


def main(arguments: list[str] | None = None) -> int:
    summary = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(
        prog="python -m course.publishing.portable", description=summary
    )
    parser.add_argument("names", nargs="*", help="lessons, by the beginning of their names")
    parser.add_argument("--quick", action="store_true", help="lessons that train, one setting")
    options = parser.parse_args(arguments)
    begin = tuple(options.names) or (LESSONS_THAT_TRAIN if options.quick else ("",))
    notebooks = [lesson.notebook for lesson in written_lessons() if lesson.name.startswith(begin)]
    if not notebooks:
        print(f"No lesson begins with {' or '.join(options.names)}.", file=sys.stderr)
        return 2
    found = {}
    for name, setting in (QUICK if options.quick else SETTINGS).items():
        print(f"\n{name}:", flush=True)
        found[name] = differing_cells(notebooks, setting)
    print()
    for name, cells in found.items():
        print(f"{name}: {len(cells) or 'no'} cells differ")
        for cell in cells:
            print(f"  {cell}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
