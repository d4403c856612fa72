"""What a user would write with pandas instead: the marts of one landing hour from its canonical log files, without a lake, tests or history.

    python benchmarks/pandas_marts.py 2026-09-01T00 OUT FILE...

Money is held as whole numbers of 1e-12 USD, since pandas has no decimal type. The policy is read from the seeds of the dbt project. DuckDB
writes the Parquet files, because pandas cannot without a further package. Nothing here imports Makegood.
"""

import gzip
import json
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

SEEDS = Path(__file__).resolve().parents[1] / "dbt_project" / "seeds"
PICO = 10**12
"""Parts of a USD in which money is counted."""
RATE = 10**4
"""Payout rates have four decimal places."""
MOST_TOKENS = 2**31 - 1
TEXTS = (
    "gateway_call_id", "request_id", "account_id", "api_key_ref", "requested_at", "completed_at", "model", "provider", "cost_usd",
    "finish_reason", "status_code", "error_code",
)  # fmt: skip
NUMBERS = ("input_tokens", "output_tokens", "reasoning_tokens", "ttft_ms", "max_output_tokens")
FLAGS = ("streamed", "cancelled", "cache_hit")
REASONS = (
    "not_covered", "cancelled_by_caller", "caller_error", "not_billed", "within_normal_range", "cost_unknown", "zero_payout", "compensated",
)  # fmt: skip


def main() -> None:
    """Write the marts into a folder, and print their row counts and sums as JSON."""
    hour, target, files = pd.Timestamp(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]]
    requests = decided(measured(deliveries(files, hour)))
    marts = {
        "fct_requests": requests,
        "fct_compensations": (compensations := compensated(requests)),
        "fct_requests_hourly": hourly(requests),
        "mart_compensation_hourly": paid(compensations, ["hour_at", "compensation_type", "model"]),
        "mart_compensation_by_account_daily": paid(
            compensations.assign(request_date=compensations["hour_at"].dt.date),
            ["request_date", "account_id", "compensation_type", "model"],
        ),
    }
    write(marts, target)
    print(json.dumps(sums(marts)))


def deliveries(files: list[Path], hour: pd.Timestamp) -> pd.DataFrame:
    """The usable lines of the files, the last delivery of each request."""
    names = (*TEXTS, *NUMBERS, *FLAGS, "meta")
    frame = pd.DataFrame(list(rows(files, names)), columns=names)
    for name in ("requested_at", "completed_at"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)
    for name in NUMBERS:
        frame[name] = frame[name].astype("Int64")
    for name in FLAGS:
        frame[name] = frame[name].astype("boolean").fillna(False).astype(bool)
    frame = frame[frame["requested_at"].between("2020-01-01", hour + pd.Timedelta(minutes=65), inclusive="left")]
    frame["account_id"] = frame["account_id"].fillna("unknown")
    named = frame["request_id"].fillna(frame["gateway_call_id"])
    buyer = frame["account_id"].where(frame["account_id"] != "unknown", frame["api_key_ref"])
    return frame.assign(request_id=named, buyer=buyer).drop_duplicates(["buyer", "request_id"], keep="last")


def rows(files: list[Path], names: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    """The fields of each line that can be used."""
    for file in files:
        with gzip.open(file, "rb") as lines:
            for line in lines:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict) and is_usable(record):
                    if record.get("meta") is not None:
                        record["meta"] = json.dumps(record["meta"])
                    yield tuple(map(record.get, names))


def is_usable(record: dict[str, object]) -> bool:
    """Whether the record says what was asked of which model and when, in numbers that can be."""
    if not record.get("model") or not record.get("requested_at"):
        return False
    if record.get("request_id") is None and record.get("gateway_call_id") is None:
        return False
    counts = [record[name] for name in NUMBERS if record.get(name) is not None]
    return all(isinstance(count, int) and 0 <= count <= MOST_TOKENS for count in counts)


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """With what the decision looks at: times, status, cost, and whose fault an error was."""
    latency = (frame["completed_at"] - frame["requested_at"]) // pd.Timedelta(milliseconds=1)
    latency = pd.Series(latency, index=frame.index).astype("Int64")
    first = frame["ttft_ms"].where(frame["streamed"] & (frame["ttft_ms"] > 0) & (frame["ttft_ms"] < latency))
    generation = (latency - first).where(frame["streamed"], latency)
    status = pd.to_numeric(frame["status_code"], errors="coerce").astype("Int64")
    status = status.where(status.between(100, 599))
    has_left = frame["cancelled"] | (frame["finish_reason"] == "cancelled") | (status == 499).fillna(False)
    frame = frame.assign(
        hour_at=frame["requested_at"].dt.floor("h"),
        latency_ms=latency,
        ttft_ms=first,
        generation_ms=generation.where(generation > 0),
        has_left=has_left.astype(bool),
        is_error=((frame["finish_reason"] == "error") | (status >= 400).fillna(False)).astype(bool),
        cost=frame["cost_usd"].map(pico, na_action="ignore").astype("Int64"),
    )
    kinds = frame.loc[frame["is_error"], ["error_code"]].fillna("none")
    kinds["status"] = status[frame["is_error"]].astype("string").fillna("none")
    known = kinds.drop_duplicates()
    patterns = fault_patterns()
    faults = known.assign(fault=[fault(one.status, one.error_code, patterns) for one in known.itertuples()])
    return frame.assign(fault=kinds.reset_index().merge(faults).set_index("index")["fault"])


