"""How seldom a process that ends with its work looks for objects that only hold each other. A server, which lives long, is none."""

import atexit
import gc


def collect_seldom() -> None:
    """Look far less often than Python would, and not at the end; once more is no different.

    Dagster and dbt make a great many objects that stay; to look through them again and again, and once more at the end, is a good
    part of what a process that imports them takes.
    """
    gc.set_threshold(100_000, 50, 100)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
