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
