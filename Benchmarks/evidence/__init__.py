"""Synthetic evidence for benchmarks and tests; Benchmarks/generate is the way in."""
