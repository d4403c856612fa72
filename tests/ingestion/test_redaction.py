"""Landing stores no key, credential, personal data or content, whichever field of a record it is in."""

import hashlib
import json

import duckdb
import pytest
from landing_place import Place, line
from secret_texts import CONTENT, CREDENTIALS, FILL, KEPT_TEXTS, KEY, KEYS, SECRET

from makegood.ingestion import redacting
from makegood.ingestion.texts.keys import readable, stored_name
from makegood.ingestion.texts.masking import masked


def test_harmless_text_lands_unchanged_and_secret_text_is_masked(place: Place) -> None:
    secrets = [*KEYS.values(), *(value for value in CREDENTIALS.values() if isinstance(value, str))]
    place.land_lines(
        *(line(error_message=text) for text in KEPT_TEXTS), *(line(error_message=f"x {text}") for text in secrets)
    )
    messages = [row["error_message"] for row in place.rows("error_message")]
    expected = [*KEPT_TEXTS, *(masked(f"x {text}", 2000) for text in secrets)]
    assert [
        message
        for message, text in zip(messages, expected, strict=True)
        if message.split() != text.split() and "\n" not in text
    ] == []
    assert not any(SECRET in readable(message) or KEY[-20:] in message or FILL[:20] in message for message in messages)


IDS = ("request_id", "trace_id", "gateway_call_id", "account_id", "api_key_ref")
WORDS = ("model", "model_served", "provider", "native_finish_reason", "native_operation", "status_code", "error_code")


def test_an_id_that_is_a_key_is_stored_as_its_digest(place: Place) -> None:
    keys = [KEY, KEYS["GitHub"], f"?access_token={SECRET}", f"https://{SECRET}@x", "\\u0073k-abcdefgh"]
    rows = place.land_lines(
        *(line(request_id=f"r{n}", **{name: key}) for name in IDS[1:] for n, key in enumerate(keys)),
        *(line(request_id=key) for key in keys),
        line(request_id=KEY, model="n"),
    )
    found = {row["landing_line"]: row for row in rows}
    for at, name in enumerate(IDS[1:]):
        for n, key in enumerate(keys):
            assert found[1 + at * len(keys) + n][name] == f"sha256:{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    digests = [found[number]["request_id"] for number in range(len(found) - len(keys), len(found) + 1)]
    assert digests[0] == digests[-1] == f"sha256:{hashlib.sha256(KEY.encode()).hexdigest()[:16]}"
    assert len(set(digests)) == len(keys)
    assert SECRET.encode() not in place.stored_bytes()


def test_a_key_inside_a_text_column_is_removed(place: Place) -> None:
    rows = place.land_lines(
        *(line(request_id=name, **{name: f"x {KEY} y"}) for name in WORDS),
        *(line(request_id=name, **{name: f"/v1?api-key={SECRET}"}) for name in WORDS),
        *(line(request_id=name, **{name: "x \\u0073k-abcdefgh y"}) for name in WORDS),
    )
    assert [row[name] for row, name in zip(rows, WORDS * 3, strict=True)] == [
        *["x [redacted] y"] * len(WORDS),
        *["/v1?api-key=[redacted]"] * len(WORDS),
        *["x [redacted] y"] * len(WORDS),
    ]


def test_ids_that_are_not_keys_stay_unchanged(place: Place) -> None:
    ids = {
        "request_id": "req_sk_1",
        "account_id": "task-force",
        "api_key_ref": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05",
        "trace_id": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "gateway_call_id": "chatcmpl-9xJk2LmNoPqRsTuVwXyZ0123",
    }
    (row,) = place.land_lines(line(**ids))
    assert {name: row[name] for name in ids} == ids


def test_duckdb_error_messages_are_stored_without_the_bad_value() -> None:
    with duckdb.connect() as con:
        with pytest.raises(duckdb.Error) as failed:
            con.execute("select cast('my knee hurts' as integer)")
        with pytest.raises(duckdb.Error) as unbound:
            con.execute("select no_such_column")
    assert "Could not convert string '…' to INT32" in redacting.reason_of(failed.value)
    assert '"no_such_column"' in redacting.reason_of(unbound.value)


def test_the_stored_name_of_a_landing_file_contains_no_key(place: Place) -> None:
    place.put(f"{KEY}.jsonl", line())
    (file,) = place.land()
    assert file.landing_file == stored_name(f"landing/gateway/2026-11-01/05/{KEY}.jsonl")
    assert KEY.encode() not in place.stored_bytes()
    assert place.land() == []


VERDICT = {
    "source": "gateway",
    "request_id": "r",
    "detector": "judge",
    "verdict": "unsatisfactory",
    "assessed_at": "2026-11-01T05:20:00Z",
}


def test_stored_verdicts_contain_no_secret(place: Place) -> None:
    place.source = type(place.source)(
        "judge",
        place.source.adapter.parent.parent / "content_assessments.sql",
        place.source.files.replace("gateway", "judge"),
    )
    evidence_values = [*CREDENTIALS.values(), *CONTENT.values(), *KEYS.values(), {"reason": "too short", "score": 0.25}]
    lines = [
        {**VERDICT, "evidence": evidence, "category": f"{'x' * 190} password={SECRET}"} for evidence in evidence_values
    ]
    lines += [{**VERDICT, name: KEY} for name in ("request_id", "detector", "detector_version", "category")]
    place.put("verdicts.jsonl", "\n".join(json.dumps(verdict) for verdict in lines).encode())
    (file,) = place.land()
    assert (file.records_read, file.landed_count) == (len(lines), len(lines))
    stored = readable(place.stored_bytes().decode())
    assert '{"reason": "too short", "score": 0.25}' in stored or '{"reason":"too short","score":0.25}' in stored
    for secret in (SECRET, KEY, "Ishmael", *(key[-12:] for key in KEYS.values())):
        assert secret not in stored
