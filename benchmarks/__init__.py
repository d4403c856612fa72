"""Benchmarks, mostly as ratios against a minimal script that is measured in the same run."""
