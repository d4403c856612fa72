"""All that is known of one request, paid or not: what the request page shows. Lists of requests are queries.py's."""

from datetime import datetime
from typing import Any

from dashboard.answers import RequestAnswer
from dashboard.following import Session
from dashboard.metas import parsed, read_meta
from orchestration.home import Home
from orchestration.hours import floor_hour
from orchestration.presentation import plain

REASONS = {
    "not_covered": "Not paid: this account is not covered.",
    "cancelled_by_caller": "Not paid: the caller cancelled the request.",
    "caller_error": "Not paid: the error was of the caller's own making.",
    "not_billed": "Not paid: nothing was billed.",
    "within_normal_range": "Not paid: no rule matched, the request was within its normal range.",
    "cost_unknown": "Not paid: a rule matched, but what the request cost is not known.",
    "zero_payout": "Not paid: a rule matched, but what it pays comes to nothing.",
}

Row = dict[str, Any]


class Decisions:
    """Looks single requests up in one session, for one visitor."""

    def __init__(self, session: Session, home: Home, scope: str | None) -> None:
        """`scope` is the one account that the visitor may see; None is all."""
        self._session, self._home, self._scope = session, home, scope

    def find(self, source: str, request_id: str, hour: datetime | None) -> RequestAnswer | None:
        """The request, or None where the visitor may not see one of this name.

        An id that was used again more than 7 days later is two requests: `hour` tells which, else it is the latest.
        """
        named: Row = {"source": source, "request_id": request_id, "scope": self._scope}
        in_hour = ""
        if hour is not None:
            in_hour = " and request_date = $request_date and request_hour = $request_hour"
            named |= {"request_date": hour.date(), "request_hour": hour.hour}
        mine = "source = $source and request_id = $request_id and ($scope is null or account_id = $scope)"
        found = self._rows(f"from fct_requests where {mine}{in_hour} order by requested_at desc", named)
        paid = self._rows(f"from fct_compensations where {mine}{in_hour} order by requested_at desc", named)
        if not found and not paid:
            return None
        fact = found[0] if found else paid[0]
        requested_at = fact["requested_at"]
        compensation = next((row for row in paid if row["requested_at"] == requested_at), None)
        return RequestAnswer(
            publication_id=self._session.publication.publication_id,
            source=source,
            request_id=request_id,
            requested_at=requested_at,
            reason_code=fact.get("reason_code", "compensated"),
            decision=self._decision(fact, compensation),
            facts=plain({name: value for name, value in fact.items() if name != "meta"}),
            rules=plain(self._matched_rules(fact)),
            ledger_entries=plain(self._entries(source, request_id)),
            assessments=plain(self._assessments(source, request_id)),
            meta=parsed(compensation["meta"]) if compensation else self._logged_meta(fact),
            other_times=[row["requested_at"] for row in found if row["requested_at"] != requested_at],
        )

    def _decision(self, fact: Row, compensation: Row | None) -> str:
        if compensation is None:
            reason = str(fact["reason_code"])
            return REASONS.get(reason, reason)
        named = {"source": fact["source"], "request_id": fact["request_id"], "requested_at": fact["requested_at"]}
        [details] = self._rows(
            "select explanation from mart_compensation_details"
            ' where source = $source and request_id = $request_id and "timestamp" = $requested_at',
            named,
        )
        return str(details["explanation"])

    def _matched_rules(self, fact: Row) -> list[Row]:
        """The rules that the request matched, the one that pays first."""
        if not fact["matched_rule_ids"] or not fact["policy_version"]:
            return []
        named = {"policy_version": fact["policy_version"], "rule_ids": fact["matched_rule_ids"].split(",")}
        return self._rows(
            "select rules.*, types.label as compensation_type_label"
            " from dim_compensation_rules as rules inner join dim_compensation_types as types using (compensation_type)"
            " where policy_version = $policy_version and list_contains($rule_ids, rule_id)"
            " order by rule_id <> $paid, types.precedence, rule_id",
            named | {"paid": fact["rule_id"]},
        )

    def _entries(self, source: str, request_id: str) -> list[Row] | None:
        if not self._session.has("fct_ledger_entries"):
            return None
        return self._rows(
            "select * exclude (compensation_id) from fct_ledger_entries"
            " where compensation_id = sha256(concat($source, '|', $request_id))"
            " and ($scope is null or account_id = $scope) order by posted_at, entry_id",
            {"source": source, "request_id": request_id, "scope": self._scope},
        )

    def _assessments(self, source: str, request_id: str) -> list[Row] | None:
        if not self._session.has("fct_content_assessments"):
            return None
        return self._rows(
            "select detector, detector_version, verdict, score, category, evidence, assessed_at from fct_content_assessments"
            " where source = $source and request_id = $request_id order by assessed_at desc, detector",
            {"source": source, "request_id": request_id},
        )

    def _logged_meta(self, fact: Row) -> Any:
        if "landing_file" not in fact:
            return None
        hour = floor_hour(fact["requested_at"])
        return read_meta(
            self._home, fact["source"], fact["request_id"], hour, fact["landing_file"], fact["landing_line"]
        )

    def _rows(self, sql: str, values: Row) -> list[Row]:
        with self._session.cursor() as cursor:
            result = cursor.execute(sql, values)
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
