"""Records with secrets and private texts wherever they can occur. Each contains a unique marker, for which the stored files are searched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

MARK = re.compile(rb"Xq[0-9]{4}kZ", re.IGNORECASE)
KEYS = (
    "sk-{}aaaabbbbcccc", "sk-proj-{}aaaabbbbcccc", "sk-ant-api03-{}aaaabbbb", "sk-or-v1-{}aaaabbbb", "gsk_{}aaaabbbbcccc", "xai-{}aaaabbbbcccc",
    "pplx-{}aaaabbbbcccc", "nvapi-{}aaaabbbbcccc", "r8_{}aaaabbbbcccc", "csk-{}aaaabbbbcccc", "AIza{}aaaabbbbcccc", "ya29.{}aaaabbbbcccc",
    "hf_{}aaaabbbbcccc", "ghp_{}aaaabbbbccccdddd", "github_pat_{}aaaabbbb", "glpat-{}aaaabbbbcccc", "xoxb-1234567890-{}aaaa", "xapp-1-{}-aaaabbbb",
    "sk_live_{}aaaabbbb", "whsec_{}aaaabbbb", "npm_{}aaaabbbbcccc", "SG.{}aaaabbbb.cccc", "dckr_pat_{}aaaabbbb", "hvs.{}aaaabbbbcccc",
    "lsv2_pt_{}aaaabbbbcc", "pk-lf-{}aaaabbbb", "BEARER {}aaaabbbb", "bearer {}aaaabbbb", "Basic {}aaaabbbb", "eyJhbGciOiJI.{}aaaa.bbbb",
    "https://me:{}@host/x", "https://{}@host/x", "postgresql://app:{}@db/x", "https://host/x?code={}&a=1", "https://host/x#{}",
    "/x?access_token={}", "/x?a=1&api-key={}", "/x?X-Amz-Signature={}", "AccountKey={}aaaabbbbccccdddd==", "tvly-{}aaaabbbb",
)  # fmt: skip
CREDENTIAL_NAMES = (
    "authorization", "Proxy-Authorization", "x-api-key", "api_key", "apikey", "secretKey", "client_secret", "password", "passwd", "pwd", "passphrase",
    "session_key", "master_key", "encryption_key", "signing-key", "account_key", "Ocp-Apim-Subscription-Key", "x-functions-key", "jwt", "auth",
    "X-Auth", "token", "token_value", "azure_ad_token", "aws_secret_access_key", "dsn", "connection_string", "cookie", "Set-Cookie",
    "private_key", "x-session-secret-id", "signature", "vertex_credentials", "key", "langfuse_public_key", "x-tenant", "code",
)  # fmt: skip
CONTENT_NAMES = (
    "messages", "prompt", "userPrompt", "system", "content", "contents", "completion", "transcript", "question", "final_answer", "requestBody", "parts",
    "choices", "arguments", "result", "tool_calls", "prompt_variables", "query", "search_query", "vector_store_search_response", "guardrail_response",
    "stop", "prediction", "instructions", "suffix", "input", "output_text", "chat_title", "customer_story", "notes", "response",
    "user_email", "end_user", "user", "client_ip", "x-forwarded-for", "phone", "city", "display_name", "json_schema",
)  # fmt: skip
FIELDS = (
    "trace_id", "gateway_call_id", "account_id", "api_key_ref", "model", "model_served", "provider", "finish_reason", "native_finish_reason",
    "native_operation", "status_code", "error_code", "error_message",
)  # fmt: skip


class Planter:
    """Generates records with markers, and counts the markers.

    The argument `record` or `verdict` of its methods builds a valid record with the given fields changed.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self.planted = 0

    def mark(self) -> str:
        self.planted += 1
        return f"Xq{next(self._numbers):04d}kZ"

    def private_text(self) -> str:
        return f"my knee hurts {self.mark()} since Tuesday"

    def meta_objects(self) -> Iterator[dict[str, Any]]:
        """Objects for the field `meta` with secrets under telling names, in all notations of headers, in URLs, in nested JSON and in keys."""
        for name in CREDENTIAL_NAMES:
            yield {"headers": {name: self.mark()}, "deep": [{name: {"of": [self.mark()]}}]}
            yield {"headers": [[name, self.mark()]], "extra_headers": [{"name": name, "value": self.mark()}]}
            yield {"dump": json.dumps({name: self.mark()}), "repr": str({name: self.mark()})}
        for name in CONTENT_NAMES:
            yield {
                name: self.private_text(),
                "deep": {name: [{"text": self.private_text()}], "list": [self.private_text()]},
            }
            yield {"dump": json.dumps({name: self.private_text()}), "context": {name: self.private_text()}}
        for form in KEYS:
            key = form.format(self.mark())
            yield {
                "headers": {"x-request-id": key, "user-agent": key, "server": key},
                "context": {"route": key},
                "api_base": key,
                "region": key,
            }
            yield {form.format(self.mark()): 1, self.private_text(): 2}

    def records(self, record: Any) -> Iterator[str]:
        """Lines of canonical records that land."""
        for form in KEYS:
            for field in FIELDS:
                yield json.dumps(record(**{field: f"{form.format(self.mark())}"}))
            yield json.dumps(record(request_id=form.format(self.mark())))
            text = f"{'x' * 1980} {form.format(self.mark())}"
            yield json.dumps(record(error_message=text))
            if form.startswith("sk-"):
                yield json.dumps(
                    record(error_message=form.format(self.mark()), meta={"note": form.format(self.mark())})
                ).replace("sk-", "\\u0073k-")
                yield json.dumps(
                    record(error_message=json.dumps({"a": form.format(self.mark())}).replace("sk-", "\\u0073k-"))
                )
        for name in CREDENTIAL_NAMES[:30]:
            for text in (
                json.dumps({"error": {name: self.mark()}}), str({name: self.mark()}), f"{name}={self.mark()}", f"{name}: {self.mark()}",
                json.dumps({"dump": json.dumps({name: self.mark()})}), f"Error: [('{name}', '{self.mark()}')]",
                f"{'x' * 1975} {name}={self.mark()}",
            ):  # fmt: skip
                yield json.dumps(record(error_message=text))
        for name in CONTENT_NAMES[:20]:
            yield json.dumps(record(error_message=f"bad request: {{'{name}': '{self.private_text()}'}}"))
        yield json.dumps(record(error_message=f"no access for {self.mark()}@example.com"))
        for meta in self.meta_objects():
            yield json.dumps(record(meta=meta))
            yield json.dumps(record(**{name: value for name, value in meta.items() if name not in ("user",)}))

    def broken_records(self, record: Any) -> Iterator[str]:
        """Lines of canonical records that do not land: truncated, without a model, not an object, or with values of a wrong type."""
        for form in KEYS:
            good = json.dumps(
                record(note=form.format(self.mark()), meta={"x": self.private_text()}, messages=[self.private_text()])
            )
            yield good[:-3]
            yield json.dumps(record(model=None, note=form.format(self.mark()), request_id=form.format(self.mark())))
            yield json.dumps([form.format(self.mark())])
            yield json.dumps(
                record(input_tokens=self.private_text(), cost_usd=self.mark(), requested_at=self.private_text())
            )
            yield f"{self.private_text()} {form.format(self.mark())}"
        for meta in list(self.meta_objects())[:60]:
            yield json.dumps(record(model=None, meta=meta))

    def litellm_records(self, at: float) -> Iterator[str]:
        """Lines of LiteLLM records with secrets in the fields that callers and callbacks can set; `at` is their start in epoch seconds."""
        for meta in self.meta_objects():
            yield json.dumps(
                {
                    "id": f"l{self.planted}", "model": "m", "status": "success", "startTime": at, "endTime": at + 1, "prompt_tokens": 1, "completion_tokens": 1,
                    "call_type": "acompletion", "response_cost": 0.1, "end_user": self.private_text(), "request_tags": [self.private_text()], "api_base": f"https://h/v1?key={self.mark()}",
                    "user_agent": self.private_text(), "model_parameters": {"extra_headers": meta, **meta, "user": self.private_text()}, "hidden_params": {"additional_headers": meta},
                    "metadata": {"user_api_key_team_id": "team", "requester_metadata": meta, "user_api_key_user_email": self.private_text(), "spend_logs_metadata": meta},
                    "messages": [{"role": "user", "content": self.private_text()}], "response": {"choices": [{"message": {"content": self.private_text()}}]},
                    "error_information": {"error_code": "", "error_message": f"password={self.mark()}", "traceback": self.private_text()}, "cost_breakdown": {"x": self.private_text()},
                }
            )  # fmt: skip

    def verdicts(self, verdict: Any) -> Iterator[str]:
        """Lines of verdicts with secrets in their texts."""
        for form in KEYS:
            yield json.dumps(
                verdict(
                    evidence=form.format(self.mark()),
                    category=form.format(self.mark()),
                    detector=form.format(self.mark()),
                )
            )
            yield json.dumps(
                verdict(request_id=form.format(self.mark()), evidence={"reason": form.format(self.mark())})
            )
            yield json.dumps(verdict(source=form.format(self.mark())))
            yield json.dumps(verdict(verdict=None, evidence=self.private_text(), category=form.format(self.mark())))
        for name in CREDENTIAL_NAMES[:30]:
            yield json.dumps(verdict(evidence={name: self.mark()}, category=f"{'x' * 185} {name}={self.mark()}"))
        for name in CONTENT_NAMES[:20]:
            yield json.dumps(verdict(evidence={name: self.private_text()}))


