"""Compares the warehouse with the reference, and describes each difference in enough detail to see which side is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from oracle.building import OracleHome
from oracle.deciding import applicable
from oracle.records import Log, Policy, Row, Verdict
from oracle.reference import Answer, hourly, key_text

REQUEST = ("request_key", "requested_at")
GROUP = ("request_date", "request_hour", "model")
HOUR = ("request_date", "request_hour")


@dataclass(frozen=True)
class Difference:
    """A row that differs between the reference and the models. A side that lacks the row is None."""

    table: str
    expected: Row | None
    found: Row | None

    @property
    def columns(self) -> list[str]:
        """The columns whose values differ, or that only one side has."""
        expected, found = self.expected or {}, self.found or {}
        return [
            name
            for name in {**expected, **found}
            if name not in expected or name not in found or expected[name] != found[name]
        ]


def differences(answer: Answer, home: OracleHome) -> list[Difference]:
    """Every row of the facts in which some value differs from the reference."""
    hours = [
        {"request_date": hour.date(), "request_hour": hour.hour, "hour_at": hour} | counts
        for hour, counts in answer.hours.items()
    ]
    return [
        *_table_differences("fct_requests", REQUEST, answer.requests, home),
        *_table_differences("fct_compensations", REQUEST, answer.compensations, home),
        *_table_differences("fct_content_assessments", (*REQUEST, "detector"), answer.assessments, home),
        *_table_differences("fct_requests_hourly", GROUP, hourly(answer.requests).values(), home),
        *_table_differences("fct_request_hours", HOUR, hours, home),
    ]


def _table_differences(table: str, key: tuple[str, ...], rows: Iterable[Row], home: OracleHome) -> Iterator[Difference]:
    expected, found = _rows_by_key(key, rows), _rows_by_key(key, map(_without_digests, home.rows(table)))
    for name in expected.keys() | found.keys():
        if expected.get(name) != found.get(name):
            yield Difference(table, expected.get(name), found.get(name))


def _without_digests(row: Row) -> Row:
    """A row without the digests of its inputs, which the reference does not compute."""
    return {column: value for column, value in row.items() if not column.endswith("_digest")}


def _rows_by_key(key: tuple[str, ...], rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    keyed: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        name = tuple(row[column] for column in key)
        assert name not in keyed, f"two rows have the same key: {name}"
        keyed[name] = row
    return keyed


def describe(difference: Difference, deliveries: Iterable[Log], verdicts: Iterable[Verdict], policy: Policy) -> str:
    """Both values side by side and, for a request, its deliveries, its verdicts and the policy rows that apply."""
    row = difference.expected or difference.found or {}
    lines = [f"{difference.table}: " + ", ".join(f"{name}={row[name]}" for name in REQUEST if name in row)]
    for column in difference.columns:
        expected = "no row" if difference.expected is None else repr(difference.expected.get(column))
        found = "no row" if difference.found is None else repr(difference.found.get(column))
        lines.append(f"  {column}: the reference says {expected}, the models say {found}")
    if "request_id" in row:
        delivered = [log for log in deliveries if key_text(log.key) == row["request_key"]]
        lines += [f"  delivered: {log}" for log in delivered]
        lines += [f"  verdict: {verdict}" for verdict in verdicts if any(map(verdict.applies_to, delivered))]
        operation = row.get("operation", "chat")
        rules = applicable(policy.rules, operation, row["model"], row["requested_at"])
        lines += [f"  in force: {rule}" for rule in rules]
        lines += [f"  coverage: {cover}" for cover in policy.coverage if cover.account_id == row["account_id"]]
        lines += [f"  fault: {fault}" for fault in policy.faults if fault.holds(row["requested_at"])]
        lines += [f"  price: {price}" for price in policy.prices if price.model == row["model"]]
    return "\n".join(lines)
