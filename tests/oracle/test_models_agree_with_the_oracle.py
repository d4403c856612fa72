"""The models derive the same values as the reference for generated logs and policies, and the comparison reports a wrong value."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oracle.building import OracleHome
from oracle.challenge import make_challenge
from oracle.comparing import differences
from oracle.reference import REASONS

REQUESTS = 6_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> OracleHome:
    return OracleHome(tmp_path_factory.mktemp("oracle"))


@pytest.mark.parametrize("seed", [13, 42])
def test_every_column_of_every_row_equals_the_reference(seed: int, home: OracleHome) -> None:
    challenge = make_challenge(seed, REQUESTS)
    assert {row["reason_code"] for row in challenge.expected.requests} == set(REASONS), (
        "the log must contain every reason code"
    )
    found = challenge.run_on(home)
    assert not found, challenge.report(found)


def test_a_payout_off_by_one_in_the_last_decimal_is_reported_with_both_values(home: OracleHome) -> None:
    challenge = make_challenge(14, 500)
    assert challenge.run_on(home) == []
    paid = next(row for row in challenge.expected.requests if row["reason_code"] == "compensated")
    correct_payout = paid["payout_usd"]
    paid["payout_usd"] += Decimal("1e-12")
    (difference,) = differences(challenge.expected, home)
    assert difference.columns == ["payout_usd"]
    report = challenge.report([difference])
    assert "seed 14" in report
    assert f"the reference says {paid['payout_usd']!r}, the models say {correct_payout!r}" in report
    assert f"request_id='{paid['request_id']}'" in report
