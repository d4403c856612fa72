"""The audits: what must look right before anybody sees a number, measured inside DuckDB.

Judgement lives here (volumes, shares, drift, absurd values). Exact truths (keys, references, sums, the two
equations) are dbt tests and are not repeated; when an audit runs is orchestration's affair.
"""
