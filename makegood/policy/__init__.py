"""The policy's seeds as files: reading, validation, and one digest of the policy per hour.

The dbt models implement the rules; the assets in orchestration decide when the seeds are read.
"""
