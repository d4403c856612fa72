"""`makegood …`: what people type. Each command reads its arguments, calls one function and prints; the work is elsewhere."""

import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from makegood.errors import MakegoodError
from makegood.home import Home, inventory_file
from makegood.hours import HourRange, parse_day, parse_hour
from makegood.publication.asking import refuse_controls
from makegood.settings import Settings
from makegood.storage.rows import plain
from orchestration.command_line.presentation import (
    print_explanation,
    print_rows,
    print_settlement,
    print_simulation,
    print_status,
    print_verdict,
)

app = typer.Typer(
    help="The insurance-compensation warehouse of an LLM gateway.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
notes = Console(stderr=True, highlight=False)

From = Annotated[str, typer.Option("--from", help="First hour, UTC, such as 2026-11-01T00.")]
To = Annotated[str, typer.Option("--to", help="End hour, UTC, not included.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]


@app.command()
def run(start: From, end: To, as_json: AsJson = False) -> None:
    """Land, derive, audit and publish these landing hours, as one Dagster run."""
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


@app.command()
def settle(
    settled: Annotated[
        str, typer.Option("--date", help="The posting period, such as 2026-11-03; never before the last one.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would post, and post nothing.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Post what is more than usual too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Post to the ledger what is due of the closed days, and publish it."""
    from makegood.settlement.settling import settle as settle_ledger
    from orchestration.running import settle as settle_period
    from orchestration.running import terms

    period, settings = parse_day(settled), Settings.read()
    if dry_run:
        planned = settle_ledger(Home(settings.home).prepare(), period, terms(settings), is_dry_run=True)
        if as_json:
            typer.echo(json.dumps(plain(asdict(planned))))
        else:
            print_settlement(planned)
        return
    report = settle_period(period, settings, is_confirmed=confirm)
    if as_json:
        typer.echo(json.dumps(plain(asdict(report))))
        return
    posted = report.posted
    notes.print(
        f"Batch {posted['batch']}: {posted['entries']:,} entries of {posted['amount (USD)']} USD, {posted['held back']:,} held back;"
        f" published snapshot {report.publication.snapshot_id}"
    )


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Prove the bytes of the lake and of what is published, and the ledger: its chain, every entry, and every key against decisions, caps and marts."""
    from makegood.ingestion.inventory import Inventory
    from makegood.settlement.verifying import verify as verify_ledger
    from orchestration.running import terms

    settings = Settings.read()
    home = Home(settings.home).prepare()
    with closing(Inventory(inventory_file(home.lake))) as inventory:
        inventory.seals.prove(inventory.seals.current_part_names())
    verdict = verify_ledger(home, terms(settings).grace)
    if as_json:
        typer.echo(json.dumps(plain(asdict(verdict))))
    else:
        print_verdict(verdict)
    if not verdict.is_sound:
        raise typer.Exit(1)


@app.command()
def statement(
    account: Annotated[str, typer.Option("--account", help="Whose statement.")],
    month: Annotated[str, typer.Option("--month", help="Posting periods of this month, such as 2026-11.")],
    form: Annotated[str, typer.Option("--format", help="table, csv, json or html.")] = "table",
) -> None:
    """One account's month: opening, entries, closing, and what is decided but not posted."""
    from makegood.settlement import statements

    if form not in ("table", "csv", "json", "html"):
        raise MakegoodError(f"--format {form}: there are table, csv, json and html")
    made = statements.statement(Home(Settings.read().home), account, month)
    if form == "html":
        typer.echo(statements.as_html(made), nl=False)
    else:
        print_rows(list(statements.COLUMNS), statements.as_rows(made), form, f"Statement of {account}, {month} (USD)")


@app.command()
def handover(
    batch: Annotated[
        int | None, typer.Option(help="One batch; every batch that was not handed over yet unless told.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the credit files and the journal of the ledger's batches for a billing system; again writes the same bytes."""
    from makegood.settlement.handover import hand_over_batches
    from makegood.storage.writing import writing

    home = Home(Settings.read().home).prepare()
    with writing(home, "hand over"):
        made = hand_over_batches(home, batch)
    if as_json:
        typer.echo(json.dumps([plain(asdict(one)) for one in made]))
        return
    for one in made:
        done = "wrote" if one.is_new else "the same as before"
        notes.print(
            f"Batch {one.batch_id}: {one.credit_count:,} credits of {one.amount_usd} USD in {one.directory} ({done})"
        )
    if not made:
        notes.print("Every batch was handed over already")


@app.command()
def reconcile(
    file: Annotated[Path, typer.Argument(help="CSV with idempotency_key and amount_usd of all that billing accepted.")],
    confirm: Annotated[
        bool, typer.Option("--confirm", help="It is right that billing lacks a credit that it was given.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a restored ledger up to what billing has accepted, so that nothing is paid twice; then settle and hand over go on."""
    from makegood.settlement.reconciling import reconcile as reconcile_with
    from makegood.storage.writing import writing

    home = Home(Settings.read().home).prepare()
    with writing(home, "reconcile"):
        done = reconcile_with(home, file, is_confirmed=confirm)
    if as_json:
        typer.echo(json.dumps(plain(asdict(done))))
        return
    notes.print(
        f"Billing accepted {done.accepted_count:,} credits: {done.known_count:,} were handed over by the records here, {done.added_count:,} of"
        f" {done.added_usd} USD were not and count as credited now; settle and handover may go on"
    )


@app.command()
def restate(start: From, end: To, as_json: AsJson = False) -> None:
    """Derive these request hours again under today's seeds and code, say what changes, and publish it."""
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
        typer.Option("--to", help="The publication's number; unless told the one before, of an older snapshot."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show readers an earlier publication again. The ledger stays as it is, and the next run moves readers on."""
    from makegood.publication.rolling_back import roll_back

    restored = roll_back(Home(Settings.read().home).existing(), publication)
    if as_json:
        typer.echo(json.dumps(plain(asdict(restored))))
    else:
        notes.print(
            f"Readers see snapshot {restored.snapshot_id} again, with {restored.request_count:,} requests and {restored.payout_usd:f} USD decided;"
            " the next run shows the newest: switch the schedule off until what was wrong is mended"
        )


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT; tables go by their plain names.")],
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
    """The last publication, its freshness, and the two equations that say nothing is lost."""
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
    source: Annotated[str | None, typer.Option(help="The gateway, where several have a request of this id.")] = None,
    account: Annotated[str | None, typer.Option(help="The account, where several have a request of this id.")] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"],
            help="When exactly it was asked, UTC, where an account used the id again; else the last request is meant.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Why one request was paid or was not: its signals, and every rule that was in force."""
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
    """Make small files of the warehouse large, and delete what no reader can see any more; a daily job of Dagster's too."""
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
    """What other rules would have paid for these request hours, beside what was paid; nothing is changed."""
    from makegood.policy.validation import valid_policy
    from makegood.publication.reading import current_publication
    from makegood.publication.simulating import MODELS
    from makegood.publication.simulating import simulate as simulate_rules
    from orchestration.dbt import compiled

    hours, home = HourRange.parse(start, end), Home(Settings.read().home).existing()
    policy = valid_policy(rules=rules)
    current_publication(home.warehouse)
    notes.print(f"Deciding the published requests asked from {hours} (UTC) under {rules}")
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
    """Write a gateway's realistic hourly logs, and a judge's verdicts on their answers, into the landing area."""
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
    """Serve the page (MAKEGOOD_PAGE_HOST and MAKEGOOD_PAGE_PORT; http://127.0.0.1:8000)."""
    from dashboard.serving import serve

    settings = Settings.read()
    notes.print(f"The page: http://{settings.page_host}:{settings.page_port} (Ctrl+C ends it)")
    serve(settings)


@app.command()
def demo() -> None:
    """Sample logs, a run, and the numbers that come of it: what `make demo` shows."""
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
