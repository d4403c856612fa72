"""The columns of content assessments and their types, as in every lake part."""

COLUMNS: dict[str, str] = {
    "source": "VARCHAR",
    "request_id": "VARCHAR",
    "account_id": "VARCHAR",
    "requested_at": "TIMESTAMP",
    "detector": "VARCHAR",
    "detector_version": "VARCHAR",
    "verdict": "VARCHAR",
    "score": "DECIMAL(5,4)",
    "category": "VARCHAR",
    "evidence": "VARCHAR",
    "assessed_at": "TIMESTAMP",
    "landed_hour": "TIMESTAMP",
    "landing_file": "VARCHAR",
    "landing_line": "BIGINT",
    "request_key": "VARCHAR",
    "key_hash": "UBIGINT",
    "id_hash": "UBIGINT",
}
"""Name and type, in the order in which parts hold them.

`source`, `request_id` and, if given, `account_id` identify the request that is judged; `requested_at` is a hint at its time, which may be
wrong or null. `request_key` and `key_hash` are those of the matched request, null until it is found; built-in detectors know them at once.
"""
