"""`makegood …`: what people type. Each command reads its arguments, calls one function and prints; the work is elsewhere."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestration.errors import MakegoodError
from orchestration.home import Home
from orchestration.hours import HourRange, parse_hour
from orchestration.presentation import plain, print_rows, print_status
from orchestration.settings import Settings

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
    landed = report.landed
    notes.print(
        f"Landed {landed['rows landed']:,} rows of {landed['files landed']:,} files ({landed['records quarantined']:,} quarantined);"
        f" published snapshot {report.publication.snapshot_id}"
    )


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT; tables go by their plain names.")],
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """Query the published snapshot, read-only."""
    from orchestration.publication.querying import answer

    if form not in ("table", "csv", "json"):
        raise MakegoodError(f"--format {form}: there are table, csv and json")
    columns, rows = answer(Settings.read().home, query)
    print_rows(columns, rows, form)


@app.command()
def status(as_json: AsJson = False) -> None:
    """The last publication, its freshness, and the two equations that say nothing is lost."""
    from orchestration.publication.status import status as current_status

    now = current_status(Settings.read().home)
    if as_json:
        typer.echo(json.dumps(plain(asdict(now))))
    else:
        print_status(now)
    if not now.is_sound:
        raise typer.Exit(1)


@app.command()
def generate(
    hours: Annotated[int, typer.Option(min=1, help="How many hours.")] = 24,
    rows_per_hour: Annotated[int, typer.Option(min=1, help="Requests in an average hour.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    start: Annotated[str, typer.Option("--from", help="First hour, UTC.")] = "2026-11-01T00",
) -> None:
    """Write a gateway's realistic hourly logs, and a judge's verdicts on their answers, into the landing area."""
    from orchestration.generation.gateway import generate as generate_hours
    from orchestration.generation.judge import generate_verdicts

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
    from orchestration.demo import demo as run_demo

    run_demo(Settings.read())


def main() -> Any:
    """Run the command line; a MakegoodError becomes its one sentence and exit code 1."""
    try:
        return app(standalone_mode=True)
    except MakegoodError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"makegood: {error}", markup=False)
        sys.exit(1)
