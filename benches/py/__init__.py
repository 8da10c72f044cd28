"""The Python side of the benchmarks: two honest rivals, the frames, the harness, the report."""
