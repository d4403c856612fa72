"""Ingestion turns landing files into the lake: canonical request logs, content assessments, quarantine, and an inventory of them."""
