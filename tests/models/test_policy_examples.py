"""The examples by which the default policy is explained, through all models under the seeds that are shipped: reason, rule and payout to the last digit."""

from datetime import datetime, timedelta
from decimal import Decimal

from models.conftest import Home, assessment, delivery

HOUR = datetime(2026, 11, 2, 10)
AT = HOUR + timedelta(minutes=5)
NORMAL_MS = 8_000
NORMAL = [
    delivery(
        f"normal-{number}",
        AT - timedelta(days=1),
        latency_ms=NORMAL_MS,
        output_tokens=200,
        landing_file="landing/gateway/normal.jsonl",
    )
    for number in range(50)
]
"""What makes 8 seconds normal for as much output as the examples have."""


def test_each_example_is_paid_as_it_is_explained_and_keeps_the_rules_that_matched_besides(home: Home) -> None:
    answered = {"output_tokens": 200, "requested_at": AT}
    deliveries = [
        delivery("slow", **answered, latency_ms=26_000, cost_usd="0.041216"),
        delivery("no json", **answered, cost_usd="40"),
        delivery(
            "cut off", **answered, latency_ms=70_000, cost_usd="0.2", finish_reason="length", max_output_tokens=4096
        ),
        delivery("halfway", **answered, latency_ms=26_000, cost_usd="1.000000000002"),
    ]
    verdicts = [assessment("no json", HOUR, detector="invalid_json", score=None)]
    home.build([*NORMAL, *deliveries], [HOUR, HOUR - timedelta(days=1)], verdicts)
    decided = home.query(
        "select request_id, reason_code, rule_id, payout_usd, matched_rule_ids from fct_requests"
        f" where request_date = '{HOUR:%Y-%m-%d}' order by request_id"
    )
    assert decided == [
        ("cut off", "compensated", "HL-3", Decimal("0.2"), "HL-1,HL-2,HL-3,HL-4,UC-4"),
        ("halfway", "compensated", "HL-2", Decimal("0.25"), "HL-1,HL-2"),
        ("no json", "compensated", "UC-2", Decimal(5), "UC-2"),
        ("slow", "compensated", "HL-2", Decimal("0.010304"), "HL-1,HL-2"),
    ]
    reasons = home.query("select distinct reason_code from fct_requests where request_id like 'normal-%'")
    assert reasons == [("within_normal_range",)]
