"""The gallery of `viz`: every picture and control, drawn by the example of its docstring."""
