"""Makegood: when things run, and the libraries that land, publish and present. What the numbers mean is in models/."""
