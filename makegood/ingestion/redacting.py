"""Takes out of the landed rows of a group what may not be stored, where a cheap look in a query saw it, and says what of a bad line is kept.

What may be stored is texts/'s to know; what the rows mean is the adapters'.
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

HERE = Path(__file__).parent
WORDS = (
    "model", "model_served", "provider", "native_finish_reason", "operation", "native_operation", "status_code", "error_code",
)  # fmt: skip
"""Columns of short texts of a request log, out of which keys are taken; its ids become digests where they hold one."""
LONGEST_MESSAGE = 2_000
LONGEST_CATEGORY = 200
LONGEST_LINE = 1 << 20
"""In characters: of a longer quarantined line no field is kept."""


@cache
def macros_sql() -> str:
    """The cheap looks, as macros for a session."""
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
    """Rewrite those of `landed_rows` (land.sql's) in which a look saw something: meta by the list, messages and words without secrets."""
    _rewrite(session, "meta", "suspect_meta", rules.kept)
    _mask_messages(session)
    if session.execute("select 1 from landed_rows where may_have_key limit 1").fetchone() is None:
        return
    for word in WORDS:
        _rewrite(session, word, f"case when may_have_key then {word} end", keys.without_keys_in_word)
    session.execute((HERE / "redact.sql").read_text())


def _mask_messages(session: duckdb.DuckDBPyConnection) -> None:
    """Mask the messages of errors in which there may be something to take out; each message once, however often it comes."""
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
    """Rewrite those of `landed_rows` (content_assessments.sql's) in which a look saw something."""
    for word in ("detector", "detector_version"):
        _rewrite(session, word, f"case when is_suspect then {word} end", keys.without_keys_in_word)
    _rewrite(session, "category", "suspect_category", lambda text: masking.masked(text, LONGEST_CATEGORY))
    _rewrite(session, "evidence", "suspect_document", masking.masked_json)
    _rewrite(session, "evidence", "suspect_evidence", lambda text: masking.masked(text, LONGEST_MESSAGE))


def reason_of(error: duckdb.Error) -> str:
    """What DuckDB says of an adapter that failed, in one line; where the reason is a value, without what it quotes of it."""
    sentence = " ".join(str(error).split())
    if isinstance(error, (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)):
        return sentence
    return masking.masked(re.sub(r"""(["'])(?:(?!\1).)*(?:\1|$)""", "'…'", sentence), LONGEST_CATEGORY)


def _rewrite(session: duckdb.DuckDBPyConnection, column: str, suspect: str, clean: Callable[[str], str]) -> None:
    """Set a column to what `clean` makes of another one, wherever that is not null."""
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
    """What is kept of the lines that did not land: of those that are JSON objects the harmless fields, of others where they stop being JSON.

    Returns:
        A row per line: file_index, line, fields (JSON text, or None), broken_at (the first character, from 1, that is no JSON, or None).
    """
    found = session.execute(
        f"select lines.file_index, lines.line, left(lines.raw, {LONGEST_LINE + 1}) from lines semi join"
        f" (from landed_rows where fault is not null and fault not in ({ignored})) as faults"
        " on lines.file_index = faults.file_index and lines.line = faults.landing_line"
    ).fetchall()
    kept = [(None, None) if len(raw) > LONGEST_LINE else rules.kept_of_line(raw) for _, _, raw in found]
    return pd.DataFrame(
        {
            "file_index": pd.Series([index for index, _, _ in found], dtype="int64"),
            "line": pd.Series([line for _, line, _ in found], dtype="int64"),
            "fields": pd.Series([fields for fields, _ in kept], dtype="object"),
            "broken_at": pd.Series([position for _, position in kept], dtype="Int64"),
        }
    )
