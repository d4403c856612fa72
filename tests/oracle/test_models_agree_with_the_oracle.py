"""The models give the reference's value in every field, for logs and policies that are made to break them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oracle.building import OracleHome
from oracle.challenge import a_challenge
from oracle.comparing import differences
from oracle.reference import REASONS

REQUESTS = 6_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> OracleHome:
    return OracleHome(tmp_path_factory.mktemp("oracle"))


@pytest.mark.parametrize("seed", [13, 42])
def test_every_field_of_every_decision_is_what_the_reference_says(seed: int, home: OracleHome) -> None:
    challenge = a_challenge(seed, REQUESTS)
    assert {row["reason_code"] for row in challenge.expected.requests} == set(REASONS), "it challenges every reason"
    found = challenge.put_to(home)
    assert not found, challenge.report(found)


def test_a_payout_that_is_off_by_the_last_digit_is_seen_and_told_with_both_answers(home: OracleHome) -> None:
    challenge = a_challenge(14, 500)
    assert challenge.put_to(home) == []
    paid = next(row for row in challenge.expected.requests if row["reason_code"] == "compensated")
    right = paid["payout_usd"]
    paid["payout_usd"] += Decimal("1e-12")
    (difference,) = differences(challenge.expected, home)
    assert difference.columns == ["payout_usd"]
    report = challenge.report([difference])
    assert "seed 14" in report
    assert f"the reference says {paid['payout_usd']!r}, the models say {right!r}" in report
    assert f"request_id='{paid['request_id']}'" in report
