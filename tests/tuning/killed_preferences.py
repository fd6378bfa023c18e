"""A run of preferences in a process of its own, which a test kills."""

import sys

from small_preferences import new_model, run

if __name__ == "__main__":
    for step in run(new_model(), max_steps=int(sys.argv[2]), out_dir=sys.argv[1]):
        print(step.step, flush=True)
