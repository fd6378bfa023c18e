"""What a run will cost, by formula: parameters, operations, memory, time, loss."""
