"""`make demo`: installs real and generated logs, runs them once, and prints the results."""

from datetime import timedelta
from decimal import Decimal

from rich.console import Console

from makegood.generation.gateway import generate
from makegood.generation.judge import generate_verdicts
from makegood.generation.samples import install_samples
from makegood.home import Home
from makegood.hours import HOUR, HourRange
from makegood.publication.kpis import Kpis
from makegood.publication.querying import answer
from makegood.settings import Settings
from makegood.status import status
from makegood.storage.queries import sql_beside
from orchestration.command_line.presentation import print_rows, print_status
from orchestration.running import run

DAY = timedelta(days=1)
ROWS_PER_HOUR = 5_000
SEED = 7

NEXT = """
What next:
  make dev                                      the graph, schedules and backfills in Dagster's UI (http://localhost:3000)
  make page                                     the page, on http://localhost:8000
  .venv/bin/makegood sql "from mart_compensation_details limit 5"
  .venv/bin/makegood status
  docs/data-dictionary.md                       every table and column
"""


def demo(settings: Settings) -> None:
    """Install the samples and a generated day, run them, and print what readers see.

    Raises:
        MakegoodError: for the same reasons as a run.
    """
    console = Console(stderr=True, highlight=False)
    home = Home(settings.home).prepare()
    console.print(
        "1/3  Sample logs: genuine LiteLLM records, and a gateway's day made of real arrivals, latencies and prices"
    )
    sampled = install_samples(home.landing)
    end = max(sampled).replace(tzinfo=None) + HOUR
    hours = HourRange(end - DAY, end)
    generate(home.landing, hours.start, len(list(hours)), ROWS_PER_HOUR, SEED)
    generate_verdicts(home.landing, hours.start, len(list(hours)), ROWS_PER_HOUR, SEED)
    console.print(f"2/3  One run over landing hours {hours}: land, derive, audit, publish")
    run(hours, settings)
    console.print("3/3  What readers see\n")
    print_rows(["kpi", "value"], _kpis(settings), "table", "The four KPIs")
    for title, name in (
        ("Top models", "top_models"),
        ("Types", "types"),
        ("Every request has one reason", "reasons"),
    ):
        print_rows(*answer(settings.home, sql_beside(__file__, name)), "table", title)
    print_status(status(settings.home, settings.sources))
    print(NEXT)


def _kpis(settings: Settings) -> list[tuple[str, Decimal | int]]:
    """The four KPIs over everything that is published."""
    [(payout_usd, count, hours)] = answer(settings.home, sql_beside(__file__, "totals"))[1]
    kpis = Kpis(int(count), payout_usd, int(hours))
    return [
        ("Total Compensation (USD)", kpis.payout_usd),
        ("Compensation Count", kpis.compensation_count),
        ("Average Per Compensation (USD)", kpis.average_usd),
        ("Average Compensation / Day (count)", kpis.average_per_day),
    ]
