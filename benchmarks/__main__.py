"""`make bench`: every benchmark in turn. What each measures is in its own module."""

import sys

from benchmarks import history, hourly, ingest, settlement

if __name__ == "__main__":
    sys.exit(max(benchmark.main() for benchmark in (ingest, hourly, history, settlement)))
