"""Verdicts in complete runs: they are stored with their requests, late ones derive an hour again, lost ones stop the publication."""

from datetime import timedelta
from pathlib import Path

import pytest
from running_gateway import FIRST, Gateway, record, verdict

from makegood.errors import MakegoodError
from makegood.hours import HOUR
from makegood.ingestion.inventory import Inventory
from makegood.status import status
from makegood.verdicts.placing import VerdictEquation

VERDICTS = "select request_id, detector, verdict, score::varchar from fct_content_assessments order by all"
DIGESTS = "select hour_at, input_digest from fct_request_hours order by all"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """A home with two derived hours, a verdict that landed with its request, and one that landed before its request."""
    gateway = Gateway(tmp_path_factory.mktemp("verdicts"))
    gateway.land(FIRST, [record("a", FIRST), record("b", FIRST + timedelta(minutes=1))])
    gateway.land(FIRST + HOUR, [record("c", FIRST + HOUR)])
    verdicts = [
        verdict("a", FIRST + timedelta(minutes=30)),
        verdict("late", FIRST),
        verdict("z", FIRST, source="other"),
    ]
    gateway.land(FIRST, verdicts, feed="judge")
    gateway.run(FIRST, 2)
    return gateway


def test_a_verdict_is_stored_with_its_request_and_waits_until_that_has_landed(gateway: Gateway) -> None:
    assert gateway.query(VERDICTS) == [("a", "judge", "unsatisfactory", "0.9500")]
    now = status(gateway.root, gateway.settings.sources)
    assert (now.verdict_equation, now.is_sound) == (VerdictEquation(landed=3, placed=1, waiting=2, given_up=0), True)


def test_late_verdicts_and_verdicts_on_late_requests_derive_only_their_hours(gateway: Gateway) -> None:
    before = dict(gateway.query(DIGESTS))
    landed_hour = FIRST + 30 * HOUR
    gateway.land(landed_hour, [record("late", FIRST + 5 * HOUR)])
    gateway.land(
        landed_hour,
        [verdict("c", landed_hour), verdict("c", landed_hour - HOUR, verdict="satisfactory", score=0.1)],
        feed="judge",
    )
    report = gateway.run(landed_hour)
    assert (report.landed["rows landed"], report.verdicts["rows landed"]) == (1, 2)
    assert gateway.query(VERDICTS) == [
        ("a", "judge", "unsatisfactory", "0.9500"),
        ("c", "judge", "unsatisfactory", "0.9500"),
        ("late", "judge", "unsatisfactory", "0.9500"),
    ]
    after = dict(gateway.query(DIGESTS))
    assert {hour for hour in after if after[hour] != before.get(hour)} == {FIRST + HOUR, FIRST + 5 * HOUR}
    assert status(gateway.root, gateway.settings.sources).verdict_equation == VerdictEquation(
        landed=5, placed=4, waiting=1, given_up=0
    )


def test_lost_verdicts_stop_the_publication(gateway: Gateway) -> None:
    published = gateway.query(VERDICTS)
    gateway.land(FIRST + HOUR, [verdict("b", FIRST + HOUR)], feed="judge")
    inventory = Inventory(Path(gateway.root / "lake" / "inventory.sqlite"))
    inventory._db.execute(
        "create trigger loses after insert on assessment_parts begin delete from assessment_parts; end"
    )
    try:
        with pytest.raises(
            MakegoodError, match="1 records read, 1 landed, 0 ignored, 0 quarantined, 0 placed or waiting"
        ):
            gateway.run(FIRST + HOUR)
    finally:
        inventory._db.execute("drop trigger loses")
        inventory.close()
    assert gateway.query(VERDICTS) == published
