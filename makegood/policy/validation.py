"""All checks of the policy before a run may use it. Each check yields its problems, with file, line and reason."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from makegood.policy.seeds import SEEDS, Policy, PolicyError, Problem, Row, read
from makegood.policy.signals import (
    assessed_signals,
    operations,
    signals,
    timed_signals,
    unpurchased_operations,
    untimed_operations,
)

COMPARATORS = (">=", ">", "<=", "<", "=")
SCOPES = ("account_day", "account_month")
ORIGINS = ("*", "unsaid", "upstream", "gateway", "caller")
FAULTS = ("upstream", "gateway", "caller", "undecided")
STATUS = re.compile(r"\*|none|word|[1-5]([0-9]{2}|[0-9]?\*)", re.ASCII)
SUBJECTS = {
    "account_coverage": ("account_id",),
    "model_prices": ("model",),
    "compensation_caps": ("scope",),
    "detectors": ("detector", "signal"),
    "failure_faults": ("rank",),
}
"""Seeds in which a subject may have only one row at any time, and the columns that identify the subject."""
NOT_NEGATIVE = {
    "compensation_rules": ("payout_cap_usd", "min_output_tokens", "min_latency_ms"),
    "compensation_caps": ("cap_usd",),
    "model_prices": (
        "input_price_usd",
        "output_price_usd",
        "cached_price_usd",
        "cache_write_price_usd",
        "cache_write_1h_price_usd",
    ),
}
FOREVER = datetime(9999, 12, 31)  # noqa: DTZ001 - naive UTC throughout


def valid_policy(seeds: Path = SEEDS, rules: Path | None = None) -> Policy:
    """Read and validate the policy of these seeds.

    Args:
        seeds: the directory of the seeds.
        rules: a file to validate instead of compensation_rules.csv.

    Raises:
        PolicyError: the policy is invalid; lists every problem with file, line and reason.
    """
    policy = read(seeds, rules)
    problems = [problem for check in CHECKS for problem in check(policy)]
    if problems:
        raise PolicyError(problems)
    return policy


def _amounts(policy: Policy) -> Iterator[Problem]:
    for seed, columns in NOT_NEGATIVE.items():
        for row in policy[seed]:
            for column in columns:
                if row[column] is not None and row[column] < 0:
                    yield row.fault(f"{column} is {row[column]}, which is below 0")
    for row in policy["compensation_rules"]:
        if not 0 <= row["payout_rate"] <= 1:
            yield row.fault(f"payout_rate is {row['payout_rate']}: a rate lies between 0 and 1")


def _words(policy: Policy) -> Iterator[Problem]:
    known = signals()
    for row in policy["compensation_rules"]:
        if row["signal"] not in known:
            yield row.fault(f"there is no signal {row['signal']!r}; there are: {', '.join(known)}")
        if row["comparator"] not in COMPARATORS:
            yield row.fault(f"there is no comparator {row['comparator']!r}; there are: {' '.join(COMPARATORS)}")
    for row in policy["detectors"]:
        if row["signal"] not in assessed_signals():
            yield row.fault(
                f"detectors cannot provide the signal {row['signal']!r}, only: {', '.join(assessed_signals())}"
            )
        if row["rank"] < 1:
            yield row.fault(f"rank is {row['rank']}: the first is 1")
    for row in policy["compensation_caps"]:
        if row["scope"] not in SCOPES:
            yield row.fault(f"there is no scope {row['scope']!r}; there are: {', '.join(SCOPES)}")


def _operations(policy: Policy) -> Iterator[Problem]:
    """A rule applies either to all purchases, or to operations that exist, can be purchased, and are listed once."""
    known, unpurchased = operations(), unpurchased_operations()
    for row in policy["compensation_rules"]:
        named = row["operations"].split("|")
        if named == ["*"]:
            continue
        for name in dict.fromkeys(named):
            if name not in known:
                yield row.fault(
                    f"there is no operation {name!r} (in operations, {row['operations']!r}); there are: {', '.join(known)},"
                    " joined by |, or * for every purchase"
                )
            elif name in unpurchased:
                yield row.fault(f"a rule cannot apply to {name}, which nobody purchases")
            elif name == "other" and row["signal"] in assessed_signals():
                yield row.fault(
                    f"{row['signal']} cannot be for other: it is unknown what counts as an answer there, so nothing is paid for it"
                )
            elif name in untimed_operations() and row["signal"] in timed_signals():
                yield row.fault(
                    f"{row['signal']} cannot be for {name}, which has no meaningful latency: the caller decides how long it runs"
                )
            elif named.count(name) > 1:
                yield row.fault(f"operations names {name} twice")


def _faults(policy: Policy) -> Iterator[Problem]:
    for row in policy["failure_faults"]:
        if row["error_origin"] not in ORIGINS:
            yield row.fault(f"there is no origin {row['error_origin']!r}; there are: {', '.join(ORIGINS)}")
        if row["fault"] not in FAULTS:
            yield row.fault(f"there is no fault {row['fault']!r}; there are: {', '.join(FAULTS)}")
        if not STATUS.fullmatch(row["status"]):
            yield row.fault(
                f"status is {row['status']!r}: write an HTTP status such as 503, the beginning of one such as 5*, none, word, or *"
            )
        if row["error_code"] != row["error_code"].lower():
            yield row.fault(
                f"error_code is {row['error_code']!r}: write it in lower case, because codes are compared in lower case"
            )
        if "|" in row["error_code"]:
            yield row.fault(
                f"error_code is {row['error_code']!r}: it must not contain |, which is replaced by a space before comparison"
            )


def _types(policy: Policy) -> Iterator[Problem]:
    types, rules = policy["compensation_types"], policy["compensation_rules"]
    yield from _once(types, ("compensation_type",))
    yield from _once(types, ("precedence",))
    known, used = {row["compensation_type"] for row in types}, {row["compensation_type"] for row in rules}
    for row in rules:
        if row["compensation_type"] not in known:
            yield row.fault(f"the type {row['compensation_type']!r} is not in compensation_types.csv")
    for row in types:
        if row["compensation_type"] not in used:
            yield row.fault(f"no rule pays the type {row['compensation_type']!r}")


def _rule_ids(policy: Policy) -> Iterator[Problem]:
    yield from _once(policy["compensation_rules"], ("policy_version", "rule_id"))
    for row in policy["compensation_rules"]:
        if "," in row["rule_id"]:
            yield row.fault(f"rule_id is {row['rule_id']!r}: a comma separates the rules that matched")


def _once(rows: list[Row], columns: tuple[str, ...]) -> Iterator[Problem]:
    """The combination of these columns must be unique within a seed."""
    first: dict[tuple[object, ...], Row] = {}
    for row in rows:
        name = tuple(row[column] for column in columns)
        earlier = first.setdefault(name, row)
        if earlier is not row:
            yield row.fault(f"{_named(row, columns)} is already on line {earlier.line}")


def _intervals(policy: Policy) -> Iterator[Problem]:
    for row in (row for rows in policy.values() for row in rows if "effective_from" in row.values):
        if _end(row) <= row["effective_from"]:
            yield row.fault(
                f"it ends at {row['effective_to']}, which is not after its beginning {row['effective_from']}"
            )
    for seed, columns in SUBJECTS.items():
        things: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in policy[seed]:
            things[tuple(row[column] for column in columns)].append(row)
        for rows in things.values():
            rows.sort(key=_start)
            for earlier, later in itertools.pairwise(rows):
                if later["effective_from"] < _end(earlier):
                    yield later.fault(f"{_named(later, columns)} is in force on line {earlier.line} at the same time")


def _versions(policy: Policy) -> Iterator[Problem]:
    """Policy versions must follow each other without overlap or gap, and the last one must be open-ended."""
    rules = sorted(policy["compensation_rules"], key=_start)
    if not rules:
        yield Problem("compensation_rules.csv", 0, "it contains no rule")
        return
    latest = rules[0]
    for rule in rules[1:]:
        if rule["effective_from"] > _end(latest):
            yield rule.fault(
                f"no rule is in force from {latest['effective_to']} to its beginning {rule['effective_from']}"
            )
        latest = max(latest, rule, key=_end)
    if latest["effective_to"] is not None:
        yield latest.fault(
            f"no rule is in force from {latest['effective_to']} on: leave effective_to of the last policy empty"
        )
    extents: dict[str, tuple[Row, Row]] = {}
    for rule in rules:
        first, last = extents.get(rule["policy_version"], (rule, rule))
        extents[rule["policy_version"]] = (first, max(last, rule, key=_end))
    ordered = sorted(extents.values(), key=lambda extent: _start(extent[0]))
    for (_, last), (first, _) in itertools.pairwise(ordered):
        if first["effective_from"] < _end(last):
            yield first.fault(
                f"policy version {first['policy_version']!r} begins while version {last['policy_version']!r} is in force on line {last.line}"
            )


def _start(row: Row) -> datetime:
    start: datetime = row["effective_from"]
    return start


def _end(row: Row) -> datetime:
    end: datetime | None = row["effective_to"]
    return end or FOREVER


def _named(row: Row, columns: tuple[str, ...]) -> str:
    return " and ".join(f"{column} {row[column]!s}" for column in columns)


CHECKS = (_amounts, _words, _operations, _faults, _types, _rule_ids, _intervals, _versions)
