"""Benchmarks. Each prints progress on stderr and one JSON line last, kept in `bench/results/NAME.json`."""
