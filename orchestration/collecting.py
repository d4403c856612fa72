"""How seldom a process that ends soon looks for objects that only hold each other. Nothing here is about a server, which lives long."""

import atexit
import gc


def collect_seldom() -> None:
    """Look a hundred times less often than Python would, and not at the end.

    Dagster and dbt make a great many objects that stay; to look through them again and again, and once more at the end, is a good
    part of what a process that imports them takes.
    """
    gc.set_threshold(100_000, 50, 100)
    atexit.register(gc.freeze)
