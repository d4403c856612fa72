"""A deterministic simulator: a gateway's life played against the real code, day by day, beside a model in memory. Start it with `make dst`."""
