"""What readers see: the pointer to the last audited snapshot, sessions that read there and nowhere else, and the warehouse's upkeep."""
