"""Settings: an invalid value is refused at the start, in one sentence with the variable's name and its limits."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from command_line import exit_code
from hypothesis import given, settings
from hypothesis import strategies as st

from makegood.errors import MakegoodError
from makegood.settings import Settings, _name_unknown

NUMBERS = [
    "lookback_hours", "writer_patience_s", "settlement_grace_hours", "settlement_most_adjustments", "page_port",
    "page_stale_after_hours",
]  # fmt: skip
INVALID_NUMBERS = [
    "",
    "-1",
    "1.5",
    "1e3",
    "1_0",
    "0x10",
    "NaN",
    "inf",
    " 5",
    "5\n",
    "\u0665",
    "99999999999",
    "9" * 40,
    "\udcff",
]
INVALID_TEXTS = ["", " ", "a\x01b", "a\nb", "a\u2028b", "a\x85b", "\udcff", " a"]


def refusal(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(name, value)
    with pytest.raises(MakegoodError) as error:
        Settings.read()
    return str(error.value)


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", INVALID_NUMBERS)
def test_an_invalid_or_out_of_range_number_is_refused(field: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(f"MAKEGOOD_{field.upper()}", value, monkeypatch)
    assert message.startswith(f"MAKEGOOD_{field.upper()} is ")
    assert message.endswith(f": it must be {Settings.model_fields[field].description}")
    assert "\n" not in message and len(message) < 250


@pytest.mark.parametrize("value", ["NaN", "-0.01", "1e3", "1_000", "0.0000000000001", "Infinity", "1000000000001", ""])
def test_an_invalid_amount_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal("MAKEGOOD_SETTLEMENT_MOST_ADJUSTED_USD", value, monkeypatch)
    assert message.endswith("it must be an amount in USD from 0 to 1,000,000,000,000, with up to 12 decimals")


@pytest.mark.parametrize("field", ["home", "sources", "page_host", "page_account", "page_user_header"])
@pytest.mark.parametrize("value", INVALID_TEXTS)
def test_an_empty_text_or_one_with_control_characters_is_refused(
    field: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refusal(f"MAKEGOOD_{field.upper()}", value, monkeypatch)
    assert message.startswith(f"MAKEGOOD_{field.upper()} is ") and "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAKEGOOD_HOME", "a" * 5_000),
        ("MAKEGOOD_HOME", "~no-such-user-here/data"),
        ("MAKEGOOD_PAGE_PROXIES", "["),
        ("MAKEGOOD_PAGE_PROXIES", "10.0.0.7"),
        ("MAKEGOOD_PAGE_PROXIES", '[""]'),
        ("MAKEGOOD_PAGE_PROXIES", "{}"),
        ("MAKEGOOD_PAGE_USER_HEADER", "X-User: root"),
    ],
)
def test_other_invalid_values_are_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(name, value, monkeypatch).startswith(f"{name} is ")


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hunter2" not in refusal("MAKEGOOD_PAGE_TOKEN", "hunter2", monkeypatch)


@pytest.mark.long
@settings(deadline=None)
@given(value=st.text(st.characters(exclude_characters="\x00")))
def test_any_text_in_any_variable_is_accepted_or_refused_with_its_name(value: str) -> None:
    raw = value.encode("utf-8", "surrogateescape" if all("\udc80" <= c <= "\udcff" for c in value) else "replace")
    for field in Settings.model_fields:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(f"MAKEGOOD_{field.upper()}", os.fsdecode(raw))
            try:
                Settings.read()
            except MakegoodError as error:
                assert str(error).startswith(f"MAKEGOOD_{field.upper()} is ")


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_valid_values_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAKEGOOD_HOME", str(tmp_path / "it's a home"))
    monkeypatch.setenv("MAKEGOOD_SETTLEMENT_GRACE_HOURS", "12")
    monkeypatch.setenv("MAKEGOOD_SETTLEMENT_MOST_ADJUSTED_USD", "0.000000000001")
    monkeypatch.setenv("MAKEGOOD_PAGE_PROXIES", '["10.0.0.7", "::1"]')
    read = Settings.read()
    assert read.home == tmp_path / "it's a home"
    assert read.settlement_grace_hours == 12
    assert read.settlement_most_adjusted_usd == Decimal("0.000000000001")
    assert read.page_proxies == ["10.0.0.7", "::1"]


def test_an_unknown_variable_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _name_unknown.cache_clear()
    monkeypatch.setenv("MAKEGOOD_SETTLEMENT_GRACE_HOUR", "12")
    Settings.read()
    Settings.read()
    assert capfd.readouterr().err == (
        "makegood: MAKEGOOD_SETTLEMENT_GRACE_HOUR is not a setting; did you mean MAKEGOOD_SETTLEMENT_GRACE_HOURS?\n"
    )


def test_a_command_with_an_invalid_setting_gives_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAKEGOOD_SETTLEMENT_GRACE_HOURS", "99999999999")
    assert exit_code("verify") == 1
    assert capfd.readouterr().err == (
        "makegood: MAKEGOOD_SETTLEMENT_GRACE_HOURS is '99999999999': it must be a whole number of hours from 0 to 8,784\n"
    )
