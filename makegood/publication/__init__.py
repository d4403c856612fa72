"""Publication: which audited snapshot readers see, sessions that can read only that snapshot, and the warehouse's upkeep."""
