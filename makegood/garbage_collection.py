"""Garbage collection settings for short-lived processes (commands and runs). A long-lived server must not use them."""

import atexit
import gc


def collect_seldom() -> None:
    """Make cyclic garbage collection rare, and skip the collection at interpreter exit. Calling this again has no further effect.

    Importing Dagster and dbt creates a great many objects that live until the process ends. Scanning them for cyclic references again and
    again, and once more at exit, takes a good part of the run time of such a process.
    """
    gc.set_threshold(100_000, 50, 100)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
