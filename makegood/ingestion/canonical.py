"""The canonical request log: its columns and their types, as every lake part has them. How rows get there is landing.py's."""

COLUMNS: dict[str, str] = {
    "source": "VARCHAR",
    "request_id": "VARCHAR",
    "trace_id": "VARCHAR",
    "gateway_call_id": "VARCHAR",
    "account_id": "VARCHAR",
    "api_key_ref": "VARCHAR",
    "operation": "VARCHAR",
    "native_operation": "VARCHAR",
    "requested_at": "TIMESTAMP",
    "completed_at": "TIMESTAMP",
    "model": "VARCHAR",
    "model_served": "VARCHAR",
    "provider": "VARCHAR",
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cached_tokens": "BIGINT",
    "reasoning_tokens": "BIGINT",
    "cache_write_tokens": "BIGINT",
    "cache_write_1h_tokens": "BIGINT",
    "cost_usd": "DECIMAL(18,12)",
    "cost_basis": "VARCHAR",
    "list_cost_usd": "DECIMAL(18,12)",
    "discount_usd": "DECIMAL(18,12)",
    "cache_hit": "BOOLEAN",
    "latency_ms": "BIGINT",
    "ttft_ms": "BIGINT",
    "streamed": "BOOLEAN",
    "cancelled": "BOOLEAN",
    "finish_reason": "VARCHAR",
    "native_finish_reason": "VARCHAR",
    "has_answer": "BOOLEAN",
    "is_answer_withheld": "BOOLEAN",
    "status_code": "VARCHAR",
    "error_code": "VARCHAR",
    "error_message": "VARCHAR",
    "error_origin": "VARCHAR",
    "max_output_tokens": "BIGINT",
    "meta": "VARCHAR",
    "landed_hour": "TIMESTAMP",
    "landing_file": "VARCHAR",
    "landing_line": "BIGINT",
    "request_key": "VARCHAR",
    "needs_overlap": "BOOLEAN",
    "key_hash": "UBIGINT",
    "id_hash": "UBIGINT",
}
"""Name and type, in the order in which parts hold them.

`request_key` names the purchase that a row is a delivery of: the gateway, who bought, and the most trustworthy id of the record. Where
`needs_overlap`, that id may come again for another purchase, so only deliveries whose times overlap are one. `key_hash` and `id_hash` are
derived from the key and from the source's id, to find one among many hours.
"""


def columns_sql(columns: dict[str, str] = COLUMNS) -> str:
    """The columns as a select list."""
    return ", ".join(columns)


def no_rows_sql(columns: dict[str, str] = COLUMNS) -> str:
    """A select of every column, typed, and no row."""
    return "select " + ", ".join(f"null::{kind} as {name}" for name, kind in columns.items()) + " limit 0"
