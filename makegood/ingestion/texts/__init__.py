"""What of the texts in logs may be kept: keys and credentials are masked, and of `meta` only what is known to be harmless stays."""
