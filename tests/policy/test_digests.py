"""Policy digests: a change of the policy changes the digests of the hours in which it is in force, and no others."""

from dataclasses import replace
from datetime import datetime

from edited_seeds import Seeds

from makegood.policy.digests import policy_digests
from makegood.policy.signals import baseline_terms
from makegood.policy.validation import valid_policy

RULES = "compensation_rules"
HOURS = [datetime(2026, month, 1, hour) for month in (1, 6, 12) for hour in (0, 9, 10, 11)]
CHANGE = "2026-06-01 10:30:00"


def digests(seeds: Seeds) -> dict[datetime, str]:
    policy = policy_digests(valid_policy(seeds.path))
    return {hour: policy.at(hour) for hour in HOURS}


def changed(seeds: Seeds, before: dict[datetime, str]) -> list[datetime]:
    after = digests(seeds)
    return [hour for hour in HOURS if after[hour] != before[hour]]


def test_a_new_policy_version_does_not_change_the_digests_of_earlier_hours(seeds: Seeds) -> None:
    before = digests(seeds)
    assert len(set(before.values())) == 1
    rows = seeds.rows(RULES)
    ended = [row | {"effective_to": CHANGE} for row in rows]
    seeds.write(RULES, [*ended, *(row | {"policy_version": "2", "effective_from": CHANGE} for row in rows)])
    assert changed(seeds, before) == [hour for hour in HOURS if hour >= datetime(2026, 6, 1, 10)]


def test_moving_a_boundary_by_a_second_changes_only_the_digest_of_its_hour(seeds: Seeds) -> None:
    seeds.write("account_coverage", [_opt_out("2026-06-01 10:30:00", "2026-06-01 10:45:00")])
    before = digests(seeds)
    seeds.write("account_coverage", [_opt_out("2026-06-01 10:30:01", "2026-06-01 10:45:00")])
    assert changed(seeds, before) == [datetime(2026, 6, 1, 10)]


def test_an_edited_rule_changes_the_digest_of_every_hour_in_which_it_is_in_force(seeds: Seeds) -> None:
    before = digests(seeds)
    seeds.change(RULES, 2, payout_rate="0.9")
    assert changed(seeds, before) == HOURS


def test_descriptions_labels_and_account_caps_do_not_change_digests(seeds: Seeds) -> None:
    before = digests(seeds)
    seeds.change(RULES, 2, description="In other words.")
    seeds.change("compensation_types", 2, label="Another label")
    seeds.write(
        "compensation_caps", [{"scope": "account_day", "cap_usd": "5", "effective_from": "2020-01-01 00:00:00"}]
    )
    assert changed(seeds, before) == []


def test_a_changed_definition_of_the_latency_baseline_changes_every_digest(seeds: Seeds) -> None:
    policy, terms = valid_policy(seeds.path), baseline_terms()
    today, others = policy_digests(policy), policy_digests(policy, replace(terms, wording=terms.wording + " or so"))
    assert "requests', 50" in terms.wording
    assert policy_digests(policy, terms) == today
    assert [hour for hour in HOURS if others.at(hour) == today.at(hour)] == []


def _opt_out(since: str, until: str) -> dict[str, str]:
    return {"account_id": "acme", "is_covered": "false", "effective_from": since, "effective_to": until}
