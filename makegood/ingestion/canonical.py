"""The columns of the canonical request log and their types, as in every lake part."""

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

`request_key` identifies the purchase that a row is a delivery of: by gateway, buyer, and the most reliable id of the record. If
`needs_overlap`, another purchase may have the same id, so only deliveries whose times overlap belong together. `key_hash` and `id_hash` are
numbers derived from the key, and from source and request id, for fast lookups across many hours.
"""


def columns_sql(columns: dict[str, str] = COLUMNS) -> str:
    """The columns as a select list."""
    return ", ".join(columns)


def no_rows_sql(columns: dict[str, str] = COLUMNS) -> str:
    """A select with all columns, typed, and no rows."""
    return "select " + ", ".join(f"null::{kind} as {name}" for name, kind in columns.items()) + " limit 0"
