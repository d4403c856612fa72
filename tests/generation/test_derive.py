"""Deriving the samples: it keeps order and precision, leaves out failed calls, and gives the same bytes each time."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from makegood.generation.samples import SAMPLES


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A few records of each upstream data set, in its own format."""
    trace = [
        "TIMESTAMP,ContextTokens,GeneratedTokens",
        "2023-11-16 18:17:05.0000010,7,8",
        "2023-11-16 18:17:03.9799600,4808,10",
    ]
    (tmp_path / "trace.csv.gz").write_bytes(gzip.compress("\r\n".join(trace).encode()))
    calls = [
        {"error_code": None, "ttft_s": 0.5, "inter_token_latency_s": 0.0162},
        {"error_code": -100, "ttft_s": 0.6, "inter_token_latency_s": 5.0},
    ]
    (tmp_path / "llmperf").mkdir()
    (tmp_path / "llmperf/host_70b.json.gz").write_bytes(gzip.compress(json.dumps(calls).encode()))
    keys = [line.split(",")[0] for line in (SAMPLES / "prices/model_prices.csv").read_text().splitlines()[1:]]
    prices = {key: {"input_cost_per_token": 1.25e-05, "output_cost_per_token": 3e-06} for key in keys}
    (tmp_path / "prices.json.gz").write_bytes(gzip.compress(json.dumps(prices | {"unused": {}}).encode()))
    return tmp_path


def derive(upstream: Path, out: Path) -> dict[str, bytes]:
    inputs = {"azure": "trace.csv.gz", "llmperf": "llmperf", "prices": "prices.json.gz"}
    named = [argument for name, path in inputs.items() for argument in (f"--{name}", str(upstream / path))]
    subprocess.run([sys.executable, str(SAMPLES / "derive.py"), *named, "--out", str(out)], check=True)
    return {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_samples_are_reduced_without_losing_order_or_precision(upstream: Path) -> None:
    derived = derive(upstream, upstream / "out")
    assert gzip.decompress(derived["arrivals.csv.gz"]).decode().splitlines() == [
        "arrived_us,input_tokens,output_tokens",
        "0,4808,10",
        "1020041,7,8",
    ]
    assert gzip.decompress(derived["latencies.csv.gz"]).decode().splitlines() == [
        "profile,ttft_ms,inter_token_us",
        "host_70b,500,16200",
    ]
    prices = derived["model_prices.csv"].decode().splitlines()
    assert "gpt-4o,0.0000125,0.000003,," in prices
    assert not any(line.startswith("unused") for line in prices)


def test_deriving_again_gives_the_same_bytes(upstream: Path) -> None:
    assert derive(upstream, upstream / "once") == derive(upstream, upstream / "again")
