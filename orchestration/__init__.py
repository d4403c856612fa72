"""When things run: Dagster's assets, checks, jobs and schedules, and the command line above them. What they call is in makegood/."""