def moment(hour: datetime) -> str:
    """A time within this hour, as text."""
    return (hour + timedelta(minutes=10)).isoformat() + "Z"


def marks_in(folder: Path) -> dict[str, set[bytes]]:
    """The markers in the files below a directory except in `landing/`, by file. Parquet and DuckDB files are also searched for their values."""
    found: dict[str, set[bytes]] = {}
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or "landing" in file.relative_to(folder).parts:
            continue
        marks = set(MARK.findall(_content(file))) | set(MARK.findall(str(file.relative_to(folder)).encode()))
        if marks:
            found[str(file.relative_to(folder))] = marks
    return found


def _content(file: Path) -> bytes:
    texts: list[str] = []
    with duckdb.connect() as con:
        if file.suffix == ".parquet":
            rows = con.execute(
                "select columns(*)::varchar from read_parquet(?, hive_partitioning = false)", [str(file)]
            ).fetchall()
            texts = [value for row in rows for value in row if value is not None]
        elif file.suffix == ".duckdb":
            con.execute(f"attach '{file}' as searched (read_only)")
            for (table,) in con.execute(
                "select table_schema || '.' || table_name from information_schema.tables where table_catalog = 'searched'"
            ).fetchall():
                rows = con.execute(f"select columns(*)::varchar from searched.{table}").fetchall()
                texts += [value for row in rows for value in row if value is not None]
    return file.read_bytes() + "\n".join(texts).encode()
