"""Dagster's assets, checks, jobs and schedules, and the command line. The work itself is done by the library in makegood/."""
