"""The page for customers, support and finance, and its API.

It reads the published snapshot and decides nothing itself. What the numbers mean is described in `models/`; the front end is in
`templates/` and `static/`.
"""
