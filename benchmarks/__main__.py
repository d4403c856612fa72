"""`make bench`: runs the benchmarks of ingestion, hourly run, history and settlement one after another."""

import sys

from benchmarks import history, hourly, ingest, settlement

if __name__ == "__main__":
    sys.exit(max(benchmark.main() for benchmark in (ingest, hourly, history, settlement)))