def pico(text: str) -> int:
    """An amount in USD as a whole number of 1e-12 USD."""
    return int(Decimal(text) * PICO)


def fault(status: str, code: str, patterns: list[tuple[re.Pattern[str], str]]) -> str:
    """Whose fault a failure was: the first of the rules that fits it says so."""
    failure = f"unsaid|{status}|{code.lower()}"
    return next((whose for pattern, whose in patterns if pattern.fullmatch(failure)), "undecided")


def fault_patterns() -> list[tuple[re.Pattern[str], str]]:
    """The rules on failures, in their order; a * stands for any text."""
    seed = pd.read_csv(SEEDS / "failure_faults.csv", dtype=str).astype({"rank": int}).sort_values("rank")
    texts = seed["error_origin"] + "|" + seed["status"] + "|" + seed["error_code"]
    patterns = [re.compile(re.escape(text).replace(r"\*", ".*")) for text in texts]
    return list(zip(patterns, seed["fault"], strict=True))


def signals(frame: pd.DataFrame) -> dict[str, tuple[pd.Series, pd.Series | int]]:
    """What is known of each request, as quotients of whole numbers. Verdicts and baselines are not in a log, and so are not here."""
    finish, shown = frame["finish_reason"], frame["output_tokens"] - frame["reasoning_tokens"].fillna(0)
    failed = ((frame["fault"] == "upstream") & ~frame["has_left"]).astype("Int64")
    empty = (shown == 0).astype("Int64")
    empty = empty.mask(finish.isin(["tool_calls", "content_filter"]), 0)
    cut = (frame["output_tokens"] < frame["max_output_tokens"]).astype("Int64").where(finish == "length", 0)
    return {
        "upstream_failed": (failed.mask(frame["fault"] == "undecided"), 1),
        "empty_completion": (empty.mask(frame["fault"].notna() & (frame["fault"] != "upstream")), 1),
        "truncated": (cut, 1),
        "throughput_tps": (frame["output_tokens"] * 1000, frame["generation_ms"]),
        "latency_ms": (frame["latency_ms"], 1),
    }


def decided(frame: pd.DataFrame) -> pd.DataFrame:
    """With the rule that pays most, what it pays, and the reason for every request."""
    seed = pd.read_csv(SEEDS / "compensation_rules.csv", dtype={"payout_rate": str, "payout_cap_usd": str})
    types = pd.read_csv(SEEDS / "compensation_types.csv").set_index("compensation_type")["precedence"]
    seed = seed.assign(precedence=seed["compensation_type"].map(types)).sort_values(["precedence", "rule_id"])
    known, cost = signals(frame), frame["cost"].fillna(0).astype("int64")
    best = pd.Series(-1, index=frame.index, dtype="int64")
    rule_id, kind = (pd.Series(pd.NA, index=frame.index, dtype="object") for _ in range(2))
    for rule in seed[seed["signal"].isin(known)].itertuples():
        payout = rule_payout(cost, str(rule.payout_rate), rule.payout_cap_usd)
        is_better = matches(frame, rule, known) & (payout > best)
        best = best.mask(is_better, payout)
        rule_id, kind = rule_id.mask(is_better, rule.rule_id), kind.mask(is_better, rule.compensation_type)
    has_rule = rule_id.notna()
    is_untold = frame["input_tokens"].isna() & frame["output_tokens"].isna()
    reason = np.select(
        [
            frame["has_left"], frame["fault"].isin(["caller", "gateway"]), (frame["cost"] == 0).fillna(False) | frame["cache_hit"],
            frame["cost"].isna() & (has_rule | is_untold), ~has_rule, best <= 0,
        ],
        ["cancelled_by_caller", "caller_error", "not_billed", "cost_unknown", "within_normal_range", "zero_payout"],
        "compensated",
    )  # fmt: skip
    is_paid = reason == "compensated"
    is_ruled = np.isin(reason, ["compensated", "cost_unknown", "zero_payout"])
    return frame.assign(
        reason_code=reason, rule_id=rule_id.where(is_ruled), compensation_type=kind.where(is_ruled), payout=best.where(is_paid, 0)
    )  # fmt: skip


