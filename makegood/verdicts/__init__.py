"""Content assessments are matched to their requests: each verdict is moved to the hour of the request that it judges."""
