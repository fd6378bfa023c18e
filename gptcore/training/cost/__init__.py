"""The cost of a run, by formula: parameters, FLOPs, memory, time, loss."""
