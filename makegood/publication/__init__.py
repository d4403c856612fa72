"""What readers see: the pointer to the last audited snapshot, and sessions that read there and nowhere else.

Knows nothing of Dagster, and derives no number.
"""
