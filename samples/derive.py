"""Cuts the published data sets down to what generation reads; nothing at run time calls it.

    python samples/derive.py --azure TRACE.csv.gz --llmperf DIR --prices PRICES.json.gz --out samples

The first three name upstream files or folders (README.md beside this file says which); the results are written
below the last, the same bytes for the same given.
"""

import argparse
import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

PRICE_FIELDS = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
PRICED = (
    "amazon.nova-pro-v1:0",
    "anthropic.claude-3-5-haiku-20241022-v1:0",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "anthropic.claude-3-opus-20240229-v1:0",
    "anthropic.claude-sonnet-4-20250514-v1:0",
    "command-r-plus-08-2024",
    "deepseek/deepseek-chat",
    "deepseek/deepseek-reasoner",
    "fireworks_ai/accounts/fireworks/models/llama-v3p1-405b-instruct",
    "gemini/gemini-2.5-flash",
    "gemini/gemini-2.5-pro",
    "gpt-3.5-turbo",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4o",
    "gpt-4o-mini",
    "groq/openai/gpt-oss-120b",
    "mistral/codestral-latest",
    "mistral/mistral-large-latest",
    "mistral/mistral-small-latest",
    "o3-mini",
    "perplexity/sonar",
    "replicate/meta/llama-2-70b-chat",
    "text-embedding-3-small",
    "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "together_ai/meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
    "vercel_ai_gateway/xai/grok-3",
)


def arrivals(trace: Path) -> Iterable[Sequence[object]]:
    """Yield (arrived_us since the first arrival, input_tokens, output_tokens), in order of arrival."""
    with gzip.open(trace, "rt", encoding="utf-8", newline="") as text:
        rows = [
            (datetime.fromisoformat(row["TIMESTAMP"][:26]), row["ContextTokens"], row["GeneratedTokens"])
            for row in csv.DictReader(text)
        ]
    first = min(at for at, _, _ in rows)
    for at, context, generated in sorted(rows):
        elapsed = at - first
        yield elapsed.seconds * 1_000_000 + elapsed.microseconds, context, generated


def latencies(folder: Path) -> Iterable[Sequence[object]]:
    """Yield (profile, ttft_ms, inter_token_us) of each call that succeeded."""
    for path in sorted(folder.glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as text:
            for call in json.load(text):
                if call["error_code"] is None:
                    yield (
                        path.name.removesuffix(".json.gz"),
                        round(call["ttft_s"] * 1_000),
                        round(call["inter_token_latency_s"] * 1_000_000),
                    )


def prices(listing: Path) -> Iterable[Sequence[object]]:
    """Yield (price_key, USD per input, output and cached input token, max_output_tokens), in decimals."""
    with gzip.open(listing, "rt", encoding="utf-8") as text:
        listed = json.load(text, parse_float=Decimal)
    for key in PRICED:
        entry = listed[key]
        usd = ["" if entry.get(field) is None else f"{entry[field].normalize():f}" for field in PRICE_FIELDS]
        yield key, *usd, entry.get("max_output_tokens", "")


def write(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    """Write rows as CSV under `header`, gzipped without a timestamp where the name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header.split(","), *rows])
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def main() -> None:
    """Derive the files from the inputs named on the command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("--azure", "--llmperf", "--prices", "--out"):
        arguments.add_argument(name, type=Path, required=True)
    given = arguments.parse_args()
    write(given.out / "azure/arrivals.csv.gz", "arrived_us,input_tokens,output_tokens", arrivals(given.azure))
    write(given.out / "llmperf/latencies.csv.gz", "profile,ttft_ms,inter_token_us", latencies(given.llmperf))
    write(
        given.out / "prices/model_prices.csv",
        "price_key,input_usd,output_usd,cached_input_usd,max_output_tokens",
        prices(given.prices),
    )


if __name__ == "__main__":
    main()
