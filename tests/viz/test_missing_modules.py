"""Where a library is not installed, the message says which, and how to get it."""

import subprocess
import sys


def test_a_control_without_ipywidgets_says_what_to_install():
    code = """
import sys
sys.modules["ipywidgets"] = None
import viz
viz.draw_graph
try:
    viz.BackwardPlayer
except ModuleNotFoundError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == (
        "viz.BackwardPlayer needs ipywidgets, which is not installed: pip install ipywidgets\n"
    )


def test_pictures_of_the_first_lessons_need_no_numpy():
    """In the page in which Python runs there may be none."""
    code = """
import sys
sys.modules["numpy"] = None
import viz
for name in viz.__all__:
    try:
        getattr(viz, name)
        print(name)
    except ModuleNotFoundError:
        pass
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    without = set(ran.stdout.split())
    assert without >= {"draw_graph", "BackwardPlayer", "draw_counts", "CountsPlayer", "draw_loss"}
    assert without >= {"draw_probabilities", "SamplingDial", "ShannonGame", "draw_surface"}
    assert len(without) >= 40
