"""The long mode, `make oracle N=1000000`: so many requests judged by the models and by the reference; fails if any answer differs."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from oracle.building import OracleHome
from oracle.challenge import a_challenge

A_BUILD = 10_000
"""Request ids in one build, under one policy. Many requests share an id, so that verdicts on one grow with the square of it."""


def main() -> int:
    """Challenge the models until so many requests are judged; say how many rows differed, and how long it took."""
    arguments = argparse.ArgumentParser(prog="make oracle")
    arguments.add_argument("requests", type=int, help="how many requests to judge")
    arguments.add_argument("--seed", type=int, default=1, help="of the first policy and log; each build adds 1")
    given = arguments.parse_args()
    started, judged, differing, seed = time.monotonic(), 0, 0, given.seed
    with tempfile.TemporaryDirectory() as place:
        home = OracleHome(Path(place))
        while judged < given.requests:
            challenge = a_challenge(seed, min(A_BUILD, given.requests - judged))
            found = challenge.put_to(home)
            print(challenge.report(found), flush=True)
            judged, differing, seed = judged + len(challenge.expected.requests), differing + len(found), seed + 1
    print(f"{judged:,} requests, {differing:,} rows differed, {time.monotonic() - started:.0f} s")
    return 1 if differing else 0


if __name__ == "__main__":
    # Whoever ends it by SIGTERM, such as a time limit, leaves no temporary folder behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    raise SystemExit(main())
