"""The commands of audits: what waits for an answer, and the answer."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from makegood.home import Home
from makegood.hours import HOUR, HourRange, parse_hour
from makegood.settings import Settings
from makegood.settlement.open_audits import OpenAudit
from makegood.storage.rows import plain
from orchestration.command_line.options import AsJson, notes

app = typer.Typer()


@app.command()
def audits(as_json: AsJson = False) -> None:
    """List the audits that wait for an answer: faults that block the publication, and money that holds the settlement."""
    from makegood.settlement.open_audits import open_audits

    found = open_audits(Home(Settings.read().home).existing())
    if as_json:
        typer.echo(json.dumps([plain(asdict(one)) for one in found]))
        return
    console = Console(soft_wrap=True, highlight=False)
    for one in found:
        console.print("\n".join(_lines(one)), markup=False)
    if not found:
        notes.print("No audit waits for an answer")


@app.command()
def accept(
    check: Annotated[str, typer.Argument(help="The check, as `makegood audits` names it.")],
    start: Annotated[str, typer.Option("--from", help="The first request hour, such as 2026-11-01T05.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the money is right. It is kept for good.")],
    end: Annotated[
        str | None, typer.Option("--to", help="The hour after the last one; by default a single hour is accepted.")
    ] = None,
    accepted_by: Annotated[
        str | None, typer.Option("--by", help="Who accepts it; by default who is logged in.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Accept surprising money at the values that are published now, so that the next settlement posts it."""
    from makegood.settlement.acceptances import accept as accept_held

    home, first = Home(Settings.read().home).prepare(), parse_hour(start)
    hours = HourRange(first, parse_hour(end) if end else first + HOUR)
    made = accept_held(home, check, hours, reason, accepted_by)
    if as_json:
        typer.echo(json.dumps(plain(asdict(made))))
        return
    notes.print(
        f"Acceptance {made.number} of {check} by {made.accepted_by}, {len(made.hours):,} request hours; the next settlement"
        " posts what nothing else holds"
    )


def _lines(one: OpenAudit) -> list[str]:
    where = f"request hour {one.hour:%Y-%m-%dT%H}" if one.hour else "a run that was not published"
    paid = "" if one.payout_usd is None else f"; the hour pays {one.payout_usd:f} USD"
    way_on = (
        "the numbers cannot be trusted: correct the files and run the landing hours again"
        if one.is_blocking
        else f'makegood accept {one.check} --from {one.hour:%Y-%m-%dT%H} --reason "…"'
    )
    return [
        f"{'✗' if one.is_blocking else '!'} {one.check} in {where}: {one.measured} ({one.allowed}), since {one.since:%Y-%m-%d %H:%M} UTC{paid}",
        f"    expected: {one.sentence}",
        *(f"    {', '.join(f'{name} {value}' for name, value in row.items())}" for row in one.rows),
        f"    {way_on}",
    ]
