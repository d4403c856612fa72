"""Removes what must not be stored from a group's landed rows that failed a cheap check in SQL, and selects what is kept of bad lines.

The package `texts` defines what may be stored.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from makegood.ingestion.texts import keeping, keys, masking
from makegood.ingestion.texts.keeping import Rules
from makegood.storage.connections import sql_text
from makegood.storage.queries import sql_beside

HERE = Path(__file__).parent
WORDS = (
    "model", "model_served", "provider", "native_finish_reason", "operation", "native_operation", "status_code", "error_code",
)  # fmt: skip
"""Short text columns of a request log from which keys are removed. Id columns that contain a key are replaced by digests instead."""
LONGEST_MESSAGE = 2_000
LONGEST_CATEGORY = 200
LONGEST_LINE = 1 << 20
"""In characters; of a longer quarantined line, no field is kept."""


@cache
def macros_sql() -> str:
    """SQL of the cheap checks, as macros for a session."""
    patterns = {
        "secret": keys.SECRET,
        "loose_secret": keys.loosened(keys.SECRET),
        "suspicious": masking.SUSPICIOUS,
        "credential_value": keeping.CREDENTIAL_VALUE,
        "not_kept_credential": keeping.NOT_KEPT_CREDENTIAL,
        "harmless": keeping.harmless_pattern(),
    }
    sql = (HERE / "redaction.sql").read_text()
    for name, pattern in patterns.items():
        sql = sql.replace(f"{{{name}}}", sql_text(pattern))
    return sql


def redact_logs(session: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Clean the suspect rows of `landed_rows` (of land.sql): meta keeps only what is allowed, messages and words lose their secrets."""
    _rewrite(session, "meta", "suspect_meta", rules.kept)
    _mask_messages(session)
    if session.execute("select 1 from landed_rows where may_have_key limit 1").fetchone() is None:
        return
    for word in WORDS:
        _rewrite(session, word, f"case when may_have_key then {word} end", keys.without_keys_in_word)
    session.execute((HERE / "redact.sql").read_text())


def _mask_messages(session: duckdb.DuckDBPyConnection) -> None:
    """Mask the suspicious error messages; each distinct message is masked once, however often it occurs."""
    found = session.execute("select distinct whole_message from landed_rows where whole_message is not null").fetchall()
    masked = {text: masking.masked(text, LONGEST_MESSAGE) for (text,) in found if masking.is_suspicious(text)}
    if not masked:
        return
    session.register("cleaned", pd.DataFrame({"whole": list(masked), "text": list(masked.values())}))
    session.execute(
        "update landed_rows set error_message = cleaned.text from cleaned where whole_message = cleaned.whole"
    )
    session.unregister("cleaned")


def redact_verdicts(session: duckdb.DuckDBPyConnection) -> None:
    """Clean the suspect rows of `landed_rows` (of content_assessments.sql)."""
    for word in ("detector", "detector_version"):
        _rewrite(session, word, f"case when is_suspect then {word} end", keys.without_keys_in_word)
    _rewrite(session, "category", "suspect_category", lambda text: masking.masked(text, LONGEST_CATEGORY))
    _rewrite(session, "evidence", "suspect_document", masking.masked_json)
    _rewrite(session, "evidence", "suspect_evidence", lambda text: masking.masked(text, LONGEST_MESSAGE))


def reason_of(error: duckdb.Error) -> str:
    """DuckDB's message about a failed adapter on one line; if the error is about data, without the values that it quotes."""
    sentence = " ".join(str(error).split())
    if isinstance(error, (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)):
        return sentence
    return masking.masked(re.sub(r"""(["'])(?:(?!\1).)*(?:\1|$)""", "'…'", sentence), LONGEST_CATEGORY)


def _rewrite(session: duckdb.DuckDBPyConnection, column: str, suspect: str, clean: Callable[[str], str]) -> None:
    """Set `column` to the result of `clean` on the expression `suspect`, wherever that is not null."""
    found = session.execute(
        f"select rowid, text from (select rowid, {suspect} as text from landed_rows) where text is not null"
    ).fetchall()
    if not found:
        return
    cleaned = pd.DataFrame({"row": [row for row, _ in found], "text": [clean(text) for _, text in found]})
    session.register("cleaned", cleaned)
    session.execute(
        f"update landed_rows set {column} = cleaned.text from cleaned where landed_rows.rowid = cleaned.row"
    )
    session.unregister("cleaned")


def quarantined(session: duckdb.DuckDBPyConnection, ignored: str, rules: Rules) -> pd.DataFrame:
    """What is kept of lines that did not land: the harmless fields of JSON objects, and of other lines only where they stop being JSON.

    Returns:
        A row per line: file_index, line, fields (JSON text, or None), broken_at (the first character, from 1, that is not JSON, or None).
    """
    faulty = sql_beside(__file__, "faulty_lines").format(ignored=ignored)
    found = session.execute(faulty, {"longest": LONGEST_LINE + 1}).fetchall()
    kept = [(None, None) if len(raw) > LONGEST_LINE else rules.kept_of_line(raw) for _, _, raw in found]
    return pd.DataFrame(
        {
            "file_index": pd.Series([index for index, _, _ in found], dtype="int64"),
            "line": pd.Series([line for _, line, _ in found], dtype="int64"),
            "fields": pd.Series([fields for fields, _ in kept], dtype="object"),
            "broken_at": pd.Series([position for _, position in kept], dtype="Int64"),
        }
    )
