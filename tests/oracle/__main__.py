"""The command behind `make oracle N=1000000`: decides N requests with the models and with the reference, and fails if any row differs."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from oracle.building import OracleHome
from oracle.challenge import make_challenge

REQUESTS_PER_BUILD = 10_000
"""The number of request ids in one build, under one policy.

Many requests share an id, so the number of verdicts grows with the square of this number.
"""


def main() -> int:
    """Run challenges until the given number of requests is decided. Print how many rows differed and how long it took."""
    arguments = argparse.ArgumentParser(prog="make oracle")
    arguments.add_argument("requests", type=int, help="how many requests to decide")
    arguments.add_argument("--seed", type=int, default=1, help="seed of the first policy and log; each build adds 1")
    options = arguments.parse_args()
    started, decided_count, differing_count, seed = time.monotonic(), 0, 0, options.seed
    with tempfile.TemporaryDirectory() as folder:
        home = OracleHome(Path(folder))
        while decided_count < options.requests:
            challenge = make_challenge(seed, min(REQUESTS_PER_BUILD, options.requests - decided_count))
            found = challenge.run_on(home)
            print(challenge.report(found), flush=True)
            decided_count, differing_count, seed = (
                decided_count + len(challenge.expected.requests),
                differing_count + len(found),
                seed + 1,
            )
    print(f"{decided_count:,} requests, {differing_count:,} rows differed, {time.monotonic() - started:.0f} s")
    return 1 if differing_count else 0


if __name__ == "__main__":
    # Whoever ends it by SIGTERM, such as a time limit, leaves no temporary folder behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    raise SystemExit(main())
