"""The colours of every picture: told apart by the colour-blind, readable in a light and in a dark
page.

A picture brings its own opaque paper, because a front end cannot recolour it.
Source: Okabe and Ito 2008, "Color Universal Design", for the categories.
"""

PAPER = "#fcfbf8"
WHITE = "#ffffff"
GREEN_PAPER = "#e8f3ee"
INK = "#20242c"
MUTED = "#5d6470"  # 5.7 to 1 on PAPER: still read by weak eyes
LINE = "#c3c8d0"
FAINT = "#e9e9e6"

BLUE = "#0072b2"
ORANGE = "#bb4f00"
GREEN = "#00795c"
PURPLE = "#a3527f"
SLATE = "#454c57"
GOLD = "#8a6400"

CATEGORIES = (BLUE, ORANGE, GREEN, PURPLE, GOLD, SLATE)  # in this order; a seventh begins anew

# Light papers with dark ink on each, for text that belongs to one of several things.
TINTS = ("#e3e3df", "#cfe6f5", "#ffe0c2", "#cdeede", "#f3d9e8", "#f6ebb5", "#ded8f5", "#d9eec2")

SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
