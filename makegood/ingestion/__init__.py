"""Landing files become the lake: canonical request logs, quarantine, and the inventory of both.

Knows nothing of Dagster, dbt or what a request is owed.
"""
