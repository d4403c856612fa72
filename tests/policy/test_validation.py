"""Validation of the policy: every kind of invalid policy is refused with file, line and reason, and the shipped policy is valid."""

from collections.abc import Callable

import pytest
from edited_seeds import Seeds

from makegood.policy.seeds import PolicyError
from makegood.policy.validation import valid_policy

RULES, TYPES, FAULTS = "compensation_rules", "compensation_types", "failure_faults"
OPEN = {"effective_from": "2020-01-01 00:00:00"}

Change = Callable[[Seeds], None]

INVALID: dict[str, tuple[Change, str]] = {
    "unknown signal": (
        lambda s: s.change(RULES, 2, signal="mood"),
        "compensation_rules.csv line 2: there is no signal 'mood'; there are: upstream_failed, ",
    ),
    "unknown comparator": (
        lambda s: s.change(RULES, 3, comparator="=>"),
        "compensation_rules.csv line 3: there is no comparator '=>'; there are: >= > <= < =",
    ),
    "operations missing": (lambda s: s.change(RULES, 2, operations=""), "line 2: operations is empty"),
    "unknown operation": (
        lambda s: s.change(RULES, 3, operations="chat|video"),
        "compensation_rules.csv line 3: there is no operation 'video' (in operations, 'chat|video'); there are: chat, ",
    ),
    "operations with another separator": (
        lambda s: s.change(RULES, 3, operations="chat, responses"),
        "line 3: there is no operation 'chat, responses'",
    ),
    "an operation beside *": (
        lambda s: s.change(RULES, 3, operations="*|chat"),
        "line 3: there is no operation '*' (in operations, '*|chat'); there are: chat, ",
    ),
    "operation named twice": (
        lambda s: s.change(RULES, 3, operations="chat|tool|chat"),
        "line 3: operations names chat twice",
    ),
    "operation that nobody purchases": (
        lambda s: s.change(RULES, 2, operations="chat|health_check"),
        "line 2: a rule cannot apply to health_check, which nobody purchases",
    ),
    "content signal for unknown operations": (
        lambda s: s.change(RULES, 3, operations="chat|other"),
        "line 3: empty_completion cannot be for other: it is unknown what counts as an answer there",
    ),
    "latency of a realtime session": (
        lambda s: s.change(RULES, 12, operations="chat|realtime"),
        "line 12: latency_ms cannot be for realtime, which has no meaningful latency: the caller decides how long it runs",
    ),
    "unknown fault": (
        lambda s: s.change(FAULTS, 2, fault="provider"),
        "failure_faults.csv line 2: there is no fault 'provider'; there are: upstream, gateway, caller, undecided",
    ),
    "unknown error origin": (
        lambda s: s.change(FAULTS, 2, error_origin="client"),
        "failure_faults.csv line 2: there is no origin 'client'; there are: *, unsaid, upstream, gateway, caller",
    ),
    "status that is not a pattern of HTTP statuses": (
        lambda s: s.change(FAULTS, 2, status="5xx"),
        "failure_faults.csv line 2: status is '5xx': write an HTTP status such as 503, the beginning of one such as 5*,",
    ),
    "error code in upper case": (
        lambda s: s.change(FAULTS, 2, error_code="*Budget*"),
        "failure_faults.csv line 2: error_code is '*Budget*': write it in lower case, because codes are compared in lower case",
    ),
    "error code with a vertical bar": (
        lambda s: s.change(FAULTS, 2, error_code="a|b"),
        "failure_faults.csv line 2: error_code is 'a|b': it must not contain |, which is replaced by a space before comparison",
    ),
    "two faults with the same rank": (
        lambda s: s.change(FAULTS, 3, rank="100"),
        "failure_faults.csv line 3: rank 100 is in force on line 2 at the same time",
    ),
    "rate above one": (
        lambda s: s.change(RULES, 2, payout_rate="1.0001"),
        "compensation_rules.csv line 2: payout_rate is 1.0001: a rate lies between 0 and 1",
    ),
    "rate below zero": (lambda s: s.change(RULES, 2, payout_rate="-0.1"), "line 2: payout_rate is -0.1: a rate lies"),
    "rate missing": (lambda s: s.change(RULES, 2, payout_rate=""), "line 2: payout_rate is empty"),
    "rate with too many decimal places": (
        lambda s: s.change(RULES, 2, payout_rate="0.12345"),
        "line 2: payout_rate is '0.12345': at most 4 digits may follow the point",
    ),
    "rate in words": (lambda s: s.change(RULES, 2, payout_rate="half"), "'half': write a plain decimal number"),
    "rate in exponent notation": (
        lambda s: s.change(RULES, 2, payout_rate="1e-1"),
        "'1e-1': write a plain decimal number",
    ),
    "cap below zero": (lambda s: s.change(RULES, 2, payout_cap_usd="-1"), "payout_cap_usd is -1, which is below 0"),
    "cap with too many digits": (
        lambda s: s.change(RULES, 2, payout_cap_usd="1000000"),
        "payout_cap_usd is '1000000': at most 6 digits may stand before the point",
    ),
    "minimum below zero": (
        lambda s: s.change(RULES, 2, min_output_tokens="-1"),
        "min_output_tokens is -1, which is below 0",
    ),
    "minimum that is not a whole number": (
        lambda s: s.change(RULES, 2, min_latency_ms="1.5"),
        "min_latency_ms is '1.5': write a whole number",
    ),
    "threshold missing": (lambda s: s.change(RULES, 2, threshold=""), "line 2: threshold is empty"),
    "rule without an id": (lambda s: s.change(RULES, 2, rule_id=""), "line 2: rule_id is empty"),
    "model pattern missing": (lambda s: s.change(RULES, 2, model_pattern=""), "line 2: model_pattern is empty"),
    "signal with a space": (
        lambda s: s.change(RULES, 2, signal=" upstream_failed"),
        "compensation_rules.csv line 2: signal is ' upstream_failed': remove the surrounding spaces",
    ),
    "type with a no-break space": (
        lambda s: s.change(RULES, 2, compensation_type="service_failure\u00a0"),
        "line 2: compensation_type is 'service_failure\\xa0': remove the surrounding spaces",
    ),
    "account id of only spaces": (
        lambda s: s.write("account_coverage", [{"account_id": "  ", "is_covered": "true", **OPEN}]),
        "account_coverage.csv line 2: account_id is '  ': remove the surrounding spaces",
    ),
    "whole number in Arabic digits": (
        lambda s: s.change(RULES, 2, min_latency_ms="\u0661\u0660"),
        "min_latency_ms is '\u0661\u0660': write a whole number",
    ),
    "decimal number in Arabic digits": (
        lambda s: s.change(RULES, 2, payout_rate="0.\u0665"),
        "payout_rate is '0.\u0665': write a plain decimal number",
    ),
    "rule id with a comma": (
        lambda s: s.change(RULES, 2, rule_id="SF,1"),
        "line 2: rule_id is 'SF,1': a comma separates the rules that matched",
    ),
    "rule given twice": (
        lambda s: s.add(RULES),
        "policy_version 1 and rule_id SF-1 is already on line 2",
    ),
    "rule without a type": (
        lambda s: s.change(RULES, 2, compensation_type="goodwill"),
        "line 2: the type 'goodwill' is not in compensation_types.csv",
    ),
    "type without a rule": (
        lambda s: s.add(TYPES, compensation_type="goodwill", precedence="9"),
        "compensation_types.csv line 5: no rule pays the type 'goodwill'",
    ),
    "type given twice": (
        lambda s: s.add(TYPES, precedence="9"),
        "compensation_type service_failure is already on line 2",
    ),
    "two types with the same precedence": (
        lambda s: s.change(TYPES, 3, precedence="1"),
        "precedence 1 is already on line 2",
    ),
    "precedence missing": (lambda s: s.change(TYPES, 3, precedence=""), "line 3: precedence is empty"),
    "date that does not exist": (
        lambda s: s.change(RULES, 2, effective_from="2026-02-30"),
        "effective_from is '2026-02-30': write a moment in UTC like 2026-11-01 00:00:00",
    ),
    "time with a time zone": (
        lambda s: s.change(RULES, 2, effective_from="2026-11-01 00:00:00+01"),
        "write a moment in UTC",
    ),
    "ends before it begins": (
        lambda s: s.change(RULES, 2, effective_to="2019-01-01 00:00:00"),
        "line 2: it ends at 2019-01-01 00:00:00, which is not after its beginning 2020-01-01 00:00:00",
    ),
    "two policy versions in force": (
        lambda s: s.add(RULES, policy_version="2", effective_from="2026-01-01 00:00:00"),
        "policy version '2' begins while version '1' is in force on line ",
    ),
    "no policy after the last version": (
        lambda s: s.write(RULES, [row | {"effective_to": "2026-01-01 00:00:00"} for row in s.rows(RULES)]),
        "no rule is in force from 2026-01-01 00:00:00 on",
    ),
    "gap between policy versions": (
        lambda s: _next_policy(s, "2026-01-01 00:00:00", "2026-01-01 00:00:01"),
        "no rule is in force from 2026-01-01 00:00:00 to its beginning 2026-01-01 00:00:01",
    ),
    "no rule at all": (lambda s: s.write(RULES, []), "compensation_rules.csv: it contains no rule"),
    "account covered and not covered at the same time": (
        lambda s: s.write(
            "account_coverage",
            [
                {"account_id": "a", "is_covered": "true", **OPEN},
                {"account_id": "a", "is_covered": "false", "effective_from": "2026-02-01"},
            ],
        ),
        "account_coverage.csv line 3: account_id a is in force on line 2 at the same time",
    ),
    "coverage that is neither true nor false": (
        lambda s: s.write("account_coverage", [{"account_id": "a", "is_covered": "yes", **OPEN}]),
        "is_covered is 'yes': write true or false",
    ),
    "two prices of a model at the same time": (
        lambda s: s.add("model_prices"),
        "is in force on line 2 at the same time",
    ),
    "price below zero": (
        lambda s: s.change("model_prices", 2, input_price_usd="-0.1"),
        "input_price_usd is -0.1, which is below 0",
    ),
    "price of a cache write below zero": (
        lambda s: s.change("model_prices", 2, cache_write_1h_price_usd="-0.1"),
        "cache_write_1h_price_usd is -0.1, which is below 0",
    ),
    "cap with an unknown scope": (
        lambda s: s.write("compensation_caps", [{"scope": "account_year", "cap_usd": "1", **OPEN}]),
        "there is no scope 'account_year'; there are: account_day, account_month",
    ),
    "account cap below zero": (
        lambda s: s.write("compensation_caps", [{"scope": "account_day", "cap_usd": "-1", **OPEN}]),
        "compensation_caps.csv line 2: cap_usd is -1, which is below 0",
    ),
    "two caps at the same time": (
        lambda s: s.write("compensation_caps", [{"scope": "account_day", "cap_usd": "1", **OPEN}] * 2),
        "compensation_caps.csv line 3: scope account_day is in force on line 2 at the same time",
    ),
    "detector of a measured signal": (
        lambda s: s.change("detectors", 2, signal="latency_ms"),
        "detectors.csv line 2: detectors cannot provide the signal 'latency_ms', only: empty_completion, invalid_json,",
    ),
    "detector rank below 1": (
        lambda s: s.change("detectors", 2, rank="0"),
        "detectors.csv line 2: rank is 0: the first is 1",
    ),
    "detector given twice": (
        lambda s: s.add("detectors"),
        "detector human and signal assessment_score is in force on line 2 at the same time",
    ),
    "column missing": (
        lambda s: s.file(TYPES).write_text("compensation_type,label,precedence\n"),
        "compensation_types.csv line 1: the column description is missing",
    ),
    "column unknown": (
        lambda s: s.file(TYPES).write_text("compensation_type,label,precedence,description,colour\n"),
        "compensation_types.csv line 1: there is no column 'colour'",
    ),
    "columns in another order": (
        lambda s: s.file(TYPES).write_text("label,compensation_type,precedence,description\n"),
        "line 1: the columns must be in this order: compensation_type, label, precedence, description",
    ),
    "row with too few values": (
        lambda s: s.file("compensation_caps").write_text("scope,cap_usd,effective_from,effective_to\na,1\n"),
        "compensation_caps.csv line 2: 2 values where there are 4 columns",
    ),
    "file missing": (lambda s: s.file(TYPES).unlink(), "compensation_types.csv: No such file or directory"),
    "file that is not UTF-8": (
        lambda s: s.file(TYPES).write_bytes(b"\xff\xfe\x00"),
        "compensation_types.csv: is not CSV in UTF-8",
    ),
}


