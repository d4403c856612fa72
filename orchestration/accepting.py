"""The job that accepts surprising money from Dagster's UI. What an acceptance is, is settlement/'s."""

import dagster as dg

from makegood.hours import HourRange
from makegood.settlement.acceptances import accept, parse_usd
from orchestration.automation import BEFORE_BACKFILLS
from orchestration.resources import Books


class Answer(dg.Config):
    """What is accepted, by whom and why: check, hours and USD as `makegood audits` lists them; the end is not included."""

    check: str
    first_hour: str
    end_hour: str
    payout_usd: str
    reason: str
    accepted_by: str


@dg.op
def accept_held_money(context: dg.OpExecutionContext, config: Answer, books: Books) -> None:
    """Accept what the audits hold of this check in these hours, as it is published now."""
    hours = HourRange.parse(config.first_hour, config.end_hour)
    made = accept(
        books.prepared_home, config.check, hours, parse_usd(config.payout_usd), config.reason, config.accepted_by
    )
    context.log.info(
        f"acceptance {made.number} of {made.payout_usd:f} USD in {len(made.hours)} request hours by {made.accepted_by}"
    )


@dg.job(
    name="accept",
    description="Accept surprising money as it is published, so that the next settlement posts it.",
    tags=BEFORE_BACKFILLS,
)
def accept_job() -> None:
    """Answer an audit that holds the settlement."""
    accept_held_money()
