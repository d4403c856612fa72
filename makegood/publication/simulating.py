"""Compares what another policy would have paid with what was paid, over the published snapshot. It runs the models' own SQL, read-only."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from makegood.errors import MakegoodError
from makegood.hours import HourRange
from makegood.policy.seeds import Policy
from makegood.publication.publications import Publication
from makegood.publication.reading import reading
from makegood.storage.connections import sql_text
from makegood.storage.queries import named_rows, only_row, sql_beside

MODELS = ("int_request_signals", "int_rule_matches", "fct_requests")
"""The models that make decisions, in order; of each the SQL as compiled by dbt is run."""
CANDIDATES = ("compensation_rules", "compensation_types")
"""The seeds that replace the published ones. Types are included, because a candidate rule may have a type that is not published yet."""
MEASURES = (
    "coalesce(sum(paid_count), 0)::bigint as paid_count",
    "coalesce(sum(paid_usd), 0)::decimal(38, 12) as paid_usd",
    "coalesce(sum(candidate_count), 0)::bigint as candidate_count",
    "coalesce(sum(candidate_usd), 0)::decimal(38, 12) as candidate_usd",
    "coalesce(sum(candidate_usd - paid_usd), 0)::decimal(38, 12) as difference_usd",
    "coalesce(sum(winner_count), 0)::bigint as winner_count",
    "coalesce(sum(loser_count), 0)::bigint as loser_count",
)
"""Requests and USD as paid and under the candidate, and the numbers of requests that would get more or less."""
DIMENSIONS = ("compensation_type", "model", "request_date", "account_id")

Sums = dict[str, Any]


@dataclass(frozen=True)
class Simulation:
    """A candidate policy compared with what was paid.

    Attributes:
        publication: the publication that it was compared with.
        request_count: how many requests were decided again.
        total: the measures over all of them; counts are of requests, amounts are USD.
        by: for each of DIMENSIONS its values with the measures, the largest difference first.
    """

    publication: Publication
    request_count: int
    total: Sums
    by: dict[str, list[Sums]]


def simulate(
    warehouse: Path, policy: Policy, hours: HourRange, sql: Mapping[str, str], out: Path | None = None
) -> Simulation:
    """Decide the published requests of these request hours again under other rules.

    Args:
        warehouse: the home's warehouse, which is only read.
        policy: a valid policy, of which only CANDIDATES are used.
        hours: request hours.
        sql: the compiled SQL of each of MODELS.
        out: where to write the measures by day, account, model and type, as Parquet.

    Raises:
        MakegoodError: nothing is published, or nothing in these hours, or `out` cannot be written.
    """
    with (
        TemporaryDirectory(prefix="makegood-simulation-") as folder,
        reading(warehouse, writable=Path(folder)) as (
            con,
            publication,
        ),
    ):
        for seed in CANDIDATES:
            _load(con, policy, seed)
        con.execute("use memory")
        con.execute(sql_beside(__file__, "outcomes"))
        decided = sum(_decide(con, day, hours, sql) for day in _days(hours))
        if not decided:
            raise MakegoodError(f"no published request was asked from {hours}")
        if out is not None:
            _write(con, Path(folder) / "outcomes.parquet", out)
        measures, by = ", ".join(MEASURES), sql_beside(__file__, "sums_by")
        return Simulation(
            publication=publication,
            request_count=decided,
            total=named_rows(con.execute(f"select {measures} from outcomes"))[0],
            by={name: named_rows(con.execute(by.format(dimension=name, measures=measures))) for name in DIMENSIONS},
        )


def _load(con: duckdb.DuckDBPyConnection, policy: Policy, seed: str) -> None:
    con.execute(f"create table memory.main.{seed} as select * from makegood.main.{seed} limit 0")
    places = ", ".join("?" for _ in policy[seed][0].values)
    con.executemany(
        f"insert into memory.main.{seed} values ({places})", [list(row.values.values()) for row in policy[seed]]
    )


def _of_candidate(sql: str) -> str:
    """A model's SQL, changed to read the candidate's seeds."""
    for seed in CANDIDATES:
        sql = sql.replace(f'"makegood"."main"."{seed}"', f"memory.main.{seed}")
    return sql


def _days(hours: HourRange) -> list[date]:
    first, last = hours.start.date(), (hours.end - timedelta(microseconds=1)).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _decide(con: duckdb.DuckDBPyConnection, day: date, hours: HourRange, sql: Mapping[str, str]) -> int:
    """Decide a day's requests and add their outcomes. Returns how many there are. The facts serve as the input of the models."""
    condition = f"request_date = date '{day}' and requested_at >= timestamp '{hours.start}' and requested_at < timestamp '{hours.end}'"
    con.execute(
        f"create or replace view int_request_observations as select * from makegood.main.fct_requests where {condition}"
    )
    signals, matches, decided = (_of_candidate(sql[name]) for name in MODELS)
    con.execute(f"create or replace view int_request_signals as {signals}")
    con.execute(f"create or replace table int_rule_matches as {matches}")
    con.execute(
        sql_beside(__file__, "compared_outcomes").format(decided=decided),
        {"day": day, "start": hours.start, "end": hours.end},
    )
    (request_count,) = only_row(con.execute("select count(*) from int_request_observations"))
    return int(request_count)


def _write(con: duckdb.DuckDBPyConnection, written: Path, out: Path) -> None:
    """Write the outcomes to the directory that the session may write to, and move them to `out`."""
    con.execute(
        f"copy (select *, candidate_usd - paid_usd as difference_usd from outcomes order by all) to '{sql_text(written)}' (format parquet)"
    )
    try:
        shutil.move(written, out)
    except OSError as error:
        raise MakegoodError(f"cannot write {out}: {error.strerror}") from error
