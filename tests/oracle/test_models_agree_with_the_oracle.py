"""The models give the reference's value in every field, for logs and policies that are made to break them."""

from __future__ import annotations

import pytest

from oracle.building import OracleHome
from oracle.challenge import challenge
from oracle.reference import REASONS

REQUESTS = 8_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> OracleHome:
    return OracleHome(tmp_path_factory.mktemp("oracle"))


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_every_field_of_every_decision_is_what_the_reference_says(seed: int, home: OracleHome) -> None:
    outcome = challenge(seed, REQUESTS, home)
    assert outcome.reasons == set(REASONS), "the log challenges every reason"
    assert not outcome.differing, str(outcome)
