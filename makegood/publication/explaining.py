"""Explains why a request was paid or not: the decision as a sentence, its signals, and every rule in force. It decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

import duckdb

from makegood.errors import MakegoodError
from makegood.policy.signals import assessed_signals, timed_signals, untimed_operations, yes_no_signals
from makegood.publication.asking import ask
from makegood.storage.queries import named_rows, sql_beside

# For use within a known hour. DuckLake checks an equality against its statistics of each file, which costs more than reading the hour's
# rows; an expression is compared with the rows only.
SAME_NAME = "source || '' = $source and request_id || '' = $request_id"
SAME_REQUEST = "request_key || '' = $request_key"

NO_PURCHASES = {
    "health_check": "a health check by the gateway itself",
    "retrieval": "a read of something bought earlier",
}
"""Operations that nobody pays for, in words."""
KEY = ("request_key", "requested_at", "request_date", "request_hour")
"""The columns by which a request is found again."""

Row = dict[str, Any]


@dataclass(frozen=True)
class RuleEvaluation:
    """How one rule applied to the request. Money is in USD; `observed_value` is None if the signal was not observed.

    Attributes:
        operations: the operations that the rule applies to, joined by |; * means every purchase.
        outcome: matched, or why not, as in mart_rule_evaluations.
        is_paid: whether this is the rule that was paid.
        sentence: the outcome in words.
    """

    policy_version: str
    rule_id: str
    compensation_type: str
    label: str
    description: str | None
    signal: str
    observed_value: Decimal | None
    comparator: str
    threshold_value: Decimal
    operations: str
    min_output_tokens: int | None
    min_latency_ms: int | None
    payout_rate: Decimal
    payout_cap_usd: Decimal | None
    rule_payout_usd: Decimal | None
    outcome: str
    is_paid: bool
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """Why a request was paid or not, as of one publication. `plain(asdict(…))` is its JSON, with money as text.

    Attributes:
        sentence: the decision in words.
        request: the request's own columns, as in fct_requests.
        signals: every signal that a rule in force uses, by name; None if it was not observed.
        rules: every rule in force for the request's model at the time of the request.
        assessments: the verdicts of detectors, newest first.
        other_times: the times of other requests with the same id.
    """

    source: str
    request_id: str
    requested_at: datetime
    reason_code: str
    payout_usd: Decimal
    sentence: str
    request: Row
    signals: dict[str, Decimal | None]
    rules: list[RuleEvaluation]
    assessments: list[Row]
    other_times: list[datetime]


def explain(
    con: duckdb.DuckDBPyConnection,
    source: str | None,
    request_id: str,
    hour: datetime | None = None,
    account: str | None = None,
    at: datetime | None = None,
) -> Explanation:
    """Explain the decision on one request.

    Args:
        con: a session at the published snapshot.
        source: the gateway; may be None if only one gateway has the id.
        request_id: the request's id.
        hour: the request's hour (naive UTC), which saves a search; without it the latest request with the id is explained.
        account: the request's account; may be None if only one account has requests with the id.
        at: the exact time of the request (naive UTC), which distinguishes requests of one account with the same id.

    Raises:
        MakegoodError: no request has the id, or requests of several sources or accounts have it.
    """
    asked = {"source": source, "request_id": request_id, "hour": hour, "account_id": account}
    found = _rows(con, "asked_requests", asked)
    found = [row for row in found if at is None or row["requested_at"] == at]
    found.sort(key=itemgetter("requested_at", "request_key"), reverse=True)
    if not found:
        whose = "".join([f"of {source} " if source else "", f"by {account} " if account else ""])
        raise MakegoodError(f"no published request {whose}{f'asked at {at} ' if at else ''}has the id {request_id!r}")
    for column, option in (("source", "--source"), ("account_id", "--account")):
        names = sorted({row[column] for row in found})
        if len(names) > 1:
            kind = "accounts" if column == "account_id" else "sources"
            raise MakegoodError(
                f"{len(names)} {kind} have a request {request_id!r}: say {option} {f' or {option} '.join(names)}"
            )
    request = found[0]
    rules = evaluated_rules(con, request)
    return Explanation(
        source=request["source"],
        request_id=request_id,
        requested_at=request["requested_at"],
        reason_code=request["reason_code"],
        payout_usd=request["payout_usd"],
        sentence=decision(request, rules),
        request=request,
        signals={rule.signal: rule.observed_value for rule in rules},
        rules=rules,
        assessments=assessed(con, request),
        other_times=[row["requested_at"] for row in found[1:]],
    )


def evaluated_rules(con: duckdb.DuckDBPyConnection, request: Row) -> list[RuleEvaluation]:
    """Every rule in force for the request (a row of fct_requests) and how it applied, sorted by precedence of type, then rule id."""
    rows = _rows(con, "evaluated_rules", {name: request[name] for name in KEY})
    return [_evaluation(row, request) for row in sorted(rows, key=itemgetter("precedence", "rule_id"))]


def assessed(con: duckdb.DuckDBPyConnection, request: Row) -> list[Row]:
    """The detectors' verdicts on the request (a row of fct_requests), newest first."""
    rows = sorted(_rows(con, "assessments", {name: request[name] for name in KEY}), key=itemgetter("detector"))
    return sorted(rows, key=itemgetter("assessed_at"), reverse=True)


def plain_number(value: Decimal | None) -> str:
    """The number for a sentence, without trailing zeros, as the macro `plain_number` writes it."""
    if value is None:
        return "an unknown amount"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rows(con: duckdb.DuckDBPyConnection, name: str, values: Row) -> list[Row]:
    """The few rows of a query in `sql/`. They are sorted in Python: sorting in SQL makes DuckLake read the statistics of every column."""
    return named_rows(ask(con, sql_beside(__file__, name).format(same_request=SAME_REQUEST), values))


