"""Benchmarks, and the pure-Python clients they compare with."""
