"""Turns the lines of a group into the temporary tables `landed_rows`, `quarantined` and `findings` of a session, by its adapter's SQL.

A line with a value that the engine cannot cope with is found and marked, so that all others land.
"""

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from makegood.errors import MakegoodError
from makegood.hours import FIRST_HOUR
from makegood.ingestion import lines, redacting
from makegood.ingestion.groups import Group
from makegood.ingestion.records import Chunk
from makegood.ingestion.texts.keeping import Rules

HERE = Path(__file__).parent
MOST_TOKENS = 100_000_000
"""More, in any count of one request, is a broken counter: no context is near it. Tokens times a price, and their sums, stay in their types."""
LONGEST_MS = 30 * 24 * 60 * 60 * 1000
"""30 days: a call that takes longer is a broken clock. Sums of milliseconds stay far within 64 bits."""
LARGEST_COST_USD = 10**6
"""One request never costs this much; DECIMAL(18,12) ends here."""
IGNORED = ("blank_line", "not_a_request")
DATA_ERRORS = (
    duckdb.DataError,
    duckdb.InvalidInputException,
    duckdb.NotSupportedError,
    RecursionError,
    ValueError,
    OverflowError,
)
"""What comes of a value that a reading cannot cope with. None is to let it come so far; where one does, it costs that line."""
MOST_TRIES = 2_000
"""How often parts of a group are tried to find the lines that the engine cannot cope with; what is left then is set aside whole."""


def transform(session: duckdb.DuckDBPyConnection, land_sql: str, group: Group, rules: Rules) -> None:
    """Make `landed_rows`, `quarantined` and, where answers are judged, `findings`, beside the `lines` that they come from.

    Raises:
        MakegoodError: the adapter is no valid SQL.
        DATA_ERRORS: a line holds what a reading cannot cope with.
    """
    session.register("files", _files(group))
    session.register("lines", lines.rows(group.chunks))
    session.execute((HERE / "shapes.sql").read_text())
    session.execute((HERE / "records.sql").read_text())
    try:
        session.execute(land_sql)
    except DATA_ERRORS:
        raise
    except duckdb.Error as error:
        reason = redacting.reason_of(error)
        first = group.members[0].file
        raise MakegoodError(f"the adapter {group.source.adapter.name} failed on {first.name}: {reason}") from error
    if group.source.holds_assessments:
        redacting.redact_verdicts(session)
    else:
        redacting.redact_logs(session, rules)
    if session.execute(f"select 1 from landed_rows where {is_quarantined()} limit 1").fetchone():
        session.register("quarantined_lines", redacting.quarantined(session, ignored(), rules))
        session.execute((HERE / "quarantine.sql").read_text().replace("{ignored}", ignored()))
        session.unregister("quarantined_lines")
    if group.source.responses:
        session.execute((HERE / "detectors.sql").read_text().replace("{responses}", group.source.responses.read_text()))


def without_unreadable(session: duckdb.DuckDBPyConnection, land_sql: str, group: Group, rules: Rules) -> Group:
    """The group, with a fault on each line that a reading cannot cope with. They are found by halving, so that all others land."""
    waiting, guilty, tries = [group.chunks], set[tuple[int, int]](), 0
    while waiting:
        chunks = waiting.pop()
        count = sum(chunk.count for _, chunk in chunks)
        tries += 1
        try:
            if tries <= MOST_TRIES:
                transform(session, land_sql, replace(group, chunks=chunks), rules)
                continue
        except DATA_ERRORS:
            pass
        if count == 1 or tries > MOST_TRIES:
            guilty.update((index, chunk.first_line + row) for index, chunk in chunks for row in range(chunk.count))
        else:
            waiting.extend(_halves(chunks, count // 2))
    marked = [
        (index, chunk.with_faults({line: "unreadable" for at, line in guilty if at == index}))
        for index, chunk in group.chunks
    ]
    return replace(group, chunks=marked)


def _halves(chunks: list[tuple[int, Chunk]], first: int) -> list[list[tuple[int, Chunk]]]:
    """The first so many lines, and the others."""
    before: list[tuple[int, Chunk]] = []
    after: list[tuple[int, Chunk]] = []
    for index, chunk in chunks:
        here = min(first, chunk.count)
        first -= here
        if here:
            before.append((index, chunk.part(0, here)))
        if here < chunk.count:
            after.append((index, chunk.part(here, chunk.count)))
    return [before, after]


def ignored() -> str:
    """The reasons of ignored lines, as a list in SQL."""
    return ", ".join(f"'{reason}'" for reason in IGNORED)


def is_quarantined() -> str:
    """The SQL condition on `landed_rows` of those that are set aside."""
    return f"fault is not null and fault not in ({ignored()})"


def _files(group: Group) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file_index": np.arange(len(group.members)),
            "source": [member.file.source.name for member in group.members],
            "landing_file": [member.file.name for member in group.members],
            "version": [member.version for member in group.members],
            "landed_hour": [pd.Timestamp(member.landed_hour) for member in group.members],
            "earliest_at": pd.Timestamp(FIRST_HOUR),
            "latest_at": [pd.Timestamp(member.file.latest_at) for member in group.members],
            "most_tokens": MOST_TOKENS,
            "longest_ms": LONGEST_MS,
            "largest_cost_usd": LARGEST_COST_USD,
        }
    )