def matches(frame: pd.DataFrame, rule: tuple, known: dict[str, tuple[pd.Series, pd.Series | int]]) -> pd.Series:
    """Whether each request is one that the rule is for and meets its threshold."""
    top, bottom = known[rule.signal]
    limit = bottom * float(rule.threshold)
    is_met = {">=": top >= limit, ">": top > limit, "<=": top <= limit, "<": top < limit, "=": top == limit}[
        rule.comparator
    ]
    if not pd.isna(rule.min_output_tokens):
        is_met &= frame["output_tokens"] >= rule.min_output_tokens
    if not pd.isna(rule.min_latency_ms):
        is_met &= frame["latency_ms"] >= rule.min_latency_ms
    return is_met.fillna(False).astype(bool)


def rule_payout(cost: pd.Series, rate: str, cap: object) -> pd.Series:
    """The rule's share of the cost, half-even, at most its cap."""
    whole = int(Decimal(rate) * RATE)
    assert cost.max() < 2**63 // max(whole, 1), "a cost is too large for 64 bits"
    exact = cost * whole
    floor, rest = exact // RATE, exact % RATE
    share = floor + ((rest > RATE // 2) | ((rest == RATE // 2) & (floor % 2 == 1))).astype("int64")
    return share if pd.isna(cap) else share.clip(upper=pico(str(cap)))


def compensated(requests: pd.DataFrame) -> pd.DataFrame:
    """The compensated requests."""
    paid_ones = requests[requests["reason_code"] == "compensated"]
    return paid_ones.assign(net_cost=paid_ones["cost"] - paid_ones["payout"])


def hourly(requests: pd.DataFrame) -> pd.DataFrame:
    """Counts, sums and percentiles of each hour and model."""
    flags = requests.assign(
        is_billed=(requests["cost"] > 0).fillna(False) & ~requests["cache_hit"],
        is_unpriced=requests["cost"].isna(),
        **{f"{reason}_count": requests["reason_code"] == reason for reason in REASONS},
    )
    groups = flags.groupby(["hour_at", "model"], sort=True)
    totals = groups.agg(
        request_count=("cost", "size"), billed_count=("is_billed", "sum"), error_count=("is_error", "sum"),
        unpriced_count=("is_unpriced", "sum"), input_tokens=("input_tokens", "sum"), output_tokens=("output_tokens", "sum"),
        cost=("cost", "sum"), **{f"{reason}_count": (f"{reason}_count", "sum") for reason in REASONS},
    )  # fmt: skip
    for measure in ("latency", "ttft"):
        for percent in (50, 95, 99):
            totals[f"{measure}_p{percent}_ms"] = groups[f"{measure}_ms"].agg(nearest_rank, percent)
    return totals.reset_index()


def nearest_rank(values: pd.Series, percent: int) -> object:
    """The lowest value that at least this share of the values does not exceed; none of no values."""
    present = np.sort(values.dropna().to_numpy(dtype="int64"))
    return present[-(-len(present) * percent // 100) - 1] if len(present) else pd.NA


def paid(compensations: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Number and sums of the compensations of each key."""
    groups = compensations.groupby(keys, sort=True)
    return groups.agg(
        compensation_count=("payout", "size"), payout=("payout", "sum"), cost=("cost", "sum"), net_cost=("net_cost", "sum")
    ).reset_index()  # fmt: skip


def write(marts: dict[str, pd.DataFrame], target: Path) -> None:
    """Write each mart to a Parquet file."""
    with duckdb.connect() as con:
        for name, mart in marts.items():
            con.register("mart", mart)
            con.execute(f"copy mart to '{target / name}.parquet'")
            con.unregister("mart")


def sums(marts: dict[str, pd.DataFrame]) -> dict[str, list[int]]:
    """Of each mart its number of rows and the sums of its figures; money in 1e-12 USD."""
    requests, made, hours = (marts[name] for name in ("fct_requests", "fct_compensations", "fct_requests_hourly"))
    percentiles = [f"{measure}_p{percent}_ms" for measure in ("latency", "ttft") for percent in (50, 95, 99)]
    counts = ["request_count", "billed_count", "error_count", "unpriced_count", "input_tokens", "output_tokens", "cost"]
    reasons = [f"{reason}_count" for reason in REASONS]
    asked: dict[str, tuple[pd.DataFrame, list[str]]] = {
        "fct_requests": (requests, ["input_tokens", "output_tokens", "latency_ms", "cost", "payout"]),
        "fct_compensations": (made, ["cost", "payout", "net_cost"]),
        "fct_requests_hourly": (hours, [*counts, *reasons, *percentiles]),
        **{
            name: (marts[name], ["compensation_count", "payout", "cost", "net_cost"])
            for name in ("mart_compensation_hourly", "mart_compensation_by_account_daily")
        },
    }
    return {name: [len(mart), *(int(mart[column].sum()) for column in columns)] for name, (mart, columns) in asked.items()}  # fmt: skip


if __name__ == "__main__":
    main()
