"""One way to solve each exercise.

Look after you have tried: the check tells you more than the solution does.
"""
