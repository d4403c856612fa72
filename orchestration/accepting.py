"""The job that accepts surprising money from Dagster's UI. What an acceptance is, is settlement/'s."""

import dagster as dg

from makegood.hours import HourRange, parse_hour
from makegood.settlement.acceptances import accept
from orchestration.resources import Books


class Answer(dg.Config):
    """What is accepted, by whom and why: check and hours as `makegood audits` lists them; the end is not included."""

    check: str
    first_hour: str
    end_hour: str
    reason: str
    accepted_by: str


@dg.op
def accept_held_money(context: dg.OpExecutionContext, config: Answer, books: Books) -> None:
    """Accept what the audits hold of this check in these hours, at the values that are published now."""
    hours = HourRange(parse_hour(config.first_hour), parse_hour(config.end_hour))
    made = accept(books.prepared_home, config.check, hours, config.reason, config.accepted_by)
    context.log.info(f"acceptance {made.number} of {len(made.hours)} request hours by {made.accepted_by}")


@dg.job(
    name="accept",
    description="Accept surprising money at the values that are published, so that the next settlement posts it.",
)
def accept_job() -> None:
    """Answer an audit that holds the settlement."""
    accept_held_money()
