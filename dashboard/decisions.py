"""Everything that is known about one request, paid or not, for the request page. Lists of requests are in queries.py."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any

from dashboard.answers import OtherRequest, RequestAnswer
from dashboard.request_meta import parsed, read_meta
from dashboard.sessions import Session
from makegood.home import Home
from makegood.hours import floor_hour
from makegood.publication.asking import ask
from makegood.publication.explaining import (
    SAME_NAME,
    SAME_REQUEST,
    RuleEvaluation,
    assessed,
    decision,
    evaluated_rules,
)
from makegood.storage.queries import named_rows, sql_beside
from makegood.storage.rows import plain

Row = dict[str, Any]


class Decisions:
    """Looks up single requests in one session, for one visitor."""

    def __init__(self, session: Session, home: Home, scope: str | None) -> None:
        """`scope` is the only account that the visitor may see; None means all accounts."""
        self._session, self._home, self._scope = session, home, scope

    def find(
        self,
        source: str,
        request_id: str,
        hour: datetime | None,
        account: str | None = None,
        request_key: str | None = None,
        at: datetime | None = None,
    ) -> RequestAnswer | None:
        """Find the request, or return None where there is none that the visitor may see.

        Several accounts may have used the same id, and one account may have reused it. `account`, `request_key` and `at` (naive UTC, or
        with an offset) select one of these requests; without them it is the latest. With `hour`, only that hour is searched.
        """
        named: Row = {"source": source, "request_id": request_id, "scope": self._scope}
        mine = "source = $source and request_id = $request_id"
        if hour is not None:
            mine = f"{SAME_NAME} and request_date = $request_date and request_hour = $request_hour"
            named |= {"request_date": hour.date(), "request_hour": hour.hour}
        mine += " and ($scope is null or account_id = $scope)"
        found = self._rows(f"from fct_requests where {mine}", named)
        # fct_requests may no longer hold the request, but fct_compensations keeps every compensation.
        found = found or self._rows(f"from fct_compensations where {mine}", named)
        found.sort(key=itemgetter("requested_at", "request_key"), reverse=True)
        moment = at.astimezone(UTC).replace(tzinfo=None) if at and at.tzinfo else at
        meant = [
            row
            for row in found
            if (account is None or row["account_id"] == account)
            and (request_key is None or row["request_key"] == request_key)
            and (moment is None or row["requested_at"] == moment)
        ]
        return self._answer(meant[0], [row for row in found if row is not meant[0]]) if meant else None

    def _answer(self, fact: Row, others: list[Row]) -> RequestAnswer:
        """Everything that is known about the request. The queries run in parallel, because each has to read the catalog; for the same reason
        the rows are sorted in Python."""
        is_kept = "reason_code" in fact
        reason_code = fact["reason_code"] if is_kept else "compensated"
        with ThreadPoolExecutor(2) as asking:
            status = asking.submit(self._payout_status, fact) if reason_code == "compensated" else None
            rules = asking.submit(self._rules, fact) if is_kept else None
            assessments = asking.submit(self._assessments, fact) if is_kept else None
            meta = asking.submit(self._paid_meta if reason_code == "compensated" else self._logged_meta, fact)
            entries = asking.submit(self._entries, fact)
        evaluated = rules.result() if rules else []
        return RequestAnswer(
            publication_id=self._session.publication.publication_id,
            source=fact["source"],
            request_id=fact["request_id"],
            requested_at=fact["requested_at"],
            reason_code=reason_code,
            decision=decision(fact, evaluated) if is_kept else self._kept_explanation(fact),
            facts=plain({name: value for name, value in fact.items() if name != "meta"}),
            rules=plain([asdict(rule) for rule in evaluated]),
            payout_status=status.result() if status else None,
            ledger_entries=plain(entries.result()),
            assessments=plain(assessments.result() if assessments else []),
            meta=meta.result(),
            others=[OtherRequest(**{name: row[name] for name in OtherRequest.model_fields}) for row in others],
        )

    def _rules(self, fact: Row) -> list[RuleEvaluation]:
        """The evaluated rules: first the one that pays, then the others that matched, then the rest."""
        with self._session.lookup() as cursor:
            rules = evaluated_rules(cursor, fact)
        return sorted(rules, key=lambda rule: (not rule.is_paid, rule.outcome != "matched"))

    def _assessments(self, fact: Row) -> list[Row]:
        with self._session.lookup() as cursor:
            return assessed(cursor, fact)

    def _kept_explanation(self, fact: Row) -> str:
        """The explanation from the compensation itself, for a request that is no longer kept."""
        return str(self._details(fact, "explanation"))

    def _payout_status(self, fact: Row) -> str:
        """The settlement status of the payout."""
        return str(self._details(fact, "payout_status"))

    def _details(self, fact: Row, column: str) -> Any:
        """A column of the compensation in mart_compensation_details."""
        named = {"compensation_id": _compensation_id(fact)} | _values(
            fact, "account_id", "request_date", "requested_at"
        )
        [found] = self._rows(sql_beside(__file__, "compensation_detail").format(column=column), named)
        return found[column]

    def _paid_meta(self, fact: Row) -> Any:
        sql = sql_beside(__file__, "paid_meta").format(same_request=SAME_REQUEST)
        [paid] = self._rows(sql, _values(fact, "request_key", "request_date", "requested_at"))
        return parsed(paid["meta"])

    def _entries(self, fact: Row) -> list[Row]:
        """The ledger entries of the request."""
        named = {"compensation_id": _compensation_id(fact)} | _values(fact, "account_id", "request_date")
        return sorted(
            self._rows(sql_beside(__file__, "request_entries"), named), key=itemgetter("posted_at", "entry_id")
        )

    def _logged_meta(self, fact: Row) -> Any:
        if "landing_file" not in fact:
            return None
        hour = floor_hour(fact["requested_at"])
        return read_meta(self._home, fact["request_key"], hour, fact["landing_file"], fact["landing_line"])

    def _rows(self, sql: str, values: Row) -> list[Row]:
        with self._session.lookup() as cursor:
            return named_rows(ask(cursor, sql, values))


def _values(fact: Row, *names: str) -> Row:
    return {name: fact[name] for name in names}


def _compensation_id(fact: Row) -> str:
    """The compensation id of the request, calculated as in fct_compensations."""
    if "compensation_id" in fact:
        return str(fact["compensation_id"])
    first = fact["first_requested_at"].replace(tzinfo=UTC)
    return sha256(f"{fact['request_key']} {round(first.timestamp() * 1000)}".encode()).hexdigest()