def _next_policy(seeds: Seeds, until: str, since: str) -> None:
    """End the shipped policy at `until`, and add the same rules as version 2 with effect from `since`."""
    rows = seeds.rows(RULES)
    ended = [row | {"effective_to": until} for row in rows]
    seeds.write(RULES, [*ended, *(row | {"policy_version": "2", "effective_from": since} for row in rows)])


def test_the_shipped_policy_is_valid() -> None:
    policy = valid_policy()
    assert {row["compensation_type"] for row in policy[RULES]} == {row["compensation_type"] for row in policy[TYPES]}


@pytest.mark.parametrize("problem", INVALID)
def test_an_invalid_policy_is_refused_with_file_line_and_reason(seeds: Seeds, problem: str) -> None:
    invalidate, sentence = INVALID[problem]
    invalidate(seeds)
    with pytest.raises(PolicyError) as raised:
        valid_policy(seeds.path)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_problem_of_a_policy_is_reported(seeds: Seeds) -> None:
    seeds.change(RULES, 2, signal="mood", payout_rate="2")
    seeds.change(RULES, 4, comparator="~")
    with pytest.raises(PolicyError) as raised:
        valid_policy(seeds.path)
    assert sorted(problem.line for problem in raised.value.problems) == [2, 2, 4]


def test_a_policy_version_that_follows_another_without_a_gap_is_valid(seeds: Seeds) -> None:
    _next_policy(seeds, "2026-01-01 00:00:00", "2026-01-01 00:00:00")
    assert {row["policy_version"] for row in valid_policy(seeds.path)[RULES]} == {"1", "2"}


def test_a_seed_saved_by_a_spreadsheet_program_reads_the_same(seeds: Seeds) -> None:
    before = valid_policy(seeds.path)
    text = seeds.file(RULES).read_text()
    seeds.file(RULES).write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode())
    assert valid_policy(seeds.path) == before


def test_a_candidate_file_of_rules_is_validated_with_the_other_seeds(seeds: Seeds) -> None:
    candidate = seeds.file(RULES).rename(seeds.path / "candidate.csv")
    assert valid_policy(seeds.path, candidate)[RULES]
    candidate.write_text(candidate.read_text().replace("1.0000", "1.5000"))
    with pytest.raises(PolicyError, match=r"candidate\.csv line 2: payout_rate is 1\.5000"):
        valid_policy(seeds.path, candidate)
