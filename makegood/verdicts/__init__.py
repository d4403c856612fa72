"""Content assessments find their requests: each verdict moves to the hour of the request that it judges."""
