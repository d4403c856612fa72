"""Runs the real models on a generated log and policy, in a copy of the project with other seeds, and reads what they derived."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from dbt_here import PROJECT, failures
from derived_home import ASSESSMENT_COLUMNS, DELIVERY_COLUMNS, Home

from makegood.policy.validation import valid_policy
from oracle.merging import by_key, hour_of
from oracle.policies import write_seeds
from oracle.records import Key, Log, Policy, Row, Verdict
from oracle.reference import key_text, verdicts_by_key

NULL = "\\N"


class OracleHome(Home):
    """A home whose project is a copy, so that a generated policy can be its seeds."""

    def __init__(self, place: Path) -> None:
        super().__init__(place / "home", place / "target", place / "dbt_project")
        shutil.copytree(PROJECT, self.project, ignore=shutil.ignore_patterns("target", "logs"))
        (place / "models").symlink_to(PROJECT.parent / "models", target_is_directory=True)

    def derive(self, deliveries: list[Log], verdicts: list[Verdict], policy: Policy) -> None:
        """Rebuild the warehouse from scratch with every hour of every delivery, in one run.

        Raises:
            PolicyError: Makegood would refuse the policy.
        """
        seeds = self.project / "seeds"
        write_seeds(policy, seeds)
        valid_policy(seeds)
        self.empty()
        self.prepare([], {hour_of(log.requested_at) for log in deliveries})
        with duckdb.connect(self.warehouse / "run.duckdb") as con:
            _load(con, "request_logs", (_delivery_row(log) for log in deliveries), self.path / "deliveries.csv")
            hours = _hours_by_key(deliveries)
            assessed = verdicts_by_key(by_key(deliveries), verdicts)
            assessment_rows = (
                row
                for key in assessed
                for verdict in assessed[key]
                for row in _assessment_rows(verdict, key, hours[key])
            )
            _load(con, "content_assessments", assessment_rows, self.path / "verdicts.csv")
            con.execute(
                """update request_hours set landed_count = (
                    select count(*) from request_logs
                    where (request_logs.request_date, request_logs.request_hour)
                        = (request_hours.request_date, request_hours.request_hour)
                )"""
            )
        result = self.dbt("build", "--exclude-resource-type", "unit_test")
        assert result.success, failures(result)

    def rows(self, table: str) -> list[Row]:
        """Every row of a warehouse table, as a dict by column name."""
        with self.open() as con:
            cursor = con.execute(f"from {table}")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _values(record: Log | Verdict) -> dict[str, Any]:
    """The record's fields by name.

    Unlike dataclasses.asdict it does not copy the values, which would take most of the time for a large log.
    """
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _delivery_row(log: Log) -> list[Any]:
    row = _values(log) | {
        "request_date": log.requested_at.date(),
        "request_hour": log.requested_at.hour,
        "request_key": key_text(log.key),
        "needs_overlap": log.needs_overlap,
        "key_hash": _key_hash(log.key),
        "id_hash": 0,
    }
    return [row[column] for column in DELIVERY_COLUMNS]


def _hours_by_key(deliveries: Iterable[Log]) -> dict[Key, set[datetime]]:
    """The request hours in which each key was delivered."""
    hours: dict[Key, set[datetime]] = defaultdict(set)
    for log in deliveries:
        hours[log.key].add(hour_of(log.requested_at))
    return hours


def _assessment_rows(verdict: Verdict, key: Key, hours: Iterable[datetime]) -> Iterator[list[Any]]:
    """The rows that a run finds for a verdict: one for each hour in which its request was delivered."""
    for hour in sorted(hours):
        row = _values(verdict) | {
            "requested_at": None,
            "request_date": hour.date(),
            "request_hour": hour.hour,
            "request_key": key_text(key),
            "key_hash": _key_hash(key),
            "id_hash": 0,
        }
        yield [row[column] for column in ASSESSMENT_COLUMNS]


def _key_hash(key: Key) -> int:
    """A hash that is equal for equal keys and sometimes collides for different ones, as a 64-bit hash may."""
    digest = hashlib.sha256("|".join(key).encode()).digest()
    return digest[0] if digest[1] < 16 else int.from_bytes(digest[:8], "big")


def _load(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[list[Any]], file: Path) -> None:
    """Insert rows from a CSV file, which is much faster than query parameters."""
    with file.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows([NULL if value is None else value for value in row] for row in rows)
    names = [
        name for (name,) in con.execute("select column_name from (describe from query_table($1))", [table]).fetchall()
    ]
    con.execute(
        f"insert into {table} from read_csv($file, header = false, auto_detect = false, nullstr = $null, columns = $columns)",
        {"file": str(file), "null": NULL, "columns": dict.fromkeys(names, "varchar")},
    )
    file.unlink()
