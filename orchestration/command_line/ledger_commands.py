"""The commands of the ledger: settle, verify, statement, handover and reconcile."""

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from makegood.errors import MakegoodError
from makegood.home import Home, inventory_file
from makegood.hours import parse_day
from makegood.settings import Settings
from makegood.storage.rows import plain
from orchestration.command_line.options import AsJson, notes
from orchestration.command_line.presentation import (
    print_rows,
    print_settlement,
    print_verdict,
)

app = typer.Typer()


@app.command()
def settle(
    settled: Annotated[
        str, typer.Option("--date", help="The posting period, such as 2026-11-03; it must not be before the last one.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be posted, and post nothing.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Post even if the amounts are larger than usual.")] = False,
    as_json: AsJson = False,
) -> None:
    """Post to the ledger what is due for closed days, and publish it."""
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
        f"Batch {posted['batch']}: {posted['entries']:,} entries of {posted['amount (USD)']} USD, {posted['held back']:,} held back"
        f" (waits for acceptance: {posted['waits for acceptance']}); published snapshot {report.publication.snapshot_id}"
    )


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Check the lake, the published data and the ledger: every byte, the chain, every entry, and the sums against decisions, caps and marts."""
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
    account: Annotated[str, typer.Option("--account", help="The account.")],
    month: Annotated[str, typer.Option("--month", help="The month, such as 2026-11.")],
    form: Annotated[str, typer.Option("--format", help="table, csv, json or html.")] = "table",
) -> None:
    """Print one account's month: opening balance, entries, closing balance, and what is decided but not posted."""
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
        int | None,
        typer.Option(help="The number of one batch; by default every batch that has not been handed over yet."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the credit files for billing and the journal of each batch. Running it again writes the same bytes."""
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
        bool, typer.Option("--confirm", help="Continue although billing lacks a credit that was handed over.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a restored ledger with what billing has accepted, so that nothing is paid twice. Afterwards settle and handover work again."""
    from makegood.settlement.reconciling import reconcile as reconcile_with
    from makegood.storage.writing import writing

    home = Home(Settings.read().home).prepare()
    with writing(home, "reconcile"):
        done = reconcile_with(home, file, is_confirmed=confirm)
    if as_json:
        typer.echo(json.dumps(plain(asdict(done))))
        return
    notes.print(
        f"Billing accepted {done.accepted_count:,} credits: {done.known_count:,} are in the records of hand-overs here; {done.added_count:,} others of"
        f" {done.added_usd} USD now count as credited too; settle and handover may go on"
    )