def _evaluation(row: Row, request: Row) -> RuleEvaluation:
    is_decisive = (row["policy_version"], row["rule_id"]) == (request["policy_version"], request["rule_id"])
    is_paid = is_decisive and request["reason_code"] == "compensated"
    values = {name: value for name, value in row.items() if name != "precedence"}
    return RuleEvaluation(**values, is_paid=is_paid, sentence=_outcome(row, request, is_paid))


def decision(request: Row, rules: list[RuleEvaluation]) -> str:
    """The decision on a request as a sentence."""
    reason = request["reason_code"]
    if reason == "compensated":
        label = next((r.label for r in rules if r.compensation_type == request["compensation_type"]), None)
        payer = next((rule for rule in rules if _decided_so(rule, request)), None)
        cap = f", at most ${plain_number(payer.payout_cap_usd)}" if payer and payer.payout_cap_usd is not None else ""
        why = (
            f": {_observed(payer)}"
            if payer
            else f", which was changed since: {plain_number(request['observed_value'])} was observed where it paid at {plain_number(request['threshold_value'])}"
        )
        return (
            f"${plain_number(request['payout_usd'])} is paid as {label or request['compensation_type']} under rule {request['rule_id']}{why}."
            f" It pays {plain_number(request['payout_rate'] * 100)}% of the cost of ${plain_number(request['cost_usd'])}{cap}."
        )
    named = f"rule {request['rule_id']} matched" if request["rule_id"] else ""
    refused = (
        "the gateway itself refused it"
        if request["error_fault"] == "gateway"
        else "the error was of the caller's own making"
    )
    because = {
        "not_a_purchase": f"it is not a purchase but {NO_PURCHASES.get(request['operation'], 'a ' + request['operation'])}",
        "not_covered": f"the account {request['account_id']} was not covered at that time",
        "cancelled_by_caller": "the caller left before the end",
        "caller_error": f"{refused} ({_failure(request)})",
        "not_billed": "nothing was billed for it",
        "within_normal_range": "no rule matched",
        "cost_unknown": f"{named}, but the cost of the request is unknown"
        if named
        else "the log says neither what the request cost nor how many tokens it took",
        "zero_payout": f"{named}, but its payout on ${plain_number(request['cost_usd'] or Decimal(0))} rounds to zero",
    }
    return f"Nothing is paid: {because[reason]}."


def _failure(request: Row) -> str:
    """How the request failed, according to the log."""
    status, code = request["status_code"], request["error_code"]
    return ", ".join([f"status {status or 'not logged'}", *([code] if code else [])])


def _decided_so(rule: RuleEvaluation, request: Row) -> bool:
    """Whether the current rule is the one that was paid: until an hour is restated, its rules may have been edited since."""
    return (
        (rule.policy_version, rule.rule_id) == (request["policy_version"], request["rule_id"])
        and (rule.threshold_value, rule.payout_rate) == (request["threshold_value"], request["payout_rate"])
        and (rule.payout_cap_usd is None or request["payout_usd"] <= rule.payout_cap_usd)
    )


def _outcome(row: Row, request: Row, is_paid: bool) -> str:
    observed, outcome = row["observed_value"], row["outcome"]
    threshold = f"{row['comparator']} {plain_number(row['threshold_value'])}"
    if outcome == "not_for_operation":
        return f"it is for {row['operations'].replace('|', ', ')}, and this was {request['operation']}"
    if outcome == "replaced_for_model":
        return f"replaced by a rule specific to models like {request['model']}"
    if outcome == "not_observed":
        return f"{row['signal']} was not observed{_why_unknown(row['signal'], request)}"
    if outcome == "threshold_not_met":
        return f"{row['signal']} was {plain_number(observed)}, which is not {threshold}"
    if outcome == "too_little_output":
        return f"it requires at least {row['min_output_tokens']} output tokens, and there were {_count(request['output_tokens'])}"
    if outcome == "too_short":
        return f"it requires at least {row['min_latency_ms']} ms, and the request took {_count(request['latency_ms'])}"
    matched = f"{row['signal']} was {plain_number(observed)}, which is {threshold}"
    if is_paid:
        return f"paid: {matched}"
    if request["reason_code"] == "compensated":
        return f"matched, as {matched}; it would pay ${plain_number(row['rule_payout_usd'])}, and {request['rule_id']} comes before it"
    return f"matched, as {matched}, but the request is not compensated"


def _why_unknown(signal: str, request: Row) -> str:
    """Why a signal is unknown, if the request tells."""
    if signal == "upstream_failed":
        return ": nobody can say whose fault the error was"
    if signal in assessed_signals() and request["operation"] == "other":
        called = f" ({request['native_operation']})" if request["native_operation"] else ""
        return f": the operation{called} is unknown, so it is unclear what counts as an answer"
    if signal in timed_signals() and request["operation"] in untimed_operations():
        return f": a {request['operation']} has no meaningful latency, as the caller decides how long it runs"
    if signal in ("empty_completion", "truncated") and request["finish_reason"] == "other":
        return f": it ended with an unknown finish reason ({request['native_finish_reason']})"
    if signal == "empty_completion" and request["is_answer_withheld"] and request["has_answer"] is None:
        return ": the answer was redacted from the log"
    return ""


def _observed(rule: RuleEvaluation) -> str:
    if rule.description and rule.signal in yes_no_signals():
        return rule.description.rstrip(".")
    return f"{rule.signal} was {plain_number(rule.observed_value)}, which is {rule.comparator} {plain_number(rule.threshold_value)}"


def _count(value: int | None) -> str:
    return "an unknown number" if value is None else str(value)
