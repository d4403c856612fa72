"""The page that customers, support and finance open, and its API. It reads the published snapshot and derives no number of its own.

What a number means is in `models/`; how it is shown is in `templates/` and `static/`.
"""
