"""The audits: plausibility checks that run inside DuckDB before a snapshot is published.

They check volumes, shares, drift and implausible values. Exact checks (keys, references, sums, the record and
delivery counts) are dbt tests and are not repeated here. The package orchestration decides when an audit runs.
"""
