"""Several runs beside each other: logs, comparisons, scaling laws."""
