"""Generates input for the landing area: recorded logs, and synthetic gateway logs based on measurements.

Everything here writes landing files and nothing else; the ingestion package reads them back.
"""
