"""`makegood …`: what people type. Each command reads its arguments, calls one function and prints; the work is elsewhere."""

import json
import sqlite3
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from makegood.errors import MakegoodError
from makegood.home import Home
from makegood.hours import HourRange, parse_hour
from makegood.publication.asking import refuse_controls
from makegood.settings import Settings
from makegood.storage.rows import plain
from orchestration.command_line import ledger_commands
from orchestration.command_line.options import AsJson, From, To, notes
from orchestration.command_line.presentation import (
    print_explanation,
    print_rows,
    print_simulation,
    print_status,
)

app = typer.Typer(
    help="The insurance-compensation warehouse of an LLM gateway.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run(start: From, end: To, as_json: AsJson = False) -> None:
    """Land, derive, audit and publish a range of landing hours; a long one slice by slice."""
    from orchestration.running import run as run_hours

    hours = HourRange.parse(start, end)
    notes.print(f"Running landing hours {hours} (UTC)")
    report = run_hours(hours, Settings.read())
    if as_json:
        typer.echo(json.dumps(plain(asdict(report))))
        return
    logs, verdicts = report.landed, report.verdicts
    notes.print(
        f"Landed {logs['rows landed']:,} rows of {logs['files landed']:,} files ({logs['records quarantined']:,} quarantined)"
        f" and {verdicts['rows landed']:,} verdicts of {verdicts['files landed']:,} files"
        f" ({verdicts['records quarantined']:,} quarantined); published snapshot {report.publication.snapshot_id}"
    )


app.add_typer(ledger_commands.app)


@app.command()
def restate(start: From, end: To, as_json: AsJson = False) -> None:
    """Derive request hours again under today's policy and code, report what changes, and publish the result."""
    from orchestration.running import restate as restate_hours

    hours = HourRange.parse(start, end)
    notes.print(f"Restating request hours {hours} (UTC)")
    report = restate_hours(hours, Settings.read())
    if as_json:
        typer.echo(json.dumps(plain(asdict(report))))
        return
    rows = [tuple(change.values()) for change in report.changes]
    columns = ["type", "compensations before", "after", "USD before", "USD after"]
    print_rows(columns, rows, "table", "What changed")
    notes.print(f"Published snapshot {report.publication.snapshot_id}")


@app.command()
def rollback(
    publication: Annotated[
        int | None,
        typer.Option("--to", help="The publication's number; by default the last one with an older snapshot."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show readers an earlier publication again. The ledger does not change. The next run publishes its own result."""
    from makegood.publication.rolling_back import roll_back

    restored = roll_back(Home(Settings.read().home).existing(), publication)
    if as_json:
        typer.echo(json.dumps(plain(asdict(restored))))
    else:
        notes.print(
            f"Readers see snapshot {restored.snapshot_id} again, with {restored.request_count:,} requests and {restored.payout_usd:f} USD decided;"
            " the next run shows the newest: switch the schedule off until the cause is fixed"
        )


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT; tables are named without a schema.")],
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """Query the published snapshot, read-only."""
    from makegood.publication.querying import answer

    if form not in ("table", "csv", "json"):
        raise MakegoodError(f"--format {form}: there are table, csv and json")
    columns, rows = answer(Settings.read().home, query)
    print_rows(columns, rows, form)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the last publication, how fresh it is, and whether any record was lost."""
    from makegood.status import status as current_status

    settings = Settings.read()
    now = current_status(settings.home, settings.sources)
    if as_json:
        typer.echo(json.dumps(plain(asdict(now))))
    else:
        print_status(now)
    if not now.is_sound:
        raise typer.Exit(1)


@app.command()
def explain(
    request_id: Annotated[str, typer.Argument(help="The id of the request.")],
    source: Annotated[str | None, typer.Option(help="The gateway, if several have a request with this id.")] = None,
    account: Annotated[str | None, typer.Option(help="The account, if several have a request with this id.")] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"],
            help="The exact time of the request, UTC, if the account used the id more than once; by default the last one.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain why a request was or was not paid: its signals, and every rule that was in force."""
    from makegood.publication.explaining import explain as explain_request
    from makegood.publication.reading import reading

    with reading(Home(Settings.read().home).existing().warehouse) as (con, _):
        explanation = explain_request(con, source, request_id, account=account, at=at)
    if as_json:
        typer.echo(json.dumps(plain(asdict(explanation)), ensure_ascii=False))
    else:
        print_explanation(explanation)


@app.command()
def maintain(as_json: AsJson = False) -> None:
    """Merge small files of the warehouse and delete what no reader can see any more. Dagster also does this daily."""
    from makegood.publication.upkeep import maintain as maintain_home

    counts = asdict(maintain_home(Home(Settings.read().home).existing()))
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        notes.print("; ".join(f"{name.replace('_', ' ')}: {count:,}" for name, count in counts.items()))


@app.command()
def simulate(
    rules: Annotated[Path, typer.Option(help="A file like dbt_project/seeds/compensation_rules.csv.")],
    start: From,
    end: To,
    out: Annotated[
        Path | None, typer.Option(help="Write the sums by day, account, model and type here, as Parquet.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute what other rules would have paid for a range of request hours, compared with what was paid. Nothing is changed."""
    from makegood.derivation.dbt_project import compiled
    from makegood.policy.validation import valid_policy
    from makegood.publication.reading import current_publication
    from makegood.publication.simulating import MODELS
    from makegood.publication.simulating import simulate as simulate_rules

    hours, home = HourRange.parse(start, end), Home(Settings.read().home).existing()
    policy = valid_policy(rules=rules)
    current_publication(home.warehouse)
    notes.print(f"Deciding the published requests of {hours} (UTC) under {rules}")
    simulation = simulate_rules(home.warehouse, policy, hours, compiled(MODELS), out)
    if as_json:
        typer.echo(json.dumps(plain(asdict(simulation))))
    else:
        print_simulation(simulation)


@app.command()
def generate(
    hours: Annotated[int, typer.Option(min=1, max=100_000, help="How many hours.")] = 24,
    rows_per_hour: Annotated[int, typer.Option(min=1, max=100_000_000, help="Requests in an average hour.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    start: Annotated[str, typer.Option("--from", help="First hour, UTC.")] = "2026-11-01T00",
) -> None:
    """Write realistic hourly logs of a gateway, and a judge's verdicts on its answers, into the landing area."""
    from makegood.generation.gateway import generate as generate_hours
    from makegood.generation.judge import generate_verdicts

    first, home = parse_hour(start), Home(Settings.read().home).prepare()
    try:
        files = generate_hours(home.landing, first, hours, rows_per_hour, seed)
        verdicts = generate_verdicts(home.landing, first, hours, rows_per_hour, seed)
    except (ValueError, OverflowError) as error:
        raise MakegoodError(f"cannot generate {hours} hours from {start}: {error}") from error
    notes.print(
        f"Wrote {len(files):,} files with {sum(file.lines for file in files):,} lines under {home.landing / 'gateway'},"
        f" and {sum(file.lines for file in verdicts):,} verdicts under {home.landing / 'assessments'}"
    )


@app.command()
def page() -> None:
    """Serve the page on http://127.0.0.1:8000 (set MAKEGOOD_PAGE_HOST and MAKEGOOD_PAGE_PORT to change this)."""
    from dashboard.serving import serve

    settings = Settings.read()
    notes.print(f"The page: http://{settings.page_host}:{settings.page_port} (Ctrl+C stops it)")
    serve(settings)


@app.command()
def demo() -> None:
    """Install sample logs, run them once, and print the results, as `make demo` does."""
    from orchestration.command_line.demo import demo as run_demo

    run_demo(Settings.read())


def main() -> Any:
    """Run the command line; a MakegoodError becomes its one sentence and exit code 1."""
    try:
        refuse_controls(sys.argv[1:], is_spacing_allowed=sys.argv[1:2] == ["sql"])
        return app(standalone_mode=True)
    except MakegoodError as error:
        sentence = str(error)
    except (duckdb.Error, sqlite3.Error, OSError) as error:
        # A file of the home that is missing or spoiled shows wherever it is read first.
        said = " ".join(str(error).split())
        sentence = f"a file could not be read or written ({said}); `makegood status` and docs/operations.md say more"
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"makegood: {sentence}", markup=False)
    sys.exit(1)
