"""The content assessment: its columns and their types, as every lake part has them. How rows get there is landing.py's."""

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

`source`, `request_id` and, where it is given, `account_id` say which request is spoken of; `requested_at` is a hint at its time, and may
be wrong or null. `request_key` and `key_hash` are the found request's, null while none is found; built-in detectors know them at once.
"""
