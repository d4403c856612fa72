"""Which texts of logs may be stored: keys and credentials are masked, and of `meta` only what is known to be harmless is kept."""
