"""Choose a reward and a KL weight, and see the run that was recorded with them.

The reward climbs in every run; whether the answers become right depends on both.
"""
